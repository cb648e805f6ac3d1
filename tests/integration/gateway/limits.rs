//! What a trial may not do by its URL, and what it may.

use serde_json::json;
use sweep::tracking::embedded::{CreateRun, Pair};
use sweep::tracking::{RunId, Store};

use super::Trial;

impl Trial {
    /// Another run of the experiment, with these tags.
    fn other(&self, tags: &[(&str, &str)]) -> String {
        let run = CreateRun {
            experiment_id: self.experiment_id.clone(),
            tags: tags.iter().map(|(key, value)| Pair::new(*key, *value)).collect(),
            ..CreateRun::default()
        };
        self.store.db().create_run(&run).unwrap().info.run_id
    }

    async fn tag(&self, run: &str, key: &str) -> Option<String> {
        self.store.run(&RunId(run.to_owned())).await.unwrap().tag(key).map(str::to_owned)
    }

    async fn status_of(&self, endpoint: &str, body: serde_json::Value) -> u16 {
        self.post(endpoint, body).await.0
    }
}

#[tokio::test]
async fn a_trial_writes_nothing_to_a_ledger_and_no_tag_of_sweep_to_another_run() {
    let trial = Trial::start().await;
    let ledger = trial.other(&[("sweep.ledger_of", "p")]);
    let sibling = trial.other(&[("sweep.id", "p"), ("sweep.trial", "3")]);
    for (endpoint, body) in [
        ("runs/log-parameter", json!({"run_id": ledger, "key": "done/000000", "value": "x"})),
        ("runs/log-batch", json!({"run_id": ledger, "params": [{"key": "a", "value": "b"}]})),
        ("runs/log-metric", json!({"run_id": ledger, "key": "a", "value": 1, "timestamp": 1})),
        ("runs/set-tag", json!({"run_id": ledger, "key": "a", "value": "b"})),
        ("runs/update", json!({"run_id": ledger, "status": "FINISHED"})),
        ("runs/delete", json!({"run_id": ledger})),
        ("runs/set-tag", json!({"run_id": sibling, "key": "sweep.superseded_by", "value": "2"})),
        ("runs/delete-tag", json!({"run_id": sibling, "key": "sweep.trial"})),
        ("runs/log-batch", json!({"run_id": sibling, "tags": [{"key": "sweep.trial", "value": "4"}]})),
        ("runs/update", json!({"run_id": sibling, "status": "FAILED"})),
        ("runs/delete", json!({"run_id": sibling})),
        ("experiments/delete", json!({"experiment_id": trial.experiment_id})),
        ("experiments/update", json!({"experiment_id": trial.experiment_id, "new_name": "x"})),
    ] {
        let (status, answer) = trial.post(endpoint, body).await;
        assert_eq!(
            (status, answer["error_code"].as_str()),
            (403, Some("PERMISSION_DENIED")),
            "{endpoint}: {answer}"
        );
    }
    assert_eq!(trial.tag(&sibling, "sweep.trial").await.as_deref(), Some("3"));
    // As on any server, all else may be logged to other runs.
    assert_eq!(
        trial.status_of("runs/set-tag", json!({"run_id": sibling, "key": "seen", "value": "1"})).await,
        200
    );
}

#[tokio::test]
async fn a_copy_of_an_older_runs_tags_leaves_those_of_sweep_as_they_are() {
    let trial = Trial::start().await;
    let db = trial.store.db();
    for (key, value) in [("sweep.id", "p"), ("sweep.trial", "0")] {
        db.set_tag(&trial.run_id, &Pair::new(key, value)).unwrap();
    }
    let tags = json!([{"key": "sweep.trial", "value": "999"}, {"key": "sweep.id", "value": "p"}, {"key": "team", "value": "a"}]);
    assert_eq!(trial.status_of("runs/log-batch", json!({"run_id": trial.run_id, "tags": tags})).await, 200);
    let one = json!({"run_id": trial.run_id, "key": "sweep.exit_code", "value": "0"});
    assert_eq!(trial.status_of("runs/set-tag", one).await, 200);
    assert_eq!(trial.tag(&trial.run_id, "sweep.trial").await.as_deref(), Some("0"));
    assert_eq!(trial.tag(&trial.run_id, "sweep.exit_code").await, None);
    assert_eq!(trial.tag(&trial.run_id, "team").await.as_deref(), Some("a"));
    let (_, made) =
        trial.post("runs/create", json!({"experiment_id": trial.experiment_id, "tags": tags})).await;
    let made = made["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    assert_eq!(
        (trial.tag(&made, "sweep.trial").await, trial.tag(&made, "team").await),
        (None, Some("a".to_owned()))
    );
}

#[tokio::test]
async fn what_a_trial_has_made_is_its_own_a_sweep_too() {
    let trial = Trial::start().await;
    let tags = json!([{"key": "sweep.ledger_of", "value": "inner"}]);
    let (_, made) =
        trial.post("runs/create", json!({"experiment_id": trial.experiment_id, "tags": tags})).await;
    let made = made["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    for (endpoint, body) in [
        ("runs/log-parameter", json!({"run_id": made, "key": "claim/000000", "value": "x"})),
        ("runs/set-tag", json!({"run_id": made, "key": "sweep.control", "value": "stop"})),
        ("runs/update", json!({"run_id": made, "status": "FINISHED"})),
        ("runs/delete", json!({"run_id": made})),
        ("runs/restore", json!({"run_id": made})),
    ] {
        assert_eq!(trial.status_of(endpoint, body).await, 200, "{endpoint}");
    }
    let child = trial.other(&[("mlflow.parentRunId", &trial.run_id)]);
    assert_eq!(trial.status_of("runs/update", json!({"run_id": child, "status": "FINISHED"})).await, 200);
}

#[tokio::test]
async fn a_trial_removes_no_folder_above_its_own() {
    let trial = Trial::start().await;
    let db = trial.store.db();
    let experiment = db.create_experiment("proxied", Some("mlflow-artifacts:/7"), &[]).unwrap();
    let run = CreateRun { experiment_id: experiment.clone(), ..CreateRun::default() };
    let (own, other) = (db.create_run(&run).unwrap().info.run_id, db.create_run(&run).unwrap().info.run_id);
    let url = trial.gateway.scope(sweep::gateway::TrialScope {
        run_id: own.clone(),
        experiment_id: experiment,
        experiment_name: "proxied".to_owned(),
    });
    let client = crate::support::http::client();
    let at = |path: &str| format!("{url}/api/2.0/mlflow-artifacts/artifacts/{path}");
    for run in [&own, &other] {
        let sent = client.put(at(&format!("7/{run}/artifacts/a.txt"))).body("a").send().await.unwrap();
        assert!(sent.status().is_success());
    }
    for path in [
        "7".to_owned(),
        format!("7/{own}"),
        format!("7/{other}/artifacts"),
        format!("7/{other}/artifacts/a.txt"),
    ] {
        assert_eq!(client.delete(at(&path)).send().await.unwrap().status().as_u16(), 403, "{path}");
    }
    // The slash at the end is what `mlflow gc` sends.
    let own = format!("7/{own}/artifacts/");
    assert_eq!(client.delete(at(&own)).send().await.unwrap().status().as_u16(), 200);
    assert!(!db.proxied_root().join(own).exists());
}
