//! What every handler has at hand.

use tokio::sync::broadcast;

use super::error::ApiError;
use crate::tracking::Result;
use crate::tracking::embedded::{Db, EmbeddedStore};

/// News kept for a listener that is late; older news is dropped.
const NEWS: usize = 1024;

/// A value of a metric that a script has just logged.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedMetric {
    /// The run.
    pub run_id: String,
    /// The metric.
    pub key: String,
    /// Its value.
    pub value: f64,
    /// Its step.
    pub step: i64,
}

/// The store and who wants to hear of it.
#[derive(Debug, Clone)]
pub(super) struct Api {
    store: EmbeddedStore,
    news: broadcast::Sender<LoggedMetric>,
}

impl Api {
    pub fn new(store: EmbeddedStore) -> Self {
        Self { store, news: broadcast::Sender::new(NEWS) }
    }

    pub fn listen(&self) -> broadcast::Receiver<LoggedMetric> {
        self.news.subscribe()
    }

    /// Notifies listeners, if any.
    pub fn tell(&self, logged: impl IntoIterator<Item = LoggedMetric>) {
        if self.news.receiver_count() > 0 {
            for one in logged {
                let _ = self.news.send(one);
            }
        }
    }

    /// The store itself, for those who distinguish failures.
    pub fn store(&self) -> &EmbeddedStore {
        &self.store
    }

    /// Runs synchronous work on the database.
    pub async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.store.call(work).await.map_err(ApiError::from)
    }
}
