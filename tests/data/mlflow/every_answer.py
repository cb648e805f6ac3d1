"""Drives MLflow's own client through everything that a tracking server has to answer, and prints each answer as a line of
JSON with ids and times taken out. Two servers that are alike print the same lines."""

import json
import os
import pathlib
import re
import sys

import mlflow
import numpy
import pandas
import requests
from mlflow.entities import (
    Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType,
)
from mlflow.exceptions import MlflowException

client = mlflow.MlflowClient()
uri = mlflow.get_tracking_uri()
ids = {}


def normal(value):
    """The same value without what differs from server to server."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return [normal(item) for item in value]
    if isinstance(value, float) and value != value:
        return "NaN"
    if isinstance(value, int) and value > 1_500_000_000_000:
        return "<time>"
    if isinstance(value, str):
        value = value.replace(uri, "<server>")
        value = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+", "<date>", value)
        value = re.sub(r"[a-z]+-[a-z]+-\d{1,3}$", "<chance>", value)
        return re.sub(r"(m-)?[0-9a-f]{32}", lambda found: ids.setdefault(found[0], f"<id {len(ids)}>"), value)
    return value


def tell(label, value):
    print(json.dumps([normal(label), normal(value)]))


def ask(label, call, *args, **more):
    """Tells what a call answers, or how it is refused."""
    show = more.pop("show", lambda answer: answer)
    try:
        answer = show(call(*args, **more))
    except MlflowException as error:
        answer = f"{error.get_http_status_code()} {error.error_code}"
        # MLflow's server answers some wrong requests so, and its clients then repeat them for minutes: ours does not.
        answer = answer.replace("500 INTERNAL_ERROR", "400 INVALID_PARAMETER_VALUE")
    except requests.HTTPError as error:
        answer = f"{error.response.status_code} {error.response.json()['error_code']}"
    tell(label, answer)


def run_as_told(run):
    info = run.info
    return {
        "name": info.run_name, "status": info.status, "stage": info.lifecycle_stage, "artifacts": info.artifact_uri,
        "experiment": info.experiment_id, "user": info.user_id, "start": info.start_time, "end": info.end_time,
        "metrics": run.data.metrics, "params": run.data.params, "tags": run.data.tags,
        "datasets": [[d.dataset.name, d.dataset.digest, {t.key: t.value for t in d.tags}] for d in run.inputs.dataset_inputs],
        "models in": [m.model_id for m in run.inputs.model_inputs],
        "models out": [[m.model_id, m.step] for m in (run.outputs.model_outputs if run.outputs else [])],
    }


def names(runs):
    return [run.info.run_name for run in runs]


def experiments():
    show = lambda e: [e.name, e.experiment_id, e.artifact_location, e.lifecycle_stage, e.tags]
    ask("default experiment", client.get_experiment, "0", show=show)
    ask("create", client.create_experiment, "first", tags={"team": "red"})
    ask("create again", client.create_experiment, "first")
    ask("create with a location", client.create_experiment, "elsewhere", artifact_location="s3://bucket/x")
    ask("create without a name", client.create_experiment, "")
    ask("create with a long name", client.create_experiment, "x" * 501)
    ask("get", client.get_experiment, "1", show=show)
    ask("get elsewhere", client.get_experiment, "2", show=show)
    ask("by name", client.get_experiment_by_name, "first", show=show)
    ask("by unknown name", client.get_experiment_by_name, "nobody")
    ask("unknown", client.get_experiment, "77")
    ask("tag", client.set_experiment_tag, "1", "note", "x")
    ask("bad tag", client.set_experiment_tag, "1", "a$b", "x")
    ask("untag", client.delete_experiment_tag, "1", "note")
    ask("rename", client.rename_experiment, "2", "second")
    ask("rename onto another", client.rename_experiment, "2", "first")
    ask("delete", client.delete_experiment, "2")
    ask("delete again", client.delete_experiment, "2")
    ask("deleted by name", client.get_experiment_by_name, "second", show=show)
    ask("create a deleted one", client.create_experiment, "second")
    ask("run in a deleted one", client.create_run, "2")
    ask("restore", client.restore_experiment, "2")
    client.create_experiment("gone")
    client.delete_experiment("3")
    listed = lambda found: [e.name for e in found]
    for view in (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL):
        ask(f"experiments {view}", client.search_experiments, view_type=view, order_by=["name"], show=listed)
    for text in ["name = 'first'", "name LIKE '%s%'", "name ILIKE 'FIRST'", "tags.team = 'red'", "tags.team != 'red'", "x = 'y'", "creation_time > 0"]:
        ask(f"experiments {text}", client.search_experiments, filter_string=text, order_by=["name DESC"], show=listed)
    ask("experiments paged", client.search_experiments, max_results=2, order_by=["name"], show=lambda page: [listed(page), page.token])


def runs():
    a = client.create_run("1", run_name="a", tags={"team": "Red", "odd key/x": "1"}, start_time=10).info.run_id
    b = client.create_run("1", run_name="b", tags={"team": "blue"}, start_time=20).info.run_id
    c = client.create_run("1", run_name="c", tags={"team": "red_fox", "mlflow.parentRunId": a}, start_time=30).info.run_id
    d = client.create_run("1", run_name="d", start_time=40).info.run_id
    e = client.create_run("1", run_name="e", start_time=40).info.run_id
    ask("created", client.get_run, a, show=run_as_told)
    ask("two names", client.create_run, "1", run_name="x", tags={"mlflow.runName": "y"})
    ask("unknown experiment", client.create_run, "999")
    ask("unknown run", client.get_run, "0" * 32)
    client.log_metric(a, "loss", 0.1, timestamp=5)
    for step, value in enumerate([5.0, 0.5, -0.25]):
        client.log_metric(b, "loss", value, timestamp=100 + step, step=step)
    client.log_metric(c, "loss", float("nan"), timestamp=5)
    client.log_metric(d, "loss", float("inf"), timestamp=5, step=-3)
    client.log_metric(d, "loss", 7, timestamp=6, step=-4)
    ask("metric name", client.log_metric, a, "bad$name", 1)
    ask("metric time", client.log_metric, a, "loss", 1, timestamp=-3)
    ask("metric long name", client.log_metric, a, "x" * 251, 1)
    ask("metric path", client.log_metric, a, "../up", 1)
    client.log_param(a, "lr", "0.01")
    client.log_param(b, "lr", "0.1")
    client.log_param(b, "kind", "O'Hara")
    ask("param again", client.log_param, a, "lr", "0.01")
    ask("param changed", client.log_param, a, "lr", "0.02")
    ask("param long", client.log_param, a, "long", "y" * 7000)
    ask("param long kept", lambda: len(client.get_run(a).data.params["long"]))
    ask("batch", client.log_batch, a, [Metric("many", k, k, k) for k in range(200)], [Param("p", "1")], [RunTag("t", "1"), RunTag("t", "2")])
    ask("batch conflict", client.log_batch, a, [Metric("not", 1, 1, 1)], [Param("p", "2")], [RunTag("not", "1")])
    ask("batch twice a param", client.log_batch, a, params=[Param("q", "1"), Param("q", "2")])
    ask("after batches", client.get_run, a, show=run_as_told)
    ask("tag", client.set_tag, a, "note", "words")
    ask("tag name", client.set_tag, a, "bad$", "x")
    ask("untag", client.delete_tag, a, "note")
    ask("untag again", client.delete_tag, a, "note")
    ask("rename by tag", client.set_tag, e, "mlflow.runName", "e2")
    ask("renamed", client.get_run, e, show=run_as_told)
    client.update_run(e, name="e")
    client.set_terminated(b, "FAILED", end_time=77)
    client.update_run(c, status="KILLED")
    ask("ended", client.get_run, b, show=run_as_told)
    ask("history", client.get_metric_history, b, "loss", show=lambda all: [[m.value, m.timestamp, m.step] for m in all])
    ask("history of inf", client.get_metric_history, d, "loss", show=lambda all: [[m.value, m.timestamp, m.step] for m in all])
    ask("history of nothing", client.get_metric_history, b, "nothing")
    client.delete_run(e)
    ask("write to a deleted run", client.set_tag, e, "b", "2")
    ask("read a deleted run", client.get_run, e, show=run_as_told)
    return a, b, c, d, e


FILTERS = [
    "", "metrics.loss < 1", "metrics.loss <= -0.25", "metrics.loss > -1 and metrics.loss < .5", "metrics.loss = 0.1", "metrics.loss != 0.1",
    "metric.loss >= -3", "metrics.loss > 1e300", "metrics.`loss` = 0.1", 'metrics."loss" = 0.1', "params.lr = '0.1'", "params.lr != '0.1'",
    "param.lr LIKE '0.%'", "parameters.lr IS NULL", "params.lr IS NOT NULL", "params.kind = \"O'Hara\"", "tags.team LIKE 'red%'",
    "tags.team ILIKE 'RED%'", "tags.team != 'blue'", "tags.`odd key/x` = '1'", "tags.nothing IS NULL", "attributes.run_name = 'b'",
    "run_name LIKE '%'", "`run name` != 'a'", "status = 'FAILED'", "attr.status != 'FAILED'", "status LIKE 'RUN%'", "start_time > 15",
    "start_time <= 30 AND end_time >= 70", "created = 40", "artifact_uri LIKE '%/artifacts'", "run_id IN ('{a}', '{b}')", "run_id NOT IN ('{a}')",
    "tags.mlflow.parentRunId = '{a}'", "metrics.many >= 199 AND params.lr = '0.01' AND tags.team = 'Red'", "dataset.name = 'numbers'",
    "dataset.context = 'train'", "metrics.loss == 1", "metrics.loss = 'a'", "params.lr > '0.1'", "params.lr = 0.1", "nothing.key = 'x'",
    "attributes.nothing = 'x'", "tags.a = '1' OR tags.b = '2'", "(tags.a = '1')", "tags.a = 'unclosed", "status IN ('RUNNING')", "params.lr",
]
ORDERS = [
    ["metrics.loss"], ["metrics.loss DESC"], ["params.lr DESC", "run_name"], ["start_time"], ["start_time DESC"], ["tags.team"], ["status", "run_name DESC"],
    ["end_time DESC"], ["metrics.nothing"], ["nothing"], ["metrics.loss sideways"], ["attributes.run_name DESC"],
]


def searches(a, b):
    for text in FILTERS:
        text = text.replace("{a}", a).replace("{b}", b)
        ask(f"runs {text}", client.search_runs, ["1"], text, order_by=["run_name"], show=names)
    for order in ORDERS:
        ask(f"ordered {order}", client.search_runs, ["1"], order_by=order, show=names)
    for view in (ViewType.DELETED_ONLY, ViewType.ALL):
        ask(f"view {view}", client.search_runs, ["1"], run_view_type=view, order_by=["run_name"], show=names)
    ask("no experiments", client.search_runs, [], show=names)
    ask("unknown experiments", client.search_runs, ["999"], show=names)
    ask("too many results", client.search_runs, ["1"], max_results=50001)
    token, pages = None, []
    while True:
        page = client.search_runs(["1"], order_by=["run_name DESC"], max_results=3, page_token=token)
        pages.append(names(page))
        token = page.token
        if not token:
            break
    tell("pages", pages)
    frame = mlflow.search_runs(["1"], "metrics.loss < 1", order_by=["metrics.loss"])
    tell("as a frame", [sorted(frame.columns), frame["metrics.loss"].tolist()])


def datasets(run):
    data = mlflow.data.from_numpy(numpy.arange(12.0).reshape(6, 2), targets=numpy.arange(6.0), name="numbers")
    with mlflow.start_run(run_id=run):
        mlflow.log_input(data, context="train")
        mlflow.log_input(data, context="test")
        mlflow.log_input(mlflow.data.from_pandas(pandas.DataFrame({"x": [1, 2]}), name="table"), tags={"k": "v"})
    raw = DatasetInput(Dataset("raw", "d1", "local", "{}"), [InputTag("a", "b")])
    ask("inputs", client.log_inputs, run, [raw])
    ask("with datasets", client.get_run, run, show=run_as_told)


def fluent():
    mlflow.set_experiment("fluent")
    pathlib.Path("note.txt").write_text("hello")
    pathlib.Path("folder/deep").mkdir(parents=True, exist_ok=True)
    pathlib.Path("folder/deep/x.bin").write_bytes(bytes(range(256)))
    with mlflow.start_run(run_name="outer", description="words", tags={"k": "v"}) as outer:
        mlflow.log_params({"depth": 3, "kind": "tree", "none": None, "flag": True})
        mlflow.log_metrics({"acc": 0.8, "odd": float("nan")}, step=1)
        mlflow.log_metric("later", 1.0, step=3, synchronous=False).wait()
        mlflow.set_tags({"a": 1})
        mlflow.log_artifact("note.txt")
        mlflow.log_artifacts("folder", "below")
        mlflow.log_text("", "empty.txt")
        mlflow.log_dict({"k": [1, 2]}, "conf/k.json")
        mlflow.log_table({"x": [1, 2]}, "table.json")
        with mlflow.start_run(nested=True, run_name="inner") as inner:
            mlflow.log_metric("m", 1)
            with mlflow.start_run(nested=True, run_name="innermost"):
                pass
        tell("parent", mlflow.get_parent_run(inner.info.run_id).info.run_name)
    ask("outer", client.get_run, outer.info.run_id, show=run_as_told)
    ask("inner", client.get_run, inner.info.run_id, show=run_as_told)
    try:
        with mlflow.start_run(run_name="breaks"):
            raise ValueError("on purpose")
    except ValueError:
        pass
    tell("states", sorted([r.info.run_name, r.info.status] for r in mlflow.search_runs(output_format="list")))
    for path in [None, "below", "below/deep", "nothing", "note.txt"]:
        ask(f"artifacts {path}", client.list_artifacts, outer.info.run_id, path, show=lambda all: [[f.path, f.is_dir, f.file_size] for f in all])
    ask("up and out", client.list_artifacts, outer.info.run_id, "../..")
    tell("download", pathlib.Path(client.download_artifacts(outer.info.run_id, "below/deep/x.bin")).read_bytes() == bytes(range(256)))
    tell("a folder", sorted(p.name for p in pathlib.Path(client.download_artifacts(outer.info.run_id, "")).rglob("*")))
    tell("a table", mlflow.load_table("table.json", run_ids=[outer.info.run_id])["x"].tolist())
    with mlflow.start_run(run_id=outer.info.run_id):
        mlflow.log_metric("later", 5.0, step=9)
    ask("resumed", client.get_run, outer.info.run_id, show=lambda run: [run.info.status, run.data.metrics])


def models():
    from sklearn.linear_model import Ridge

    x, y = numpy.arange(20.0).reshape(10, 2), numpy.arange(10.0)
    mlflow.set_experiment("models")
    with mlflow.start_run(run_name="logs a model") as run:
        model = Ridge(alpha=0.5).fit(x, y)
        info = mlflow.sklearn.log_model(model, name="ridge", params={"alpha": 0.5}, input_example=x[:2], pip_requirements=["scikit-learn"])
        mlflow.log_metric("rmse", 0.1, model_id=info.model_id, step=2)
    ask("run with a model", client.get_run, run.info.run_id, show=run_as_told)
    show = lambda m: [m.name, m.status, m.params, {k: v for k, v in m.tags.items() if k.startswith("mlflow.model")}, [[k.key, k.value, k.step] for k in m.metrics or []], m.artifact_location, m.source_run_id]
    ask("logged model", client.get_logged_model, info.model_id, show=show)
    ask("unknown model", client.get_logged_model, "m-" + "0" * 32)
    for text in ["metrics.rmse < 0.2", "name = 'ridge'", "name LIKE 'r%'", "params.alpha = '0.5'", "tags.x = 'y'", "nothing = 'x'"]:
        ask(f"models {text}", lambda: [m.name for m in mlflow.search_logged_models(filter_string=text, output_format="list")])
    again = mlflow.sklearn.load_model(info.model_uri)
    tell("predicts alike", float(abs(again.predict(x) - model.predict(x)).max()))
    mlflow.autolog(silent=True)
    with mlflow.start_run(run_name="autologs", log_system_metrics=False) as auto:
        Ridge(alpha=0.25).fit(x, y)
    mlflow.autolog(disable=True)
    run = client.get_run(auto.info.run_id)
    tell("autologged", [sorted(run.data.params.items()), sorted(run.data.metrics), sorted(k for k in run.data.tags if "source" not in k), run.info.status])
    tell("autologged data", [[d.dataset.name, d.dataset.digest] for d in run.inputs.dataset_inputs])
    tell("autologged models", len(run.outputs.model_outputs))
    return info


def system_metrics():
    import time

    mlflow.set_experiment("system")
    mlflow.set_system_metrics_sampling_interval(0.2)
    mlflow.set_system_metrics_samples_before_logging(1)
    with mlflow.start_run(run_name="measured", log_system_metrics=True) as run:
        for _ in range(100):
            if client.get_run(run.info.run_id).data.metrics:
                break
            time.sleep(0.1)
    tell("system metrics", sorted(k for k in client.get_run(run.info.run_id).data.metrics if "network" not in k and "disk" not in k))


def registry(info, run):
    version = lambda v: [v.name, str(v.version), v.current_stage, v.description, v.source, v.run_id, v.status, v.tags, sorted(v.aliases or [])]
    model = lambda m: [m.name, m.description, m.tags, m.aliases, sorted(version(v) for v in m.latest_versions)]
    ask("register", client.create_registered_model, "ours", {"a": "1"}, "words", show=model)
    ask("register again", client.create_registered_model, "ours")
    for bad in ["", "a/b", "a:b", ".."]:
        ask(f"register {bad}", client.create_registered_model, bad)
    ask("get", client.get_registered_model, "ours", show=model)
    ask("get unknown", client.get_registered_model, "nobody")
    registered = mlflow.register_model(info.model_uri, "ours")
    tell("registered", version(registered))
    ask("by run", client.create_model_version, "ours", f"runs:/{run}/model", run, tags={"t": "1"}, description="second", show=version)
    ask("foreign run", client.create_model_version, "ours", f"runs:/{'0' * 32}/model", run)
    ask("a local file", client.create_model_version, "ours", "/etc/passwd", run)
    ask("climbing", client.create_model_version, "ours", f"mlflow-artifacts:/1/{run}/artifacts/../../../x", run)
    ask("no such model", client.create_model_version, "nobody", f"runs:/{run}/model", run)
    ask("of a version", client.create_model_version, "ours", "models:/ours/1", show=version)
    ask("elsewhere", client.create_model_version, "ours", "s3://bucket/model", show=version)
    ask("tells of its versions", lambda: json.loads(client.get_logged_model(info.model_id).tags["mlflow.modelVersions"]))
    for number in ["1", "2", "9", "x"]:
        ask(f"version {number}", client.get_model_version, "ours", number, show=version)
        ask(f"files of {number}", client.get_model_version_download_uri, "ours", number)
    for alias, number in [("champion", "1"), ("champion", "2"), ("größte_1", "2"), ("latest", "1"), ("v1", "1"), ("a b", "1"), ("x", "9")]:
        ask(f"alias {alias} {number}", client.set_registered_model_alias, "ours", alias, number)
    ask("by alias", client.get_model_version_by_alias, "ours", "champion", show=version)
    ask("by latest", client.get_model_version_by_alias, "ours", "latest", show=version)
    ask("by unknown alias", client.get_model_version_by_alias, "ours", "nobody")
    ask("alias of unknown", client.get_model_version_by_alias, "nobody", "x")
    ask("unalias", client.delete_registered_model_alias, "ours", "größte_1")
    ask("unalias again", client.delete_registered_model_alias, "ours", "größte_1")
    ask("tag", client.set_registered_model_tag, "ours", "b", "2")
    ask("untag", client.delete_registered_model_tag, "ours", "a")
    ask("untag again", client.delete_registered_model_tag, "ours", "a")
    ask("tag a version", client.set_model_version_tag, "ours", "2", "loss", "0.1")
    ask("untag a version", client.delete_model_version_tag, "ours", "2", "t")
    ask("tag no version", client.set_model_version_tag, "ours", "9", "a", "b")
    ask("describe", client.update_registered_model, "ours", "other words", show=model)
    ask("describe a version", client.update_model_version, "ours", "2", "better", show=version)
    for stage, archive in [("Staging", False), ("production", False), ("Production", True), ("Nowhere", False), ("None", True)]:
        ask(f"stage {stage} {archive}", client.transition_model_version_stage, "ours", "3", stage, archive, show=version)
    ask("latest", client.get_latest_versions, "ours", show=lambda all: sorted(version(v) for v in all))
    ask("latest of a stage", client.get_latest_versions, "ours", ["Production"], show=lambda all: [version(v) for v in all])
    client.create_registered_model("another", {"b": "2"})
    found = lambda page: [[m.name for m in page], page.token]
    for text in ["", "name = 'ours'", "name LIKE '%o%'", "name ILIKE 'OURS'", "name IN ('ours', 'x')", "tags.b = '2'", "tags.b != '2'", "tags.b = '2' AND name != 'ours'", "x = 'y'", "name > 'a'", "tags.b IS NULL"]:
        ask(f"registered {text}", client.search_registered_models, text, show=found)
    for order in [["name DESC"], ["timestamp"], ["last_updated_timestamp DESC"], ["creation_timestamp"], ["x"]]:
        ask(f"registered by {order}", client.search_registered_models, order_by=order, show=found)
    ask("registered pages", client.search_registered_models, max_results=1, show=found)
    numbers = lambda page: [[v.name, str(v.version)] for v in page]
    for text in ["", "name = 'ours'", f"run_id = '{run}'", f"run_id IN ('{run}')", "source_path LIKE 's3%'", "version_number > 2", "version_number = 2", "tags.loss = '0.1'", "x = 'y'", "name LIKE 'our_'"]:
        ask(f"versions {text}", client.search_model_versions, text, order_by=["version_number"], show=numbers)
    for order in [["version_number DESC"], ["name", "version_number"], ["creation_timestamp"], ["x"]]:
        ask(f"versions by {order}", client.search_model_versions, "name = 'ours'", order_by=order, show=numbers)
    loaded = mlflow.sklearn.load_model("models:/ours/1")
    tell("loads", type(loaded).__name__)
    ask("delete a version", client.delete_model_version, "ours", "2")
    ask("deleted", client.get_model_version, "ours", "2")
    ask("its alias", client.get_model_version_by_alias, "ours", "champion")
    ask("next version", client.create_model_version, "ours", "s3://bucket/model", show=version)
    ask("rename", client.rename_registered_model, "ours", "theirs", show=lambda _: None)
    ask("renamed", client.get_registered_model, "theirs", show=model)
    ask("rename onto another", client.rename_registered_model, "theirs", "another")
    ask("renamed versions", client.search_model_versions, "name = 'theirs'", order_by=["version_number"], show=numbers)
    ask("delete", client.delete_registered_model, "theirs")
    ask("delete again", client.delete_registered_model, "theirs")
    ask("nothing left", client.search_model_versions, "name = 'theirs'", show=numbers)


def plain_requests(a, b):
    """What the web interface and other clients send."""

    def send(label, method, path, **more):
        answer = requests.request(method, f"{uri}{path}", timeout=60, **more)
        try:
            body = answer.json()
        except ValueError:
            body = answer.text if answer.status_code < 300 else ""
        if isinstance(body, dict) and "error_code" in body:
            body = body["error_code"]
        if label == "bulk":
            # By run id, which chance draws.
            body["metrics"].sort(key=lambda m: (m["timestamp"], m["step"]))
        tell(label, [answer.status_code, body])

    ajax, api = "/ajax-api/2.0/mlflow", "/api/2.0/mlflow"
    send("health", "GET", "/health")
    send("version", "GET", "/version")
    send("bulk", "GET", f"{ajax}/metrics/get-history-bulk", params={"run_id": [a, b], "metric_key": "loss"})
    send("bulk limited", "GET", f"{ajax}/metrics/get-history-bulk", params={"run_id": [b], "metric_key": "loss", "max_results": 2})
    send("bulk without runs", "GET", f"{ajax}/metrics/get-history-bulk", params={"metric_key": "loss"})
    for more in [{}, {"max_results": 7}, {"max_results": 1}, {"start_step": 20, "end_step": 39}, {"start_step": 20, "end_step": 39, "max_results": 6}, {"start_step": 3},
                 {"start_step": 9, "end_step": 3}, {"max_results": 0}, {"max_results": 2501}]:
        send(f"interval {more}", "GET", f"{ajax}/metrics/get-history-bulk-interval", params={"run_ids": [a, b], "metric_key": "many", **more})
    send("interval of nobody", "GET", f"{ajax}/metrics/get-history-bulk-interval", params={"run_ids": ["0" * 32], "metric_key": "many"})
    model = {"artifact_path": "m", "flavors": {"python_function": {"config": {"x": 1}, "env": "e"}}, "utc_time_created": "2024-01-02 03:04:05.678", "run_id": a}
    send("log-model", "POST", f"{api}/runs/log-model", json={"run_id": a, "model_json": json.dumps(model)})
    send("log-model again", "POST", f"{api}/runs/log-model", json={"run_id": a, "model_json": json.dumps(model)})
    send("log-model malformed", "POST", f"{api}/runs/log-model", json={"run_id": a, "model_json": "{"})
    send("log-model lacking", "POST", f"{api}/runs/log-model", json={"run_id": a, "model_json": "{}"})
    tell("logged models", json.loads(client.get_run(a).data.tags["mlflow.log-model.history"]))
    send("foreign host", "GET", f"{api}/experiments/get?experiment_id=0", headers={"Host": "evil.example"})
    send("foreign host, health", "GET", "/health", headers={"Host": "evil.example"})
    send("foreign origin", "POST", f"{api}/experiments/create", json={"name": "evil"}, headers={"Origin": "http://evil.example"})
    send("foreign origin reads", "GET", f"{api}/experiments/get?experiment_id=77", headers={"Origin": "http://evil.example"})
    send("own origin", "POST", f"{api}/experiments/create", json={"name": "first"}, headers={"Origin": "http://localhost:3000"})
    send("climbing", "GET", "/api/2.0/mlflow-artifacts/artifacts/%2e%2e/%2e%2e/etc/passwd")
    send("missing file", "GET", "/api/2.0/mlflow-artifacts/artifacts/nothing/here")


RUN = """query GetRun($data: MlflowGetRunInput!) @component(name: "MLflow.Test") {
  mlflowGetRun(input: $data) {
    __typename
    apiError { code message }
    run {
      __typename
      info { __typename runName status runUuid startTime lifecycleStage artifactUri experimentId userId runId }
      experiment { experimentId name tags { key value } artifactLocation lifecycleStage }
      modelVersions { status version name source }
      ...Data
      inputs { modelInputs { modelId } datasetInputs { dataset { digest name profile schema source sourceType } tags { key value } } }
      outputs { modelOutputs { modelId step } }
    }
  }
}
fragment Data on MlflowRunExtension { data { params { key value } metrics { key value step timestamp } tags { key value } } }"""


def graphql(a):
    """What MLflow's pages ask for in GraphQL."""

    def ask(label, query, **variables):
        answer = requests.post(f"{uri}/graphql", json={"query": query, "variables": variables, "operationName": None})
        body = answer.json()
        run = ((body.get("data") or {}).get("mlflowGetRun") or {}).get("run")
        if run:
            for part in ["params", "metrics", "tags"]:
                # The order of the keys in that tag is left to chance.
                pairs = [pair for pair in run["data"][part] if pair["key"] != "mlflow.log-model.history"]
                run["data"][part] = sorted(pairs, key=lambda pair: pair["key"])
        errors = [bool(error) for error in body.get("errors") or []]
        tell(label, [answer.status_code, body.get("data"), errors])

    ask("graphql run", RUN, data={"runId": a})
    ask("graphql no such run", RUN, data={"runId": "0" * 32})
    ask("graphql experiment", "query Get($input: MlflowGetExperimentInput!) { mlflowGetExperiment(input: $input) "
        "{ experiment { experimentId name artifactLocation lifecycleStage tags { key value } } } }", input={"experimentId": "0"})
    ask("graphql runs", "query { some: mlflowSearchRuns(input: {experimentIds: [\"0\"], maxResults: 1}) "
        "{ runs { info { status lifecycleStage } } } }")
    ask("graphql files", "query Files($run: String) { mlflowListArtifacts(input: {runId: $run}) { rootUri files { path isDir fileSize } } }", run=a)
    ask("graphql history", "query H($input: MlflowGetMetricHistoryBulkIntervalInput) { mlflowGetMetricHistoryBulkInterval(input: $input) "
        "{ metrics { key value step runId } } }", input={"runIds": [a], "metricKey": "many"})
    ask("graphql data sets", "mutation D($input: MlflowSearchDatasetsInput) { mlflowSearchDatasets(input: $input) "
        "{ datasetSummaries { name digest context } } }", input={"experimentIds": ["0"]})
    ask("graphql echo", '{ test(inputString: "abc") { output } }')
    ask("graphql unknown field", "{ test { secret } }")


experiments()
a, b, c, d, e = runs()
datasets(a)
searches(a, b)
fluent()
info = models()
registry(info, b)
plain_requests(a, b)
graphql(a)
system_metrics()
print("all told", file=sys.stderr)
