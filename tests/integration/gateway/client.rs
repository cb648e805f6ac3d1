//! MLflow's own Python client, unmodified, against the gateway.

use sweep::RunStatus;
use sweep::testing::Store;

use super::Trial;
use crate::support::mlflow_server::MlflowServer;
use crate::support::python::run_python;

const FLUENT: &str = r#"
import mlflow, os, pathlib
with mlflow.start_run() as run:
    mlflow.log_param("lr", 0.01)
    mlflow.log_params({"depth": 3, "kind": "tree"})
    mlflow.log_metric("loss", 0.9, step=0)
    mlflow.log_metric("loss", 0.5, step=1)
    mlflow.log_metrics({"acc": 0.8, "odd": float("nan")}, step=1)
    mlflow.set_tag("stage", "one")
    mlflow.set_tags({"stage": "two", "team": "red"})
    pathlib.Path("note.txt").write_text("hello")
    mlflow.log_artifact("note.txt")
    mlflow.log_text("deep", "folder/deep.txt")
    with mlflow.start_run(nested=True, run_name="inner") as inner:
        mlflow.log_metric("inner_metric", 1)
    found = mlflow.search_runs(filter_string="metrics.loss < 0.6 AND params.kind = 'tree'", order_by=["metrics.loss DESC"])
    assert list(found["run_id"]) == [run.info.run_id], found
    children = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    assert list(children["run_id"]) == [inner.info.run_id], children
client = mlflow.MlflowClient()
history = client.get_metric_history(run.info.run_id, "loss")
assert [(m.step, m.value) for m in history] == [(0, 0.9), (1, 0.5)], history
assert sorted(f.path for f in client.list_artifacts(run.info.run_id)) == ["folder", "note.txt"]
assert pathlib.Path(client.download_artifacts(run.info.run_id, "folder/deep.txt")).read_text() == "deep"
try:
    client.log_param(run.info.run_id, "lr", 0.02)
    raise SystemExit("a param was written twice")
except mlflow.exceptions.MlflowException as error:
    assert error.error_code == "INVALID_PARAMETER_VALUE", error
print(run.info.run_id)
"#;

#[tokio::test]
async fn a_plain_script_logs_into_the_run_it_was_given() {
    let trial = Trial::start().await;
    let printed = trial.python(FLUENT).await;
    assert!(printed.contains(&trial.run_id), "{printed}");
    let run = trial.run().await;
    assert_eq!(run.info.status, RunStatus::Finished);
    assert_eq!(
        (run.param("lr"), run.param("depth"), run.param("kind")),
        (Some("0.01"), Some("3"), Some("tree"))
    );
    assert_eq!(run.metric("loss").map(|metric| (metric.step, metric.value)), Some((1, 0.5)));
    assert!(run.metric("odd").unwrap().value.is_nan());
    assert_eq!((run.tag("stage"), run.tag("team")), (Some("two"), Some("red")));
    assert_eq!(run.tag("mlflow.parentRunId"), Some("parent"));
    assert_eq!(trial.store.artifact(&run.info, "note.txt").await.unwrap(), b"hello");
}

#[tokio::test]
async fn a_script_that_names_an_experiment_of_its_own_stays_in_the_sweeps() {
    let trial = Trial::start().await;
    trial
        .python(
            r#"
import mlflow
mlflow.set_experiment("my own experiment")
with mlflow.start_run(run_name="mine"):
    mlflow.log_metric("loss", 0.25)
"#,
        )
        .await;
    let run = trial.run().await;
    assert_eq!(
        (run.info.name.as_str(), run.info.experiment_id.as_str()),
        ("mine", trial.experiment_id.as_str())
    );
    assert_eq!(run.metric("loss").map(|metric| metric.value), Some(0.25));
    assert!(trial.store.experiment_by_name("my own experiment").await.unwrap().is_none());
}

