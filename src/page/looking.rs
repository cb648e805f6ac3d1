//! What all that look at a store again and again have: the store, the end, and the news that they tell.

use std::sync::Arc;

use tokio::sync::watch;

use crate::tracking::Store;

/// What a watcher works with.
#[derive(Clone)]
pub(super) struct Looking {
    /// What is looked at.
    pub store: Arc<dyn Store>,
    /// Becomes true when the server ends.
    pub stopping: watch::Receiver<bool>,
}

/// What a page hears.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct LookNews {
    /// The number of the latest look that changed anything.
    pub version: u64,
    /// Why the store can't be read, since the latest look.
    pub trouble: Option<String>,
}

/// Tells those who listen, if it is news.
pub(super) fn tell(listeners: &watch::Sender<LookNews>, news: LookNews) {
    listeners.send_if_modified(|before| {
        let changed = *before != news;
        *before = news;
        changed
    });
}
