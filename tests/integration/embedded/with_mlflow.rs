//! MLflow's own code on our file, and ours on MLflow's.

use std::path::Path;

use sweep::RunStatus;
use sweep::testing::{Db, EmbeddedStore, ExperimentId, Metric, NewLoggedModel, NewRun, RunQuery, RunUpdate};

use super::pair;
use crate::support::http;
use crate::support::mlflow_server::MlflowServer;
use crate::support::python::run_python;

/// A sweep's parent with 20 children, some of everything.
fn fill(db: &Db) -> String {
    let experiment = db.create_experiment("sweep", None, &[pair("team", "x")]).unwrap();
    let run = |name: &str, tags: Vec<(String, String)>, start_time: i64| NewRun {
        experiment_id: experiment.clone(),
        name: name.to_owned(),
        user: if start_time % 2 == 0 { "Ann".to_owned() } else { "bob".to_owned() },
        start_time,
        tags,
    };
    let parent = db.create_run(&run("parent", Vec::new(), 1)).unwrap().id.0;
    for number in 0..20_i64 {
        let tags = vec![pair("mlflow.parentRunId", &parent), pair("number", &number.to_string())];
        let id = db.create_run(&run(&format!("Trial {}", number % 7), tags, 10 + number / 3)).unwrap().id.0;
        let (mut metrics, mut params, mut tags) = (Vec::new(), Vec::new(), Vec::new());
        for step in 0..3_i32 {
            let value = match number {
                5 | 6 => f64::NAN,
                7 => f64::INFINITY,
                _ => f64::from(step) - f64::from(u8::try_from(number).unwrap()) / 4.0,
            };
            let step = i64::from(step);
            metrics.push(Metric { key: "loss".to_owned(), value, timestamp: 100 + step, step });
        }
        if number % 4 != 0 {
            params.push(pair("lr", &format!("0.{}", number % 5)));
            params.push(pair(
                "kind",
                ["Tree", "tree%", "t_ree", "O'Hara"][usize::try_from(number % 4).unwrap()],
            ));
            tags.push(pair("odd key/x", &format!("Value {number}")));
        } else {
            metrics.clear();
        }
        db.log_batch(&id, &metrics, &params, &tags).unwrap();
        if number % 3 == 0 {
            let change =
                RunUpdate { status: Some(RunStatus::Finished), end_time: Some(1000 + number), name: None };
            db.update_run(&id, &change).unwrap();
        }
        if number == 19 {
            db.delete_run(&id).unwrap();
        }
    }
    let link = serde_json::json!({"dataset": {"name": "Numbers", "digest": "ab", "source_type": "local", "source": "{}"},
                                  "tags": [{"key": "mlflow.data.context", "value": "train"}]});
    db.log_inputs(&parent, &[serde_json::from_value(link).unwrap()], &[]).unwrap();
    let model =
        NewLoggedModel { experiment_id: experiment, name: Some("m".to_owned()), ..NewLoggedModel::default() };
    db.create_model(&model).unwrap();
    parent
}

fn open(folder: &Path) -> EmbeddedStore {
    EmbeddedStore::open(&format!("sqlite:///{}/mlflow.db", folder.display())).unwrap()
}

/// Copies a database with everything that was written to it.
fn copy(from: &Path, to: &Path) {
    rusqlite::Connection::open(from).unwrap().execute("VACUUM INTO ?1", [to.to_str().unwrap()]).unwrap();
}

