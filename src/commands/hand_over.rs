//! How commands reach the store: a server directly, a database file through the gateway.

use crate::agent::HandOver;
use crate::gateway::{Gateway, TrialScope};
use crate::tracking::RunInfo;

/// Commands speak to the server themselves.
pub(super) struct ToServer {
    /// With credentials, where the person's own setting has them.
    pub(super) uri: String,
}

impl HandOver for ToServer {
    fn open(&self, _: &RunInfo, _: &str) -> String {
        self.uri.clone()
    }

    fn close(&self, _: &str) {}

    fn loopback(&self) -> bool {
        false
    }
}

/// Commands speak to this agent's gateway, each trial at an address of its own.
pub(super) struct ToGateway(pub(super) Gateway);

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
}
