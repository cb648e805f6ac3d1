//! One file, used by turns by sweep and by MLflow of several versions: nothing is lost.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::Connection;
use sweep::testing::{
    Db, EmbeddedStore, ErrorKind, ExperimentId, NewLoggedModel, NewRun, NewVersion, Registry as _,
    RegistryQuery, RunId, RunQuery,
};

use super::pair;
use crate::support::agent::{AgentProcess, until};
use crate::support::mlflow_server::MlflowServer;
use crate::support::python::{mlflow_python, run_python};
use crate::support::sandbox::Sandbox;

/// A database that `mlflow server` 2.22 made; `make_2_22.py` beside it says how.
const MADE_BY_2_22: &str = include_str!("../../data/mlflow/made_by_2_22.sql");

fn made_by_2_22(folder: &Path) -> PathBuf {
    let path = folder.join("mlflow.db");
    let connection = Connection::open(&path).unwrap();
    // The tables come in the order of their names.
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(MADE_BY_2_22).unwrap();
    path
}

fn open(path: &Path) -> EmbeddedStore {
    EmbeddedStore::open(path.to_str().unwrap()).unwrap()
}

/// What 2.22 wrote, read and gone on with by us.
fn go_on_with_2_22(db: &Db) -> String {
    let experiment = db.experiment_by_name("theirs").unwrap().unwrap();
    assert_eq!(experiment.tags, [pair("team", "red")]);
    let search = RunQuery {
        experiment_ids: vec![experiment.id.clone()],
        filter: "metrics.loss < 0.6 AND dataset.name = 'numbers' AND run_name = 'old'".to_owned(),
        max_results: 10,
        ..Default::default()
    };
    let [old] = db.search_runs(&search).unwrap().items.try_into().unwrap();
    let id = old.info.id.0.clone();
    assert_eq!(
        (old.params.as_slice(), old.info.end_time),
        (&[pair("lr", "0.01")][..], Some(1_700_000_009_000))
    );
    assert!(old.metrics.iter().any(|metric| metric.key == "odd" && metric.value.is_nan()));
    assert_eq!(db.metric_history(&id, "loss", None, None).unwrap().items.len(), 3);
    let model = db.registered_model("old model").unwrap();
    assert_eq!((model.description.as_str(), model.tags.as_slice()), ("words", &[pair("a", "1")][..]));
    assert_eq!(db.version_by_alias("old model", "champion").unwrap().tags, [pair("t", "1")]);
    // What this revision can't hold is said, and nothing else is in the way.
    assert_eq!(db.model("m-1").unwrap_err().kind, ErrorKind::Unsupported);
    db.set_tag(&id, "by", "sweep").unwrap();
    let run = NewRun { experiment_id: experiment.id, name: "ours".to_owned(), ..NewRun::default() };
    let ours = db.create_run(&run).unwrap().id.0;
    db.log_param(&ours, "k", "v").unwrap();
    use_registry(db, &ours, "ours");
    db.set_alias("old model", "also", 1).unwrap();
    ours
}

/// Makes a registered model with two versions and all that belongs to it.
fn use_registry(db: &Db, run: &str, name: &str) {
    db.create_registered_model(name, "of sweep", &[pair("a", "b")]).unwrap();
    let version = NewVersion {
        model: name.to_owned(),
        source: format!("runs:/{run}/model"),
        run_id: Some(RunId(run.to_owned())),
        tags: vec![pair("t", "1")],
        ..NewVersion::default()
    };
    for _ in 0..2 {
        db.create_version(&version).unwrap();
    }
    db.set_version_tag(name, 2, "t", "2").unwrap();
    db.set_registered_model_tag(name, "a", "c").unwrap();
    db.set_alias(name, "champion", 1).unwrap();
    db.set_alias(name, "champion", 2).unwrap();
}