const READ_BY_SERVER: &str = r#"
import mlflow, os
client = mlflow.MlflowClient()
[experiment] = client.search_experiments(filter_string="name = 'sweep'")
assert experiment.tags == {"team": "x"}
parent = os.environ["PARENT"]
children = client.search_runs([experiment.experiment_id], f"tags.mlflow.parentRunId = '{parent}'")
assert len(children) == 19, len(children)
by_number = {int(r.data.tags["number"]): r for r in children}
assert by_number[3].info.status == "FINISHED" and by_number[3].info.end_time == 1003
assert by_number[3].data.params == {"lr": "0.3", "kind": "O'Hara"}
assert by_number[3].data.metrics == {"loss": 1.25}
assert [m.value for m in client.get_metric_history(by_number[3].info.run_id, "loss")] == [-0.75, 0.25, 1.25]
assert len(client.get_run(parent).inputs.dataset_inputs) == 1
assert len(mlflow.search_logged_models([experiment.experiment_id], output_format="list")) == 1
client.log_metric(by_number[3].info.run_id, "from_server", 2.5)
client.set_tag(parent, "seen", "yes")
new = client.create_run(experiment.experiment_id, run_name="made by the server")
client.log_param(new.info.run_id, "a", "b")
"#;

#[test]
fn a_server_takes_our_file_up_and_we_go_on_using_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let parent = fill(store.db());
    let server = MlflowServer::start_on(store.db().uri());
    run_python(READ_BY_SERVER, folder.path(), &[("MLFLOW_TRACKING_URI", server.url()), ("PARENT", &parent)]);
    // While the server runs on the migrated file, the store that was opened before continues, and so does a new one.
    for store in [&store, &open(folder.path())] {
        let db = store.db();
        assert_eq!(db.run(&parent).unwrap().tags.iter().filter(|(key, _)| key == "seen").count(), 1);
        let search = RunQuery {
            experiment_ids: vec![ExperimentId("1".to_owned())],
            filter: "run_name = 'made by the server' AND params.a = 'b'".to_owned(),
            max_results: 5,
            ..RunQuery::default()
        };
        assert_eq!(db.search_runs(&search).unwrap().items.len(), 1);
        let run = NewRun { experiment_id: ExperimentId("1".to_owned()), ..NewRun::default() };
        let id = db.create_run(&run).unwrap().id;
        db.log_batch(id.as_str(), &[], &[], &[pair("k", "v")]).unwrap();
    }
    let made = store.db().create_experiment("after the migration", None, &[]).unwrap();
    let script =
        format!("import mlflow; assert mlflow.get_experiment('{made}').name == 'after the migration'");
    run_python(&script, folder.path(), &[("MLFLOW_TRACKING_URI", server.url())]);
}

#[test]
fn a_file_that_a_server_made_is_used_as_it_is() {
    let server = MlflowServer::start();
    let script = r#"
import mlflow
experiment = mlflow.set_experiment("theirs").experiment_id
with mlflow.start_run() as run:
    mlflow.log_params({"a": "1"})
    mlflow.log_metrics({"loss": 0.5, "odd": float("nan")}, step=2)
    mlflow.log_text("hello", "folder/note.txt")
print(run.info.run_id)
"#;
    let printed = run_python(script, server.folder(), &[("MLFLOW_TRACKING_URI", server.url())]);
    let id = printed.lines().map(str::trim).find(|line| line.len() == 32).unwrap();
    let store = open(server.folder());
    let db = store.db();
    let run = db.run(id).unwrap();
    assert_eq!(run.info.status, RunStatus::Finished);
    assert_eq!(run.params, [pair("a", "1")]);
    assert_eq!(
        run.metrics.iter().map(|metric| (metric.step, metric.value.is_nan())).collect::<Vec<_>>(),
        [(2, false), (2, true)]
    );
    // Its artifacts lie where that server keeps them: in `mlartifacts` beside the file.
    let root = db.artifact_folder(&run.info.artifact_uri).unwrap();
    assert_eq!(std::fs::read(root.join("folder/note.txt")).unwrap(), b"hello");
    let experiment = db.experiment_by_name("theirs").unwrap().unwrap().id;
    let new = NewRun { experiment_id: experiment, name: "ours".to_owned(), ..NewRun::default() };
    let new = db.create_run(&new).unwrap().id;
    db.log_param(new.as_str(), "k", "v").unwrap();
    let script = format!(
        "import mlflow; run = mlflow.get_run('{new}'); assert run.data.params == {{'k': 'v'}} and run.info.run_name == 'ours'"
    );
    run_python(&script, server.folder(), &[("MLFLOW_TRACKING_URI", server.url())]);
}

