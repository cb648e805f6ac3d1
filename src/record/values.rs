//! The histories of a metric of many runs.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::tracking::{Metric as Logged, Result, RunId, Store};

/// Requests at the same time: a server answers each in milliseconds, most of them spent on the way.
const AT_ONCE: usize = 16;

/// The histories of a metric, read side by side.
///
/// # Errors
/// As the store's.
pub async fn histories(
    store: &Arc<dyn Store>,
    runs: Vec<RunId>,
    key: &str,
) -> Result<HashMap<RunId, Vec<Logged>>> {
    let reading = stream::iter(runs).map(|id| async move {
        let history = store.metric_history(&id, key).await?;
        Ok((id, history))
    });
    reading.buffer_unordered(AT_ONCE).try_collect().await
}
