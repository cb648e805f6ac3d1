//! An import that is under way, or was cut off: half a sweep, which no agent may run.

use super::catalog::{Sweep, search_all};
use super::tags;
use crate::tracking::{ErrorKind, Result, Run, RunId, RunQuery, Store, TrackingError, Want};

/// What is imported, and by which process. It stands on the parent run from its first moment to the last write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportMark {
    /// The same for the same folder or table.
    pub key: String,
    /// The machine that imports it.
    pub machine: String,
    /// The process on it.
    pub process: u32,
}

impl ImportMark {
    /// The tags of a parent run that is being filled: its mark, and that no agent is to start.
    #[must_use]
    pub fn tags(&self) -> [(String, String); 2] {
        let mark = format!("{} {} {}", self.key, self.machine, self.process);
        [(tags::IMPORTING.to_owned(), mark), (tags::CONTROL.to_owned(), "stop".to_owned())]
    }

    /// The mark of a parent run; `None`: all of it is there.
    #[must_use]
    pub fn of(parent: &Run) -> Option<Self> {
        let text = parent.tag(tags::IMPORTING).filter(|text| !text.is_empty())?;
        let mut words = text.split(' ').map(str::to_owned);
        Some(Self {
            key: words.next().unwrap_or_default(),
            machine: words.next().unwrap_or_default(),
            process: words.next().and_then(|word| word.parse().ok()).unwrap_or(0),
        })
    }
}

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

/// Deletes half a sweep: its trials, its ledger, and last its parent run, so that a removal that is cut off goes on later.
///
/// # Errors
/// As the store's.
pub async fn remove_half(store: &dyn Store, parent: &Run) -> Result<()> {
    let id = &parent.info.id;
    let experiment_ids = store.experiments().await?.into_iter().map(|experiment| experiment.id).collect();
    let trials = format!("tags.`{}` = '{id}'", tags::SWEEP_ID);
    let ledgers = format!("tags.`{}` = '{id}'", tags::LEDGER_OF);
    let mut query = RunQuery { experiment_ids, want: Want::only(&[], &[]), ..RunQuery::default() };
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