#[tokio::test]
async fn datasets_and_logged_models_are_kept() {
    let trial = Trial::start().await;
    let printed = trial
        .python(
            r#"
import mlflow, numpy
from sklearn.linear_model import Ridge
x, y = numpy.arange(20.0).reshape(10, 2), numpy.arange(10.0)
with mlflow.start_run() as run:
    mlflow.log_input(mlflow.data.from_numpy(x, targets=y, name="numbers"), context="train")
    model = Ridge(alpha=0.5).fit(x, y)
    info = mlflow.sklearn.log_model(model, name="ridge", params={"alpha": 0.5}, pip_requirements=["scikit-learn"])
    mlflow.log_metric("rmse", 0.1, model_id=info.model_id)
again = mlflow.sklearn.load_model(info.model_uri)
assert abs(again.predict(x) - model.predict(x)).max() < 1e-12
[logged] = mlflow.search_logged_models(filter_string="metrics.rmse < 0.2", output_format="list")
assert logged.params == {"alpha": "0.5"} and logged.status == "READY", logged
stored = mlflow.get_run(run.info.run_id)
assert [i.dataset.name for i in stored.inputs.dataset_inputs] == ["numbers"], stored.inputs
assert [o.model_id for o in stored.outputs.model_outputs] == [info.model_id], stored.outputs
found = mlflow.search_runs(filter_string="dataset.name = 'numbers' AND dataset.context = 'train'")
assert list(found["run_id"]) == [run.info.run_id]
print("all well")
"#,
        )
        .await;
    assert!(printed.contains("all well"));
    let page = trial.store.db().run(&trial.run_id).unwrap();
    assert_eq!(page.outputs.model_outputs.len(), 1);
}

#[tokio::test]
async fn autologging_fills_the_run() {
    let trial = Trial::start().await;
    trial
        .python(
            r#"
import mlflow, numpy
from sklearn.linear_model import Ridge
mlflow.autolog()
x, y = numpy.arange(20.0).reshape(10, 2), numpy.arange(10.0)
Ridge(alpha=0.5).fit(x, y)
"#,
        )
        .await;
    let run = trial.run().await;
    assert_eq!((run.info.status, run.param("alpha")), (RunStatus::Finished, Some("0.5")));
    assert!(run.metric("training_mean_squared_error").is_some(), "{:?}", run.metrics);
}

#[tokio::test]
async fn artifacts_of_an_experiment_that_a_server_made_go_through_the_gateway() {
    let trial = Trial::start().await;
    let db = trial.store.db();
    let experiment = db.create_experiment("server's", Some("mlflow-artifacts:/77"), &[]).unwrap();
    let run = sweep::testing::NewRun { experiment_id: experiment, ..Default::default() };
    let id = db.create_run(&run).unwrap().id;
    db.set_tag(&trial.run_id, "other", id.as_str()).unwrap();
    trial
        .python(
            r#"
import mlflow, os, pathlib
client = mlflow.MlflowClient()
other = client.get_run(os.environ["MLFLOW_RUN_ID"]).data.tags["other"]
pathlib.Path("big.bin").write_bytes(bytes(range(256)) * 8192)
pathlib.Path("empty").touch()
client.log_artifact(other, "big.bin", "models/deep")
client.log_artifact(other, "empty")
assert sorted(f.path for f in client.list_artifacts(other)) == ["empty", "models"]
[file] = client.list_artifacts(other, "models/deep")
assert (file.path, file.file_size) == ("models/deep/big.bin", 256 * 8192), file
assert pathlib.Path(client.download_artifacts(other, "models/deep/big.bin")).read_bytes() == bytes(range(256)) * 8192
"#,
        )
        .await;
    let info = trial.store.run(&id).await.unwrap().info;
    assert_eq!(trial.store.artifact(&info, "models/deep/big.bin").await.unwrap().len(), 256 * 8192);
}

/// What holds for the gateway and for MLflow's own server alike.
const THE_REST: &str = r#"
import json, mlflow, os, time
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
client = mlflow.MlflowClient()
experiment = os.environ["MLFLOW_EXPERIMENT_ID"]

def refused(code, call, *args, **more):
    try:
        call(*args, **more)
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, str(error))
    else:
        raise SystemExit(f"{call} was not refused")

