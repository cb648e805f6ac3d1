//! A trial's model goes to the registry with the place it came from, and MLflow's own client loads it.

use serde_json::Value as Json;

use crate::everyday::shapes::assert_shape;
use crate::support::mlflow_server::MlflowServer;
use crate::support::python::{mlflow_python, run_python};
use crate::support::sandbox::Sandbox;

/// Trains a line, and keeps it as the trial says: as a logged model, as two, in a folder as MLflow 2 does, or not.
const SCRIPT: &str = r"
import sys, mlflow, mlflow.sklearn, numpy
from sklearn.linear_model import LinearRegression
kind, slope = sys.argv[1], float(sys.argv[2])
x = numpy.arange(8.0).reshape(-1, 1)
model = LinearRegression().fit(x, slope * x[:, 0])
needs = ['scikit-learn']
with mlflow.start_run():
    mlflow.log_metric('score', {'one': 0.9, 'two': 0.7, 'folder': 0.8, 'none': 0.1}[kind])
    mlflow.log_text('notes', 'notes.txt')
    if kind in ('one', 'two'):
        mlflow.sklearn.log_model(model, name='line', pip_requirements=needs)
    if kind == 'two':
        mlflow.sklearn.log_model(model, name='spare', pip_requirements=needs)
    if kind == 'folder':
        mlflow.sklearn.save_model(model, f'saved-{slope}', pip_requirements=needs)
        mlflow.log_artifacts(f'saved-{slope}', 'kept/line')
";

/// Loads what the arguments name, and prints what it predicts for 10, and what its versions say.
const LOADER: &str = r"
import json, os, mlflow, numpy
client = mlflow.MlflowClient()
loaded = {uri: float(mlflow.pyfunc.load_model(uri).predict(numpy.array([[10.0]]))[0]) for uri in os.environ['URIS'].split()}
native = float(mlflow.sklearn.load_model('models:/line-fit@production').predict(numpy.array([[10.0]]))[0])
versions = {v.version: {'tags': v.tags, 'run_id': v.run_id, 'description': v.description} for v in client.search_model_versions('name = \'line-fit\'')}
print(json.dumps({'loaded': loaded, 'native': native, 'versions': versions}))
";

/// A sweep with a trial of each kind: 0 one model, 1 two, 2 in a folder, 3 none.
fn sweep(sandbox: &Sandbox) -> String {
    let script = sandbox.file("train.py", SCRIPT);
    let id = sandbox.init(&format!(
        "sweep_name: lines\ncommand: '{} {} ${{kind}} ${{slope}}'\nmethod: grid\nseed: 1\n\
         metric: {{name: score, goal: maximize}}\n\
         parameters:\n  kind: {{values: [one, two, folder, none]}}\n  slope: {{value: 3.0}}\n",
        mlflow_python().display(),
        script.display(),
    ));
    sandbox.run(&["run", "--jobs", "2"]).expect(0);
    id
}

fn promote(sandbox: &Sandbox, arguments: &[&str]) -> Json {
    let mut all = vec!["promote", "--format", "json", "--name", "line-fit"];
    all.extend(arguments);
    let answer = sandbox.run(&all).expect(0).json();
    assert_shape("promote", &answer);
    answer
}

/// What MLflow's own client loads and reads.
fn loaded(sandbox: &Sandbox, uri: &str) -> Json {
    let uris = "models:/line-fit@production models:/line-fit/1 models:/line-fit/2 models:/line-fit/3";
    let printed = run_python(LOADER, sandbox.path(), &[("MLFLOW_TRACKING_URI", uri), ("URIS", uris)]);
    serde_json::from_str(printed.lines().last().unwrap()).unwrap()
}

fn models_go_to_the_registry_and_come_back(sandbox: &Sandbox, uri: &str) {
    let id = sweep(sandbox);
    let first = promote(sandbox, &["0"]);
    assert_eq!((&first["version"], &first["created"]), (&Json::from(1), &Json::from(true)), "{first}");
    assert_eq!((first["trial"].as_u64(), first["sweep_id"].as_str()), (Some(0), Some(id.as_str())));
    assert_eq!(first["uri"], "models:/line-fit/1");

    // The same trial, by its run, as the best one, and with an alias: one version.
    let run = first["run_id"].as_str().unwrap();
    for arguments in [&[run] as &[&str], &["best"], &["0", "--alias", "production"]] {
        let again = promote(sandbox, arguments);
        assert_eq!((&again["version"], &again["created"]), (&Json::from(1), &Json::from(false)), "{again}");
    }
    let moved = promote(sandbox, &["2", "--alias", "production"]);
    assert_eq!((&moved["version"], &moved["alias_before"]), (&Json::from(2), &Json::from(1)), "{moved}");
    assert_eq!(moved["uri"], "models:/line-fit@production");

    // Of two models one must be named; of none there is nothing to name.
    let several = sandbox.run(&["promote", "1", "--name", "line-fit"]).expect(2).stderr;
    assert!(
        several.contains("trial 1 logged 2 models")
            && several.contains("--artifact line, or --artifact spare"),
        "{several}"
    );
    let third = promote(sandbox, &["1", "--artifact", "spare"]);
    assert_eq!(third["version"], 3);
    let none = sandbox.run(&["promote", "3", "--name", "line-fit"]).expect(2).stderr;
    assert!(
        none.contains("trial 3 logged no model") && none.contains("log_model") && none.contains("notes.txt"),
        "{none}"
    );
    let wrong = sandbox.run(&["promote", "0", "--name", "line-fit", "--artifact", "lime"]).expect(2).stderr;
    assert!(wrong.contains("no model `lime`") && wrong.contains("--artifact line"), "{wrong}");

    let read = loaded(sandbox, uri);
    for (model, predicted) in read["loaded"].as_object().unwrap() {
        assert!((predicted.as_f64().unwrap() - 30.0).abs() < 1e-9, "{model}: {predicted}");
    }
    assert_eq!(read["loaded"].as_object().unwrap().len(), 4);
    assert!((read["native"].as_f64().unwrap() - 30.0).abs() < 1e-9);
    let tags = &read["versions"]["1"]["tags"];
    for (tag, value) in [
        ("sweep.id", id.as_str()),
        ("sweep.name", "lines"),
        ("sweep.trial", "0"),
        ("sweep.param.kind", "one"),
        ("sweep.param.slope", "3.0"),
        ("sweep.objective", "score"),
        ("sweep.metric.score", "0.9"),
    ] {
        assert_eq!(tags[tag], value, "{tags}");
    }
    assert_eq!(tags["sweep.fingerprint"].as_str().unwrap().len(), 12);
    let until = tags["sweep.alias.production"].as_str().unwrap();
    assert!(until.starts_with("until 2") && until.ends_with("Z, then version 2"), "{until}");
    let since = read["versions"]["2"]["tags"]["sweep.alias.production"].as_str().unwrap();
    assert!(since.starts_with("since 2") && since.ends_with(", after version 1"), "{since}");
    assert_eq!(read["versions"]["1"]["run_id"], run);
    let description = read["versions"]["1"]["description"].as_str().unwrap();
    assert!(
        description.starts_with("Trial 0 of sweep lines (")
            && description.ends_with("score = 0.9: kind=one slope=3"),
        "{description}"
    );

    models_are_listed(sandbox);
}