/// Each filter and order is asked of MLflow's own store, on a copy of the file, and of the gateway. Left out are a
/// missing and a dangling AND, which MLflow overlooks and we refuse.
const SAME_ANSWERS: &str = r#"
import mlflow, os
from mlflow.entities import ViewType
ours, theirs = mlflow.MlflowClient(os.environ["GATEWAY"]), mlflow.MlflowClient(os.environ["COPY"])
parent = os.environ["PARENT"]
filters = [
    "", "metrics.loss < 0", "metrics.loss <= -0.25", "metrics.loss > -1e0 and metrics.loss < .5", "metrics.loss = 0",
    "metrics.loss != 1.25", "metric.loss >= -3", "metrics.loss > 1e300", "metrics.`loss` = 1.25", 'metrics."loss" = 1.25',
    "params.lr = '0.1'", "params.lr != '0.1'", "param.lr LIKE '0.%'", "parameters.lr IS NULL", "params.lr IS NOT NULL",
    "params.kind LIKE 'Tree'", "params.kind ILIKE 'tree%'", "params.kind LIKE 't_ree'", "params.kind = \"O'Hara\"",
    "params.kind = 'O''Hara'", "params.kind LIKE '%ree%'", "params.nothing = 'x'", "params.nothing IS NULL",
    f"tags.mlflow.parentRunId = '{parent}'", f"tags.`mlflow.parentRunId` = '{parent}'", f"tag.\"mlflow.parentRunId\" != '{parent}'",
    "tags.`odd key/x` = 'Value 7'", "tags.`odd key/x` ILIKE 'VALUE 1%'", "tags.number IS NULL", "tags.number != '3' AND params.lr = '0.3'",
    "tags.mlflow.runName = 'Trial 2'", "attributes.run_name = 'Trial 2'", "run_name LIKE 'Trial%'", "run_name ilike 'trial 1'",
    "attributes.`run name` = 'parent'", "`run name` != 'parent'", "run_name IN ('Trial 1')",
    "status = 'FINISHED'", "attribute.status != 'FINISHED'", "attr.status LIKE 'RUN%'", "status ILIKE 'run%'",
    "user_id = 'Ann'", "run.user_id ILIKE 'ANN'", "user_id LIKE 'ANN'", "start_time > 12", "start_time <= 12 AND end_time >= 1003",
    "created = 11", "attributes.created != 11", "end_time != 1003", "start_time > 11.5", "start_time = '11'", "end_time < 1e4",
    f"run_id = '{parent}'", f"run_id IN ('{parent}')", f"attributes.run_id IN ('{parent}', 'x')", f"run_id NOT IN ('{parent}')",
    f"run_id in ('x')", "run_id LIKE '%a%'", "artifact_uri LIKE '%/artifacts'", "artifact_uri ILIKE '%/ARTIFACTS'",
    "dataset.name = 'Numbers'", "datasets.digest LIKE 'a%'", "dataset.context = 'train'", "dataset.name IN ('Numbers', 'x')",
    "dataset.context != 'train'", "dataset.name ILIKE 'numb%' AND run_name = 'parent'", "dataset.profile = 'x'",
    "experiment_id = '1'", "attributes.nothing = 'x'", "nothing.key = 'x'", "metrics.loss == 1", "metrics.loss = 'a'",
    "metrics.loss LIKE 'a'", "metrics.loss IS NULL", "params.lr > '0.1'", "params.lr = 0.1", "params.lr = lr", "tags.number = 3",
    "status = FINISHED", "status > 'A'", "status IN ('RUNNING')", "run_id IN ()", "run_id IN (1)", "tags.a = '1' OR tags.b = '2'",
    "NOT tags.a = '1'", "(tags.a = '1')", "metrics.loss BETWEEN 0 AND 1", "params.lr", "params.lr =", "= '1'",
    "tags.a = 'unclosed", "params.lr IN ('0.1')", "status IS NULL", "tags.number = '1'; tags.number = '2'",
    "metrics.loss > -0.5 AnD params.lr = '0.1'", "  params.lr   =   '0.1'  ", "params.lr='0.1'AND tags.number='1'",
]
orders = [
    ["metrics.loss"], ["metrics.loss DESC"], ["metrics.loss asc", "params.lr desc"], ["params.lr"], ["params.lr DESC", "start_time"],
    ["tags.number DESC"], ["tags.`odd key/x`"], ["status", "run_name DESC"], ["end_time DESC"], ["end_time"], ["attributes.start_time ASC"],
    ["user_id", "run_id DESC"], ["artifact_uri DESC"], ["created"], ["metrics.nothing"], ["`metrics`.loss DESC"], ["run_id"],
    ["nothing"], ["metrics.loss sideways"], ["metrics.loss DESC extra"], ["nothing.x"], ["dataset.name"], [""],
]
views = [ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL]

