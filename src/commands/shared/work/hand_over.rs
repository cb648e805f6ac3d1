//! How commands reach the store: a server directly, a database file through the gateway.

use async_trait::async_trait;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::agent::{HandOver, MetricUpdates};
use crate::gateway::{Gateway, LoggedMetric, TrialScope};
use crate::tracking::{RunId, RunInfo};

/// Commands speak to the server themselves.
pub struct ToServer {
    /// With credentials, where the person's own setting has them.
    pub uri: String,
}

impl HandOver for ToServer {
    fn open(&self, _: &RunInfo, _: &str) -> String {
        self.uri.clone()
    }

    fn close(&self, _: &str) {}

    fn loopback(&self) -> bool {
        false
    }

    fn made(&self, _: &str) -> Vec<RunId> {
        Vec::new()
    }

    fn news(&self, _: &RunId, _: &str) -> Option<Box<dyn MetricUpdates>> {
        None
    }
}

/// Commands speak to this agent's gateway, each trial at an address of its own.
pub struct ToGateway(pub Gateway);

impl HandOver for ToGateway {
    fn open(&self, run: &RunInfo, experiment: &str) -> String {
        self.0.scope(TrialScope {
            run_id: run.id.to_string(),
            experiment_id: run.experiment_id.to_string(),
            experiment_name: experiment.to_owned(),
        })
    }

    fn close(&self, uri: &str) {
        self.0.close(uri);
    }

    fn loopback(&self) -> bool {
        true
    }

    fn made(&self, uri: &str) -> Vec<RunId> {
        self.0.made(uri).into_iter().map(RunId).collect()
    }

    fn news(&self, run: &RunId, metric: &str) -> Option<Box<dyn MetricUpdates>> {
        let (run, metric) = (run.to_string(), metric.to_owned());
        Some(Box::new(FromGateway { logged: self.0.logged(), run, metric }))
    }
}

/// What goes through the gateway.
struct FromGateway {
    logged: Receiver<LoggedMetric>,
    run: String,
    metric: String,
}

#[async_trait]
impl MetricUpdates for FromGateway {
    async fn next(&mut self) {
        loop {
            match self.logged.recv().await {
                Ok(logged) if logged.run_id != self.run || logged.key != self.metric => {}
                // What was missed may have been of this run.
                Ok(_) | Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
        // Anyone who looks now sees these, too.
        self.logged = self.logged.resubscribe();
    }
}