/// MLflow has had the database in its hands by now.
fn models_are_listed(sandbox: &Sandbox) {
    let listed = sandbox.run(&["models", "line-fit", "--format", "json"]).expect(0).json();
    assert_shape("models", &listed);
    assert_shape("models", &sandbox.run(&["models", "--format", "json"]).expect(0).json());
    let numbers: Vec<u64> =
        listed["versions"].as_array().unwrap().iter().map(|v| v["version"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert_eq!(
        (&listed["aliases"]["production"], &listed["versions"][1]["aliases"][0]),
        (&Json::from(2), &Json::from("production"))
    );
    assert_eq!(
        (&listed["versions"][2]["trial"], &listed["versions"][2]["value"]),
        (&Json::from(0), &Json::from(0.9))
    );
}

#[test]
fn mlflow_loads_a_promoted_model_from_the_database_that_we_wrote() {
    let sandbox = Sandbox::new();
    let uri = format!("sqlite:///{}", sandbox.path().join("mlflow.db").display());
    models_go_to_the_registry_and_come_back(&sandbox, &uri);
    people_read_what_was_promoted(&sandbox);
}

#[test]
fn mlflow_loads_a_promoted_model_from_a_server() {
    let server = MlflowServer::shared();
    let sandbox = Sandbox::tracking(server.url());
    models_go_to_the_registry_and_come_back(&sandbox, server.url());
}

/// What people see; ids and times are those of one day.
fn people_read_what_was_promoted(sandbox: &Sandbox) {
    let mut seen = String::new();
    for arguments in [
        &["promote", "2", "--name", "other"] as &[&str],
        &["promote", "2", "--name", "line-fit", "--alias", "production"],
        &["promote", "best", "--name", "line-fit", "--alias", "production"],
        &["models"],
        &["models", "line-fit"],
        &["models", "--format", "csv"],
    ] {
        let ran = sandbox.run(arguments).expect(0);
        assert_eq!(ran.stderr, "", "{arguments:?}");
        seen.push_str(&format!("$ sweep {}\n{}\n", arguments.join(" "), plain(&ran.stdout)));
    }
    let filters = [
        ("[0-9a-f]{32}", "<id>"),
        (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "<time>"),
        (r"│ (now|\d+ [^│]* ago) │", "│ <ago> │"),
        (r"[^, ]*/artifacts/kept/line", "<artifacts>/kept/line"),
    ];
    insta::with_settings!({ filters => filters.to_vec() }, { insta::assert_snapshot!("promoted", seen) });
}

/// Without borders, and without the space that ids and times take.
fn plain(text: &str) -> String {
    let rows = text.lines().filter(|line| !line.starts_with(['┏', '┡', '└']));
    rows.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[test]
fn where_nothing_is_registered_it_is_said_how_to() {
    let sandbox = Sandbox::new();
    sandbox.init("command: 'true ${lr}'\nmethod: grid\nparameters: {lr: {values: [1]}}\n");
    let none = sandbox.run(&["models"]).expect(0);
    assert!(
        none.stdout.is_empty() && none.stderr.contains("sweep promote TRIAL --name MODEL"),
        "{}",
        none.stderr
    );
    assert_eq!(sandbox.run(&["models", "--format", "json"]).expect(0).json(), Json::Array(Vec::new()));
    let unknown = sandbox.run(&["models", "iris"]).expect(2).stderr;
    assert!(unknown.contains("no registered model `iris`"), "{unknown}");
    let absent = sandbox.run(&["promote", "0", "--name", "iris"]).expect(2).stderr;
    assert!(absent.contains("no trial `0`"), "{absent}");
    let best = sandbox.run(&["promote", "best", "--name", "iris"]).expect(2).stderr;
    assert!(best.contains("names no metric"), "{best}");
}
