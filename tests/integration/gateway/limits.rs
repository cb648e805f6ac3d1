//! What a trial may not do by its URL, and what it may.

use serde_json::json;
use sweep::testing::{ExperimentId, NewRun, RunId, Store};

use super::Trial;

impl Trial {
    /// Another run of the experiment, with these tags.
    fn other(&self, tags: &[(&str, &str)]) -> String {
        let run = NewRun {
            experiment_id: ExperimentId(self.experiment_id.clone()),
            tags: tags.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect(),
            ..NewRun::default()
        };
        self.store.db().create_run(&run).unwrap().id.0
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
        ("runs/set-tag", json!({"run_id": sibling, "key": "mlflow.parentRunId", "value": trial.run_id})),
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
        db.set_tag(&trial.run_id, key, value).unwrap();
    }
    let tags = json!([{"key": "sweep.trial", "value": "999"}, {"key": "sweep.id", "value": "p"}, {"key": "team", "value": "a"}]);
    assert_eq!(trial.status_of("runs/log-batch", json!({"run_id": trial.run_id, "tags": tags})).await, 200);
    let one = json!({"run_id": trial.run_id, "key": "sweep.exit_code", "value": "0"});
    assert_eq!(trial.status_of("runs/set-tag", one).await, 200);
    assert_eq!(trial.tag(&trial.run_id, "sweep.trial").await.as_deref(), Some("0"));
    assert_eq!(trial.tag(&trial.run_id, "sweep.exit_code").await, None);
    assert_eq!(trial.tag(&trial.run_id, "team").await.as_deref(), Some("a"));
    // Neither of this sweep nor of an older one.
    for sweep in ["p", "older"] {
        let tags = json!([{"key": "sweep.trial", "value": "999"}, {"key": "sweep.id", "value": sweep}, {"key": "team", "value": "a"}]);
        let (_, made) =
            trial.post("runs/create", json!({"experiment_id": trial.experiment_id, "tags": tags})).await;
        let made = made["run"]["info"]["run_id"].as_str().unwrap().to_owned();
        assert_eq!(
            (trial.tag(&made, "sweep.trial").await, trial.tag(&made, "team").await),
            (None, Some("a".to_owned())),
            "{sweep}"
        );
    }
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

/// An experiment with proxied artifacts, the trial's run in it and another of the sweep, and a URL below which they lie.
struct Proxied {
    own: String,
    other: String,
    at: String,
}

impl Proxied {
    fn of(trial: &Trial) -> Self {
        let db = trial.store.db();
        let experiment = db.create_experiment("proxied", Some("mlflow-artifacts:/7"), &[]).unwrap();
        let tags = vec![("sweep.id".to_owned(), "p".to_owned())];
        let run = NewRun { experiment_id: experiment.clone(), tags, ..NewRun::default() };
        let (own, other) = (db.create_run(&run).unwrap().id.0, db.create_run(&run).unwrap().id.0);
        let url = trial.gateway.scope(sweep::testing::TrialScope {
            run_id: own.clone(),
            experiment_id: experiment.0,
            experiment_name: "proxied".to_owned(),
        });
        Self { own, other, at: format!("{url}/api/2.0/mlflow-artifacts/artifacts") }
    }

    /// The status of a request for a path.
    async fn ask(&self, method: reqwest::Method, path: &str, body: &'static str) -> u16 {
        let request = crate::support::http::client().request(method, format!("{}/{path}", self.at));
        request.body(body).send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn a_trial_removes_no_folder_above_its_own() {
    let trial = Trial::start().await;
    let proxied = Proxied::of(&trial);
    let (own, other) = (&proxied.own, &proxied.other);
    for run in [own, other] {
        let path = format!("7/{run}/artifacts/a.txt");
        assert_eq!(proxied.ask(reqwest::Method::PUT, &path, "a").await, 200);
    }
    for path in [
        "7".to_owned(),
        format!("7/{own}"),
        format!("7/{other}/artifacts"),
        format!("7/{other}/artifacts/a.txt"),
    ] {
        assert_eq!(proxied.ask(reqwest::Method::DELETE, &path, "").await, 403, "{path}");
    }
    // The slash at the end is what `mlflow gc` sends.
    let own = format!("7/{own}/artifacts/");
    assert_eq!(proxied.ask(reqwest::Method::DELETE, &own, "").await, 200);
    assert!(!trial.store.db().proxied_root().join(own).exists());
}

#[tokio::test]
async fn a_trial_puts_no_file_in_the_place_of_one_that_another_part_of_the_sweep_has() {
    let trial = Trial::start().await;
    let proxied = Proxied::of(&trial);
    let file = |run: &str| format!("7/{run}/artifacts/a.txt");
    for (run, second) in [(&proxied.own, 200), (&proxied.other, 403)] {
        assert_eq!(proxied.ask(reqwest::Method::PUT, &file(run), "first").await, 200);
        assert_eq!(proxied.ask(reqwest::Method::PUT, &file(run), "second").await, second);
    }
    let root = trial.store.db().proxied_root();
    assert_eq!(std::fs::read_to_string(root.join(file(&proxied.own))).unwrap(), "second");
    assert_eq!(std::fs::read_to_string(root.join(file(&proxied.other))).unwrap(), "first");
    // What belongs to no run, such as a model's files, is written as on any server.
    for _ in 0..2 {
        assert_eq!(proxied.ask(reqwest::Method::PUT, "7/models/m-1/artifacts/MLmodel", "a").await, 200);
    }
}
