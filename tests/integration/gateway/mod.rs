//! The gateway: what it answers, and that MLflow's own client is content with it.

mod client;
mod limits;
mod nonsense;
mod pages;
mod requests;
mod traces;

use serde_json::Value;
use sweep::testing::{EmbeddedStore, Gateway, NewRun, Run, RunId, Store, TrialScope};

use crate::support::http;

/// A gateway with one trial in it.
pub struct Trial {
    pub gateway: Gateway,
    pub store: EmbeddedStore,
    pub url: String,
    pub run_id: String,
    pub experiment_id: String,
    pub folder: tempfile::TempDir,
    client: reqwest::Client,
}

impl Trial {
    /// A sweep's experiment, a child run in it, and its URL.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let uri = format!("sqlite:///{}/data/mlflow.db", folder.path().display());
        let store = EmbeddedStore::open(&uri).unwrap();
        let db = store.db();
        let experiment = db.create_experiment("the sweep", None, &[]).unwrap();
        let run = NewRun {
            experiment_id: experiment.clone(),
            name: "trial 0".to_owned(),
            tags: vec![("mlflow.parentRunId".to_owned(), "parent".to_owned())],
            ..NewRun::default()
        };
        let (run_id, experiment_id) = (db.create_run(&run).unwrap().id.0, experiment.0);
        let gateway = Gateway::start(store.clone(), std::future::pending()).await.unwrap();
        let url = gateway.scope(TrialScope {
            run_id: run_id.clone(),
            experiment_id: experiment_id.clone(),
            experiment_name: "the sweep".to_owned(),
        });
        Self { gateway, store, url, run_id, experiment_id, folder, client: http::client() }
    }

    /// Posts to an endpoint of MLflow's API.
    pub async fn post(&self, endpoint: &str, body: Value) -> (u16, Value) {
        http::post(&self.client, &format!("{}/api/2.0/mlflow/{endpoint}", self.url), &body).await
    }

    /// Gets an endpoint of MLflow's API.
    pub async fn get(&self, endpoint: &str) -> (u16, Value) {
        http::get(&self.client, &format!("{}/api/2.0/mlflow/{endpoint}", self.url)).await
    }

    /// The trial's run as the store has it.
    pub async fn run(&self) -> Run {
        self.store.run(&RunId(self.run_id.clone())).await.unwrap()
    }

    /// Runs a script with MLflow's own client as the trial's command.
    pub async fn python(&self, script: &'static str) -> String {
        let (url, run, experiment) = (self.url.clone(), self.run_id.clone(), self.experiment_id.clone());
        let folder = self.folder.path().to_owned();
        let work = move || {
            let context = format!(r#"{{"mlflow.parentRunId":"{run}"}}"#);
            let environment = [
                ("MLFLOW_TRACKING_URI", url.as_str()),
                ("MLFLOW_RUN_ID", run.as_str()),
                ("MLFLOW_EXPERIMENT_ID", experiment.as_str()),
                ("MLFLOW_RUN_CONTEXT", context.as_str()),
            ];
            crate::support::python::run_python(script, &folder, &environment)
        };
        tokio::task::spawn_blocking(work).await.unwrap()
    }
}
