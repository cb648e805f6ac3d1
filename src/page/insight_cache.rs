//! What was computed of a sweep last.

use std::sync::Arc;

use tokio::sync::Mutex;

/// Of how many results it was computed, and the JSON; locked while it is computed, so that twenty pages that ask compute once.
pub(super) type KnownInsight = Mutex<Option<(usize, Arc<str>)>>;
