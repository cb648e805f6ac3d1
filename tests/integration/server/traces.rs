//! Traces of MLflow's own client, kept by `sweep server` and shown by a real `mlflow server` on the same file.

use serde_json::{Value, json};

use crate::support::http;
use crate::support::mlflow_server::MlflowServer;
use crate::support::python::run_python;
use crate::support::sandbox::Sandbox;
use crate::support::sweep_server::SweepServer;

const LOG: &str = r#"
import mlflow
from mlflow.entities import AssessmentSource

experiment = mlflow.set_experiment("bot").experiment_id

@mlflow.trace(name="answer", attributes={"k": 1})
def answer(question):
    return think(question) + "!"

@mlflow.trace(span_type="LLM")
def think(question):
    mlflow.get_current_active_span().set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7})
    if question == "bad":
        raise ValueError("no idea")
    return question.upper()

with mlflow.start_run() as run:
    answer("grüße")
try:
    answer("bad")
    raise SystemExit("it did not fail")
except ValueError:
    pass
mlflow.flush_trace_async_logging()

def search(filter=None, **more):
    return mlflow.search_traces(locations=[experiment], filter_string=filter, return_type="list", **more)

ok, = search("trace.status = 'OK'")
bad, = search("attributes.status = 'ERROR' AND tags.`mlflow.traceName` = 'answer'")
assert [t.info.trace_id for t in search()] == [bad.info.trace_id, ok.info.trace_id]
assert [t.info.trace_id for t in search(order_by=["timestamp_ms ASC"])] == [ok.info.trace_id, bad.info.trace_id]
assert [t.info.trace_id for t in search(f"run_id = '{run.info.run_id}'")] == [ok.info.trace_id]
assert [t.info.trace_id for t in search("span.type = 'LLM' AND span.status = 'ERROR'")] == [bad.info.trace_id]
assert [t.info.trace_id for t in search("trace.text LIKE '%GR%'")] == [ok.info.trace_id]

trace = mlflow.get_trace(ok.info.trace_id)
root, inner = trace.data.spans
assert (root.name, root.parent_id, root.get_attribute("k")) == ("answer", None, 1), root
assert (inner.parent_id, inner.span_type, inner.inputs, inner.outputs) == (root.span_id, "LLM", {"question": "grüße"}, "GRÜSSE")
assert root.outputs == "GRÜSSE!" and trace.info.token_usage["total_tokens"] == 7, trace.info
assert "grüße" in trace.info.request_preview and trace.info.execution_duration >= 0
failed = mlflow.get_trace(bad.info.trace_id).data.spans
assert [s.status.status_code.value for s in failed] == ["ERROR", "ERROR"] and failed[1].events[0].name == "exception"

human = AssessmentSource(source_type="HUMAN", source_id="me")
said = mlflow.log_feedback(trace_id=ok.info.trace_id, name="good", value=0.75, source=human, rationale="it shouts")
mlflow.log_expectation(trace_id=ok.info.trace_id, name="right", value=["a", "b"], source=human)
mlflow.update_assessment(ok.info.trace_id, said.assessment_id, mlflow.entities.Feedback(name="good", value=1.0))
found = {a.name: a for a in mlflow.get_trace(ok.info.trace_id).info.assessments}
assert found["good"].value == 1.0 and found["good"].rationale == "it shouts", found
assert found["right"].value == ["a", "b"] and found["right"].source.source_id == "me", found
assert [t.info.trace_id for t in search("feedback.good > 0.9")] == [ok.info.trace_id]
gone = mlflow.log_feedback(trace_id=ok.info.trace_id, name="wrong", value=False, source=human)
mlflow.delete_assessment(ok.info.trace_id, gone.assessment_id)

mlflow.set_trace_tag(ok.info.trace_id, "team", "ours")
mlflow.set_trace_tag(ok.info.trace_id, "old", "x")
mlflow.delete_trace_tag(ok.info.trace_id, "old")
client = mlflow.MlflowClient()
client.link_traces_to_run([bad.info.trace_id], run.info.run_id)
assert len(search(f"run_id = '{run.info.run_id}'")) == 2
with mlflow.start_span("short-lived") as span:
    pass
mlflow.flush_trace_async_logging()
assert client.delete_traces(experiment, trace_ids=[span.trace_id]) == 1
print(experiment, ok.info.trace_id, bad.info.trace_id)
"#;