/// MLflow reads what we wrote to the registry, and continues from there.
const READ_REGISTRY: &str = r#"
import mlflow, os
client = mlflow.MlflowClient()
name = os.environ["NAME"]
model = client.get_registered_model(name)
assert (model.description, model.tags, model.aliases) == ("of sweep", {"a": "c"}, {"champion": "2"} if isinstance(model.aliases.get("champion"), str) else {"champion": 2}), model
versions = client.search_model_versions(f"name = '{name}'", order_by=["version_number"])
assert [(int(v.version), v.tags) for v in versions] == [(1, {"t": "1"}), (2, {"t": "2"})], versions
assert client.get_model_version_by_alias(name, "champion").run_id == os.environ["RUN"]
assert client.get_run(os.environ["RUN"]).data.params == {"k": "v"}
client.set_registered_model_alias(name, "theirs", "1")
client.create_model_version(name, f"runs:/{os.environ['RUN']}/other", os.environ["RUN"])
client.log_metric(os.environ["RUN"], "seen", 1)
"#;

/// What MLflow added is there, and all that we can change about it can be changed.
fn holds_both(db: &Db, run: &str, name: &str) {
    assert!(db.run(run).unwrap().metrics.iter().any(|metric| metric.key == "seen"));
    let model = db.registered_model(name).unwrap();
    assert_eq!(model.aliases, [("champion".to_owned(), 2), ("theirs".to_owned(), 1)]);
    db.set_alias(name, "theirs", 3).unwrap();
    db.set_version_tag(name, 3, "t", "3").unwrap();
    db.set_registered_model_tag(name, "a", "d").unwrap();
    let renamed = format!("{name} renamed");
    db.rename_registered_model(name, &renamed).unwrap();
    let query = RegistryQuery {
        filter: format!("name = '{renamed}' AND tags.t != '0'"),
        max_results: 10,
        ..RegistryQuery::default()
    };
    let found = db.search_versions(&query).unwrap().items;
    assert_eq!(found.len(), 3);
    assert_eq!(db.version_by_alias(&renamed, "theirs").unwrap().tags, [pair("t", "3")]);
    db.delete_version(&renamed, 3).unwrap();
    assert_eq!(db.version_by_alias(&renamed, "theirs").unwrap_err().kind, ErrorKind::Invalid);
    db.delete_registered_model(&renamed).unwrap();
    assert_eq!(db.registered_model(&renamed).unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_file_of_mlflow_2_22_is_used_by_sweep_then_upgraded_by_3_17_then_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&made_by_2_22(folder.path()));
    let ours = go_on_with_2_22(store.db());
    assert_eq!(store.by_alias("old model", "also").await.unwrap().unwrap().version, 1);
    let work = move || {
        let server = MlflowServer::start_on(store.db().uri());
        let environment = [("MLFLOW_TRACKING_URI", server.url()), ("NAME", "ours"), ("RUN", ours.as_str())];
        run_python(READ_REGISTRY, folder.path(), &environment);
        let old = r#"
import mlflow
client = mlflow.MlflowClient()
[run] = mlflow.search_runs(search_all_experiments=True, filter_string="run_name = 'old'", output_format="list")
assert run.data.tags["by"] == "sweep" and run.data.params == {"lr": "0.01"}, run
assert [m.value for m in client.get_metric_history(run.info.run_id, "loss")] == [1.0, 0.75, 0.5]
assert client.get_registered_model("old model").aliases.keys() == {"champion", "also"}
"#;
        run_python(old, folder.path(), &[("MLFLOW_TRACKING_URI", server.url())]);
        // The store that was opened before the upgrade continues, and can now hold what it could not.
        holds_both(store.db(), &ours, "ours");
        let model =
            NewLoggedModel { experiment_id: ExperimentId("1".to_owned()), ..NewLoggedModel::default() };
        store.db().create_model(&model).unwrap();
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[test]
fn a_registry_that_sweep_made_goes_on_in_mlflow_3_17_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("mlflow.db"));
    let db = store.db();
    let new = NewRun { experiment_id: ExperimentId("0".to_owned()), ..NewRun::default() };
    let run = db.create_run(&new).unwrap().id.0;
    db.log_param(&run, "k", "v").unwrap();
    use_registry(db, &run, "before");
    let server = MlflowServer::start_on(db.uri());
    for name in ["before", "after"] {
        if name == "after" {
            // Made by us in the file that MLflow has brought to its newest revision.
            use_registry(db, &run, name);
        }
        let environment = [("MLFLOW_TRACKING_URI", server.url()), ("NAME", name), ("RUN", run.as_str())];
        run_python(READ_REGISTRY, folder.path(), &environment);
        holds_both(db, &run, name);
    }
}