# Runs: made, renamed, ended, deleted, restored.
run = client.create_run(experiment, run_name="made", tags={"a": "1"}, start_time=5)
id = run.info.run_id
assert (run.info.status, run.info.start_time, run.data.tags["mlflow.runName"]) == ("RUNNING", 5, "made")
refused("INVALID_PARAMETER_VALUE", client.create_run, experiment, run_name="x", tags={"mlflow.runName": "y"})
refused("RESOURCE_DOES_NOT_EXIST", client.create_run, "999")
client.update_run(id, status="KILLED", name="renamed")
assert client.get_run(id).info.run_name == "renamed" == client.get_run(id).data.tags["mlflow.runName"]
client.set_terminated(id, "FAILED", end_time=77)
assert (client.get_run(id).info.status, client.get_run(id).info.end_time) == ("FAILED", 77)
client.delete_tag(id, "a")
refused("RESOURCE_DOES_NOT_EXIST", client.delete_tag, id, "a")
client.delete_run(id)
refused("INVALID_PARAMETER_VALUE", client.set_tag, id, "b", "2")
deleted = client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)
assert [r.info.run_id for r in deleted] == [id]
client.restore_run(id)

# Batches, at the limit and over it.
client.log_batch(id, [Metric("many", k, k, k) for k in range(1000)])
assert [m.value for m in client.get_metric_history(id, "many")] == [float(k) for k in range(1000)]
client.log_batch(id, params=[Param("p", "1")], tags=[RunTag("t", "1"), RunTag("t", "2")])
client.log_batch(id, params=[Param("p", "1")])
refused("INVALID_PARAMETER_VALUE", client.log_batch, id, params=[Param("p", "2")])
refused("INVALID_PARAMETER_VALUE", client.log_param, id, "bad$key", 1)
refused("INVALID_PARAMETER_VALUE", client.log_metric, id, "m", 1, timestamp=-3)
assert client.get_run(id).data.tags["t"] == "2"

# Pages.
for k in range(7):
    client.create_run(experiment, tags={"page": str(k)}, start_time=100 + k)
seen, token = [], None
while True:
    page = client.search_runs([experiment], "tags.page IS NOT NULL", max_results=3, page_token=token)
    seen += [r.data.tags["page"] for r in page]
    token = page.token
    if not token:
        break
assert seen == ["6", "5", "4", "3", "2", "1", "0"], seen

# Experiments, and what the fluent interface saves.
client.set_experiment_tag(experiment, "note", "x")
assert client.get_experiment(experiment).tags == {"note": "x"}
assert {e.name for e in client.search_experiments()} == {"Default", "the sweep"}
refused("RESOURCE_DOES_NOT_EXIST", client.get_experiment, "12345")
with mlflow.start_run(run_name="fluent", description="words") as active:
    mlflow.log_dict({"k": [1, 2]}, "conf/k.json")
    mlflow.log_table({"x": [1, 2]}, "table.json")
    mlflow.log_metrics({"later": 1.0}, step=3, synchronous=False).wait()
    mlflow.log_metric("later", 2.0, step=4)
    with mlflow.start_run(nested=True) as child:
        assert mlflow.get_parent_run(child.info.run_id).info.run_id == active.info.run_id
assert mlflow.artifacts.load_dict(active.info.artifact_uri + "/conf/k.json") == {"k": [1, 2]}
assert mlflow.load_table("table.json", run_ids=[active.info.run_id])["x"].tolist() == [1, 2]
stored = client.get_run(active.info.run_id)
assert stored.data.tags["mlflow.note.content"] == "words" and stored.data.metrics["later"] == 2.0
print("all well")
"#;

#[tokio::test]
async fn the_rest_of_the_client_works_too() {
    let trial = Trial::start().await;
    let printed = trial.python(THE_REST).await;
    assert!(printed.contains("all well"), "{printed}");
}

#[test]
fn what_the_gateway_is_held_to_holds_for_mlflows_own_server() {
    let server = MlflowServer::start();
    let make = r#"
import mlflow
client = mlflow.MlflowClient()
experiment = client.create_experiment("the sweep")
print(experiment, client.create_run(experiment).info.run_id)
"#;
    let made = run_python(make, server.folder(), &[("MLFLOW_TRACKING_URI", server.url())]);
    let (experiment, run) = made.trim().split_once(' ').unwrap();
    let environment =
        [("MLFLOW_TRACKING_URI", server.url()), ("MLFLOW_EXPERIMENT_ID", experiment), ("MLFLOW_RUN_ID", run)];
    let printed = run_python(THE_REST, server.folder(), &environment);
    assert!(printed.contains("all well"), "{printed}");
}