/// What another server says about the same traces.
const LOOK: &str = r#"
import mlflow, os
experiment, ok, bad = os.environ["TRACES"].split()
assert {t.info.trace_id for t in mlflow.search_traces(locations=[experiment], return_type="list")} == {ok, bad}
trace = mlflow.get_trace(ok)
root, inner = trace.data.spans
assert (root.name, inner.parent_id, inner.span_type, inner.outputs) == ("answer", root.span_id, "LLM", "GRÜSSE")
assert trace.info.tags["team"] == "ours" and trace.info.tags["mlflow.traceName"] == "answer", trace.info.tags
assert "old" not in trace.info.tags and trace.info.token_usage["total_tokens"] == 7, trace.info
found = {a.name: a.value for a in trace.info.assessments}
assert found == {"good": 1.0, "right": ["a", "b"]}, found
run = trace.info.trace_metadata["mlflow.sourceRun"]
linked = mlflow.search_traces(locations=[experiment], filter_string=f"run_id = '{run}'", return_type="list")
assert len(linked) == 2, linked
# What is added there is here, too.
mlflow.log_feedback(trace_id=bad, name="later", value="no")
with mlflow.start_span("added") as span:
    span.set_inputs({"a": 1})
mlflow.flush_trace_async_logging()
print(span.trace_id)
"#;

#[test]
fn traces_are_kept_where_mlflow_keeps_them() {
    let sandbox = Sandbox::new();
    let server = SweepServer::start_in(sandbox.path());
    let printed = run_python(LOG, sandbox.path(), &[("MLFLOW_TRACKING_URI", server.url())]);
    let ids = printed.lines().last().unwrap().trim().to_owned();
    let database = format!("sqlite:///{}", sandbox.path().join("mlflow.db").display());
    let theirs = MlflowServer::start_on(&database);
    let look = |url: &str| {
        run_python(LOOK, sandbox.path(), &[("MLFLOW_TRACKING_URI", url), ("TRACES", ids.as_str())])
    };
    let added = look(theirs.url()).lines().last().unwrap().trim().to_owned();
    drop(theirs);
    // MLflow has brought the file up to its own schema, with columns for what were tags and metadata.
    let script = format!(
        "import mlflow\nassert mlflow.get_trace('{added}').data.spans[0].inputs == {{'a': 1}}\n\
         assert mlflow.MlflowClient().delete_traces('{}', trace_ids=['{added}']) == 1",
        ids.split(' ').next().unwrap()
    );
    run_python(&script, sandbox.path(), &[("MLFLOW_TRACKING_URI", server.url())]);
    look(server.url());
}

#[tokio::test]
async fn a_program_without_mlflow_sends_spans_by_opentelemetrys_protocol() {
    let sandbox = Sandbox::new();
    let server = SweepServer::start_in(sandbox.path());
    let client = http::client();
    let trace = "0000000000000000000000000000002a";
    let body = json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "bot"}}]},
        "scopeSpans": [{"spans": [{
            "traceId": trace, "spanId": "0000000000000001", "name": "root", "startTimeUnixNano": "5000000",
            "endTimeUnixNano": "9000000", "status": {"code": 1},
            "attributes": [{"key": "session.id", "value": {"stringValue": "s"}}],
        }]}],
    }]});
    let url = format!("{}/v1/traces", server.url());
    let sent = client.post(&url).header("x-mlflow-experiment-id", "0").json(&body);
    assert_eq!(http::answer(sent).await, (200, json!({})));
    let (status, answer) =
        http::get(&client, &format!("{}/api/3.0/mlflow/traces/get?trace_id=tr-{trace}", server.url())).await;
    assert_eq!(status, 200, "{answer}");
    let info = &answer["trace"]["trace_info"];
    assert_eq!((&info["state"], &info["execution_duration"]), (&json!("OK"), &json!("0.004s")));
    assert_eq!(
        (&info["tags"]["service.name"], &info["trace_metadata"]["mlflow.trace.session"]),
        (&json!("bot"), &json!("s"))
    );
    assert_eq!(answer["trace"]["spans"][0]["name"], "root");
    let file: Value = client
        .get(format!("{}/ajax-api/3.0/mlflow/get-trace-artifact?request_id=tr-{trace}", server.url()))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(file["spans"][0]["attributes"]["session.id"], "\"s\"");
    for (kind, wrong) in [("application/x-protobuf", "\u{1}"), ("application/json", "{}"), ("text/plain", "")]
    {
        let sent =
            client.post(&url).header("x-mlflow-experiment-id", "0").header("content-type", kind).body(wrong);
        assert_eq!(http::answer(sent).await.0, 400, "{kind}");
    }
    let nowhere = client.post(&url).header("x-mlflow-experiment-id", "99").json(&body);
    assert_eq!(http::answer(nowhere).await.0, 200, "the trace is there, wherever it was sent to");
}
