//! The gateway run for people: one address, every experiment, a login where it is reached from elsewhere.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::access::{AccessControl, AccessRules, admit};
use super::api::Api;
use super::router;
use super::serve::serve;
use crate::tracking::embedded::EmbeddedStore;
use crate::tracking::{ErrorKind, Result, TrackingError};

/// MLflow's REST API over this store, for people.
pub fn mlflow_api(store: EmbeddedStore) -> Router {
    router::mlflow(Api::new(store))
}

/// A running server.
#[derive(Debug)]
pub struct PublicServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl PublicServer {
    /// Starts a server of this app. When `shutdown` is ready, it takes no more requests, ends those that are under way, and
    /// [`ended`](Self::ended) returns.
    ///
    /// # Errors
    /// `Io` where the address can't be had.
    pub async fn start(
        app: Router,
        (host, port): (&str, u16),
        access: AccessRules,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Self> {
        let failed = |error: std::io::Error| {
            TrackingError::new(ErrorKind::Io, format!("can't listen on {host}, port {port}")).caused_by(error)
        };
        let listener = TcpListener::bind((host, port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let app = app.layer(from_fn_with_state(Arc::new(AccessControl::new(access)), admit));
        Ok(Self { address, task: serve(listener, app, shutdown) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it has ended after its shutdown.
    pub async fn ended(self) {
        if let Err(error) = self.task.await {
            tracing::debug!(%error, "the server was ended");
        }
    }
}
