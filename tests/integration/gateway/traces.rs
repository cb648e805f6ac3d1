//! Traces of a trial belong to its run, and to no other.

use serde_json::{Value, json};
use sweep::testing::TrialScope;

use super::Trial;
use crate::support::http;

const SCRIPT: &str = r#"
import mlflow
@mlflow.trace
def call(x):
    return x + 1
call(1)  # No run was started: the trial's is meant.
with mlflow.start_run() as run:
    call(2)
    with mlflow.start_run(nested=True):
        call(3)
mlflow.flush_trace_async_logging()
traces = mlflow.search_traces(return_type="list")
assert len(traces) == 3, traces
mine = mlflow.search_traces(filter_string=f"run_id = '{run.info.run_id}'", return_type="list")
assert len(mine) == 2, mine
mlflow.log_feedback(trace_id=mine[0].info.trace_id, name="good", value=True)
mlflow.set_trace_tag(mine[0].info.trace_id, "kind", "plain")
print(mine[0].info.trace_id)
"#;

fn trace(id: &str, experiment: &str, metadata: &Value) -> Value {
    json!({"trace": {"trace_info": {
        "trace_id": id, "state": "OK", "request_time": "2026-11-21T05:13:46Z", "trace_metadata": metadata,
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}},
    }}})
}

#[tokio::test]
async fn traces_of_a_trial_belong_to_its_run() {
    let trial = Trial::start().await;
    let printed = trial.python(SCRIPT).await;
    let id = printed.lines().last().unwrap().trim().to_owned();
    let info = trial.store.call(move |db| db.trace_info(&id)).await.unwrap();
    assert_eq!(info.metadata.get("mlflow.sourceRun"), Some(&trial.run_id));
    assert_eq!((info.assessments.len(), info.tags.get("kind").map(String::as_str)), (1, Some("plain")));
}

#[tokio::test]
async fn a_trial_can_not_touch_the_traces_of_another() {
    let trial = Trial::start().await;
    let other = trial.store.db().create_run(&sweep::testing::NewRun {
        experiment_id: sweep::testing::ExperimentId(trial.experiment_id.clone()),
        ..sweep::testing::NewRun::default()
    });
    let other = other.unwrap().id.0;
    let url = trial.gateway.scope(TrialScope {
        run_id: other.clone(),
        experiment_id: trial.experiment_id.clone(),
        experiment_name: "the sweep".to_owned(),
    });
    let client = http::client();
    let of = |url: &str, path: &str| format!("{url}/api/3.0/mlflow/traces{path}");
    let made = trace("tr-1", &trial.experiment_id, &json!({}));
    assert_eq!(http::post(&client, &of(&trial.url, ""), &made).await.0, 200);
    // Everybody may look.
    let (status, answer) = http::get(&client, &of(&url, "/tr-1")).await;
    assert_eq!(
        (status, &answer["trace"]["trace_info"]["trace_metadata"]["mlflow.sourceRun"]),
        (200, &json!(trial.run_id))
    );
    let feedback = json!({"assessment": {"assessment_name": "x", "source": {"source_type": "CODE"}, "feedback": {"value": 1}}});
    let stolen = trace("tr-2", &trial.experiment_id, &json!({"mlflow.sourceRun": trial.run_id}));
    let all = json!({"experiment_id": trial.experiment_id, "max_traces": 9});
    let one = json!({"experiment_id": trial.experiment_id, "request_ids": ["tr-1"]});
    for (path, body) in [
        ("", &made),
        ("", &stolen),
        ("/tr-1/assessments", &feedback),
        ("/delete-traces", &all),
        ("/delete-traces", &one),
    ] {
        let (status, answer) = http::post(&client, &of(&url, path), body).await;
        assert_eq!((status, &answer["error_code"]), (403, &json!("PERMISSION_DENIED")), "{path} {answer}");
    }
    assert_eq!(http::post(&client, &of(&trial.url, "/tr-1/assessments"), &feedback).await.0, 200);
    let (status, answer) = http::post(&client, &of(&trial.url, "/delete-traces"), &one).await;
    assert_eq!((status, answer), (200, json!({"traces_deleted": 1})));
}
