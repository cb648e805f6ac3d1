//! The histories of a metric of many runs.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::JoinSet;

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
    let mut found = HashMap::with_capacity(runs.len());
    let mut waiting = runs.into_iter();
    let mut reading = JoinSet::new();
    loop {
        while reading.len() < AT_ONCE
            && let Some(id) = waiting.next()
        {
            let (store, key) = (Arc::clone(store), key.to_owned());
            reading.spawn(async move { (store.metric_history(&id, &key).await, id) });
        }
        match reading.join_next().await {
            None => return Ok(found),
            Some(Ok((history, id))) => {
                found.insert(id, history?);
            }
            Some(Err(error)) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => return Ok(found),
            },
        }
    }
}
