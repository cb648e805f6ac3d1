//! An import that is under way, or was cut off: half a sweep, which no agent may run.

use super::catalog::{Sweep, search_all};
use super::import_mark::ImportMark;
use super::tags;
use crate::tracking::{ErrorKind, Result, Run, RunId, RunProjection, RunQuery, Store, TrackingError};

/// Takes the mark off: all of the sweep is there.
pub(super) async fn unmark(store: &dyn Store, parent: &RunId) -> Result<()> {
    store.log_batch(parent, &[], &[], &[(tags::IMPORTING.to_owned(), String::new())]).await
}

/// The parent runs of imports of the same thing that are not whole.
///
/// # Errors
/// As the store's.
pub async fn half_imports(store: &dyn Store, key: &str) -> Result<Vec<(Run, ImportMark)>> {
    let marked = Sweep::all(store).await?.into_iter().filter_map(|run| {
        let mark = ImportMark::of(&run)?;
        (mark.key == key).then_some((run, mark))
    });
    Ok(marked.collect())
}

/// Deletes half a sweep: its trials, its ledger, and last its parent run, so that a removal that is cut off continues later.
///
/// # Errors
/// As the store's.
pub async fn remove_half(store: &dyn Store, parent: &Run) -> Result<()> {
    let id = &parent.info.id;
    let experiment_ids = store.experiments().await?.into_iter().map(|experiment| experiment.id).collect();
    let trials = format!("tags.`{}` = '{id}'", tags::SWEEP_ID);
    let ledgers = format!("tags.`{}` = '{id}'", tags::LEDGER_OF);
    let mut query = RunQuery { experiment_ids, want: RunProjection::only(&[], &[]), ..RunQuery::default() };
    for filter in [trials, ledgers] {
        query.filter = filter;
        for run in search_all(store, query.clone()).await? {
            gone(store.delete_run(&run.info.id).await)?;
        }
    }
    gone(store.delete_run(id).await)
}

/// What is not there any more is as good as deleted.
fn gone(deleted: Result<()>) -> Result<()> {
    match deleted {
        Err(TrackingError { kind: ErrorKind::NotFound, .. }) => Ok(()),
        deleted => deleted,
    }
}
