//! Values on their way to a run: what the store refuses for what it is does not hold up the rest, and nothing else is
//! given up.

use crate::tracking::{ErrorKind, Metric, Result, RunId, Store, TrackingError};

/// Values of one request.
const BATCH: usize = 500;

/// Whether the store has understood and will never do it. A login that has run out, a page of some proxy, a server that
/// is away and one that does not know the endpoint are no such word.
pub(in crate::agent) fn is_refusal(error: &TrackingError) -> bool {
    matches!(error.kind, ErrorKind::Invalid | ErrorKind::NotFound)
}

/// Whether a run was deleted, or is not there at all.
pub(in crate::agent) async fn is_deleted(store: &dyn Store, run: &RunId) -> Result<bool> {
    match store.run(run).await {
        Ok(run) => Ok(!run.info.active),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Logs values; how many of them the store refused for what they are.
///
/// # Errors
/// As the store's, and its refusal where the run is deleted; what was logged by then may be logged again.
pub(in crate::agent) async fn log_values(store: &dyn Store, run: &RunId, values: &[Metric]) -> Result<usize> {
    let mut refused = 0;
    // Halves of a batch that was refused, the next one last.
    let mut parts: Vec<&[Metric]> = values.chunks(BATCH).rev().collect();
    let mut run_is_there = false;
    while let Some(part) = parts.pop() {
        match store.log_batch(run, part, &[], &[]).await {
            Ok(()) => {}
            Err(error) if is_refusal(&error) => {
                if !run_is_there && is_deleted(store, run).await? {
                    return Err(error);
                }
                run_is_there = true;
                if part.len() == 1 {
                    tracing::warn!(%error, %run, "a value was refused");
                    refused += 1;
                } else {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(refused)
}