/// A real `mlflow server` 2.22 opens its own file again after sweep has used it.
#[test]
#[ignore = "installs MLflow 2.22, which takes minutes"]
fn a_file_of_mlflow_2_22_goes_back_to_2_22() {
    let python = crate::support::python::mlflow_2_22();
    let folder = tempfile::tempdir().unwrap();
    let path = made_by_2_22(folder.path());
    let ours = go_on_with_2_22(open(&path).db());
    let script = folder.path().join("read.py");
    std::fs::write(&script, READ_REGISTRY).unwrap();
    // Its client opens the file itself, as its server does.
    let ran = Command::new(python)
        .arg(&script)
        .current_dir(folder.path())
        .env("MLFLOW_TRACKING_URI", format!("sqlite:///{}", path.display()))
        .env("NAME", "ours")
        .env("RUN", &ours)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let store = open(&path);
    let stamp: String = Connection::open(&path)
        .unwrap()
        .query_row("SELECT version_num FROM alembic_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(stamp, "0584bdc529eb");
    holds_both(store.db(), &ours, "ours");
}

/// An agent works on the file all the while, through a client that is older than the upgrade.
#[test]
fn an_agent_that_works_while_mlflow_upgrades_the_file_goes_on() {
    let sandbox = Sandbox::new();
    let path = made_by_2_22(sandbox.path());
    let uri = format!("sqlite:///{}", path.display());
    let id = sandbox.init(
        "command: 'sleep 0.05; echo loss=${x}'\nmethod: random\nrun_cap: 100000\nseed: 1\n\
         metric: {name: loss, goal: minimize, from_output: 'loss=(.+)'}\nparameters: {x: {min: 0.0, max: 1.0}}\n",
    );
    let agent = AgentProcess::start(&sandbox, &["run", &id], &[]);
    let finished = || -> i64 {
        let sql =
            "SELECT count(*) FROM runs r JOIN tags t ON t.run_uuid = r.run_uuid AND t.key = 'sweep.trial'
                   WHERE r.status = 'FINISHED'";
        Connection::open(&path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    };
    until("the first trials", || (finished() > 2).then_some(()));
    let upgraded = Command::new(mlflow_python())
        .args(["-m", "mlflow", "db", "upgrade", &uri])
        .current_dir(sandbox.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(upgraded.status.success(), "{}", String::from_utf8_lossy(&upgraded.stderr));
    let then = finished();
    until("trials after the upgrade", || (finished() > then + 2).then_some(()));
    sandbox.run(&["stop", &id]).expect(0);
    let ended = agent.finish().expect(0);
    assert!(!ended.stderr.contains("error"), "{}", ended.stderr);
    let stamp: String = Connection::open(&path)
        .unwrap()
        .query_row("SELECT version_num FROM alembic_version", [], |row| row.get(0))
        .unwrap();
    assert_ne!(stamp, "0584bdc529eb");
    let listed = sandbox.run(&["list", "--format", "json"]).expect(0).json();
    assert_eq!(listed[0]["trials"]["finished"], listed[0]["trials"]["begun"], "{listed:#}");
}
