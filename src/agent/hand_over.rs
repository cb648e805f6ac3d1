//! How a trial's command reaches the tracking store: the agent's port to the gateway or to a server.

use async_trait::async_trait;

use crate::tracking::{RunId, RunInfo};

/// How a trial's command reaches the tracking store.
pub trait HandOver: Send + Sync {
    /// The tracking URI for the command of this run, which belongs to the experiment of this name. Good for this run
    /// alone, until [`HandOver::close`].
    fn open(&self, run: &RunInfo, experiment: &str) -> String;
    /// Ends what [`HandOver::open`] began.
    fn close(&self, uri: &str);
    /// Whether the URI is on this machine's loopback, past any proxy.
    fn loopback(&self) -> bool;
    /// The runs that a command made beside its own, as far as is known, before [`HandOver::close`].
    fn made(&self, uri: &str) -> Vec<RunId>;
    /// Notifies when the run logs this metric; `None`: this can't be seen.
    fn news(&self, run: &RunId, metric: &str) -> Option<Box<dyn MetricUpdates>>;
}

/// News that a run has logged a metric.
#[async_trait]
pub trait MetricUpdates: Send {
    /// Waits for the next. May be dropped and called again: nothing is lost.
    async fn next(&mut self);
}