def ask(client, **query):
    try:
        return [r.info.run_id for r in client.search_runs(["1"], **query)]
    except mlflow.exceptions.MlflowException as error:
        return error.error_code

different = []
def compare(**query):
    mine, right = ask(ours, **query), ask(theirs, **query)
    if mine != right:
        different.append((query, mine if isinstance(mine, str) else len(mine), right if isinstance(right, str) else len(right)))

for text in filters:
    compare(filter_string=text)
for order in orders:
    compare(order_by=order)
    compare(order_by=order, filter_string="metrics.loss != 100")
for view in views:
    compare(run_view_type=view)
for text in ["name = 'sweep'", "name LIKE 'SW%'", "name ILIKE 'SW%'", "name != 'sweep'", "tags.team = 'x'", "tags.team IS NULL", "tag.team != 'y'",
             "experiment_id = '1'", "experiment_id IN ('0', '1')", "experiment_id NOT IN ('0')", "creation_time > 0", "nothing = 'x'",
             "name IN ('sweep')", "creation_time = 'x'", "experiment_id LIKE '1'", "attribute.name = 'sweep'", "params.x = 'y'"]:
    for order in [None, ["name"], ["name DESC"], ["experiment_id"], ["last_update_time DESC"], ["tags.team"], ["nothing"]]:
        answers = []
        for client in (ours, theirs):
            try:
                answers.append([e.experiment_id for e in client.search_experiments(filter_string=text, order_by=order)])
            except mlflow.exceptions.MlflowException as error:
                answers.append(error.error_code)
        if answers[0] != answers[1]:
            different.append((text, order, *answers))
for one in different:
    print("DIFFERENT", one)
print(len(filters), "filters")
"#;

#[tokio::test]
async fn searches_find_what_mlflow_itself_finds() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let parent = fill(store.db());
    let copied = folder.path().join("copy.db");
    copy(&folder.path().join("mlflow.db"), &copied);
    let gateway = sweep::testing::Gateway::start(store, std::future::pending()).await.unwrap();
    let url = gateway.scope(sweep::testing::TrialScope {
        run_id: parent.clone(),
        experiment_id: "1".to_owned(),
        experiment_name: "sweep".to_owned(),
    });
    assert_eq!(http::get(&http::client(), &format!("{url}/health")).await.0, 200);
    let copied = format!("sqlite:///{}", copied.display());
    let work = move || {
        let environment = [("GATEWAY", url.as_str()), ("COPY", copied.as_str()), ("PARENT", parent.as_str())];
        run_python(SAME_ANSWERS, folder.path(), &environment)
    };
    let printed = tokio::task::spawn_blocking(work).await.unwrap();
    assert!(printed.contains("filters") && !printed.contains("DIFFERENT"), "{printed}");
}
