//! The gateway as a thing that runs: its port, its trials, its end.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use super::api::{Api, LoggedMetric};
use super::router;
use super::scope::{Scopes, TrialScope, fresh_secret};
use super::serve::serve;
use crate::tracking::embedded::EmbeddedStore;
use crate::tracking::{ErrorKind, Result, TrackingError};

/// A running gateway. It listens on 127.0.0.1 alone; dropping it closes its port and keeps all trials out.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    api: Api,
    scopes: Scopes,
    task: JoinHandle<()>,
}

impl Gateway {
    /// Starts a gateway over this store on a free port. When `shutdown` is ready, it takes no more requests, ends those
    /// that are under way, and [`ended`](Self::ended) returns.
    pub async fn start(
        store: EmbeddedStore,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Self> {
        let failed = |error: std::io::Error| {
            TrackingError::new(ErrorKind::Io, "can't open a local port for the trials").caused_by(error)
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (api, scopes) = (Api::new(store), Scopes::default());
        let app = router::for_trials(api.clone(), scopes.clone());
        let task = serve(listener, app, shutdown);
        Ok(Self { address, api, scopes, task })
    }

    /// Lets a trial in and returns its base URL, the `MLFLOW_TRACKING_URI` of its command.
    #[must_use]
    pub fn scope(&self, trial: TrialScope) -> String {
        self.scope_with_secret(trial, fresh_secret())
    }

    /// The same with a secret from outside: letters, digits, `-` and `_`, at least 128 random bits.
    #[must_use]
    pub fn scope_with_secret(&self, trial: TrialScope, secret: String) -> String {
        let url = format!("http://{}/t/{secret}", self.address);
        self.scopes.open(secret, trial);
        url
    }

    /// Keeps a trial out from now on; false where its URL was not known.
    pub fn close(&self, url: &str) -> bool {
        self.scopes.close(secret_of(url))
    }

    /// The runs that a trial has made beside its own, as long as its URL is open.
    #[must_use]
    pub fn made(&self, url: &str) -> Vec<String> {
        self.scopes.made(secret_of(url))
    }

    /// The values of metrics that trials log from now on.
    #[must_use]
    pub fn logged(&self) -> broadcast::Receiver<LoggedMetric> {
        self.api.listen()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it has ended after its shutdown.
    pub async fn ended(mut self) {
        if let Err(error) = (&mut self.task).await {
            tracing::debug!(%error, "the gateway was ended");
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Requests under way end with the task; none of them may ask for more.
        self.scopes.close_all();
        self.task.abort();
    }
}

/// The secret in a trial's URL.
fn secret_of(url: &str) -> &str {
    url.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}
