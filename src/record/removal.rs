//! Deleting a whole sweep as MLflow deletes runs, so that it can be restored: its parent run, its ledger, its trials, and
//! the runs that scripts made below them.
//!
//! The parent run goes first, so that agents end, then the ledger, so that nobody writes down that a trial whose run is
//! deleted is over. What is restored is in use again in the opposite order: an agent that finds the sweep finds all of it.

use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::catalog::{Sweep, search_all};
use super::tags;
use crate::tracking::{
    ErrorKind, ExperimentId, Result, Run, RunId, RunProjection, RunQuery, Store, TrackingError, ViewType,
};

/// Where a deleted sweep names those of its runs that had been deleted before it: they stay deleted when it is restored.
const DELETED_BEFORE: &str = "sweep/deleted_before.json";
/// Requests side by side.
const AT_ONCE: usize = 8;
/// An agent that has not heard of it yet may make a run meanwhile: so often is looked again.
const MOST_PASSES: usize = 5;
/// The clock of another machine may be so far off.
const CLOCKS_APART_MS: i64 = 24 * 3600 * 1000;

/// The runs of a sweep besides its parent run.
#[derive(Debug, Default)]
pub struct RemovableRuns {
    /// Of its ledger.
    pub ledger: Vec<RunId>,
    /// Of its trials and their reruns, and what scripts made below them.
    pub nested: Vec<RunId>,
}

impl RemovableRuns {
    /// Those that are in use (`active`), or those that were deleted.
    ///
    /// # Errors
    /// As the store's.
    pub async fn read(store: &dyn Store, parent: &Run, active: bool) -> Result<Self> {
        let everywhere: Vec<ExperimentId> =
            store.experiments().await?.into_iter().map(|experiment| experiment.id).collect();
        let id = &parent.info.id;
        // The ledger's further runs name its root.
        let nested = nested(store, parent).await?;
        let confirmations = nested.iter().filter(|run| run.tag(tags::SWEEP).is_some());
        let mut roots: Vec<RunId> = confirmations.map(|run| run.info.id.clone()).collect();
        roots.push(id.clone());
        let mut ledger = Vec::new();
        while let Some(of) = roots.pop() {
            let filter = format!("tags.`{}` = '{of}'", tags::LEDGER_OF);
            let found = search(store, everywhere.clone(), filter).await?;
            roots.extend(found.iter().map(|run| run.info.id.clone()));
            ledger.extend(found);
        }
        let wanted = |runs: Vec<Run>| {
            let wanted = runs.into_iter().filter(|run| run.info.active == active);
            wanted.map(|run| run.info.id).collect()
        };
        Ok(Self { ledger: wanted(ledger), nested: wanted(nested) })
    }

    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ledger.len() + self.nested.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn all(&self) -> impl Iterator<Item = &RunId> {
        self.ledger.iter().chain(&self.nested)
    }
}

/// The runs below a sweep's parent run, however deep.
async fn nested(store: &dyn Store, parent: &Run) -> Result<Vec<Run>> {
    let experiment = vec![parent.info.experiment_id.clone()];
    // No run below it began before it, but an imported one.
    let since = parent.info.start_time.saturating_sub(CLOCKS_APART_MS);
    let below = format!("tags.`{}` != '' AND attributes.start_time >= {since}", tags::PARENT_RUN_ID);
    let trials = format!("tags.`{}` = '{}'", tags::SWEEP_ID, parent.info.id);
    let mut runs = search(store, experiment.clone(), trials).await?;
    let mut known: HashSet<RunId> = runs.iter().map(|run| run.info.id.clone()).collect();
    let mut others = search(store, experiment, below).await?;
    others.retain(|run| !known.contains(&run.info.id));
    known.insert(parent.info.id.clone());
    loop {
        let is_below = |run: &Run| {
            run.tag(tags::PARENT_RUN_ID).is_some_and(|parent| known.contains(&RunId(parent.to_owned())))
        };
        let (next, rest): (Vec<Run>, Vec<Run>) = others.into_iter().partition(is_below);
        if next.is_empty() {
            break;
        }
        known.extend(next.iter().map(|run| run.info.id.clone()));
        runs.extend(next);
        others = rest;
    }
    Ok(runs)
}

/// Those that are in use, and those that were deleted: one of those may lie below one of these.
async fn search(store: &dyn Store, experiment_ids: Vec<ExperimentId>, filter: String) -> Result<Vec<Run>> {
    let want = RunProjection::only(&[tags::PARENT_RUN_ID, tags::SWEEP], &[]);
    let query = RunQuery { experiment_ids, filter, view: ViewType::All, want, ..RunQuery::default() };
    search_all(store, query).await
}

/// Deletes a sweep, or continues where that was cut off. Returns how many runs besides the parent run were deleted.
///
/// `heard` is awaited after the parent run is deleted, and before anything else is: by then agents have ended their trials.
///
/// # Errors
/// As the store's.
pub async fn delete_sweep(store: &dyn Store, parent: &Run, heard: impl Future<Output = ()>) -> Result<usize> {
    if parent.info.active {
        note_deleted(store, parent).await?;
        store.delete_run(&parent.info.id).await?;
    }
    heard.await;
    let mut deleted = 0;
    for _ in 0..MOST_PASSES {
        let runs = RemovableRuns::read(store, parent, true).await?;
        if runs.is_empty() {
            break;
        }
        for part in [&runs.ledger, &runs.nested] {
            stream::iter(part.clone())
                .map(|id| async move { gone(store.delete_run(&id).await) })
                .buffer_unordered(AT_ONCE)
                .try_collect::<Vec<()>>()
                .await?;
        }
        deleted += runs.len();
    }
    Ok(deleted)
}

/// Restores a deleted sweep. Returns how many runs besides the parent run were restored.
///
/// # Errors
/// As the store's.
pub async fn restore_sweep(store: &dyn Store, parent: &Run) -> Result<usize> {
    let before: HashSet<RunId> = deleted_before(store, parent).await?.into_iter().collect();
    let mut runs = RemovableRuns::read(store, parent, false).await?;
    for part in [&mut runs.nested, &mut runs.ledger] {
        part.retain(|id| !before.contains(id));
        stream::iter(part.clone())
            .map(|id| async move { gone(store.restore_run(&id).await) })
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
    }
    store.restore_run(&parent.info.id).await?;
    Ok(runs.len())
}

/// Writes down which runs of a sweep are deleted already.
async fn note_deleted(store: &dyn Store, parent: &Run) -> Result<()> {
    let runs = RemovableRuns::read(store, parent, false).await?;
    if runs.is_empty() && deleted_before(store, parent).await?.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = runs.all().map(RunId::as_str).collect();
    store.put_artifact(&parent.info, DELETED_BEFORE, serde_json::json!(ids).to_string().into_bytes()).await
}

async fn deleted_before(store: &dyn Store, parent: &Run) -> Result<Vec<RunId>> {
    let bytes = match store.artifact(&parent.info, DELETED_BEFORE).await {
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes?,
    };
    let ids: Vec<String> = serde_json::from_slice(&bytes).map_err(|error| {
        TrackingError::new(
            ErrorKind::Protocol,
            format!("the artifact {DELETED_BEFORE} can't be read: {error}"),
        )
        .hint("Delete it: then all deleted runs of the sweep are restored.")
    })?;
    Ok(ids.into_iter().map(RunId).collect())
}

/// The parent run of the one deleted sweep whose id begins so, or that has this name.
///
/// # Errors
/// `NotFound` where there is none, `Invalid` where there are several.
pub async fn find_deleted(store: &dyn Store, text: &str) -> Result<Run> {
    if RunId::is_whole(text) {
        return store.run(&RunId(text.to_owned())).await;
    }
    let mut found = Sweep::all_of(store, ViewType::Deleted).await?;
    found.retain(|run| run.info.name == text || run.info.id.as_str().starts_with(text));
    match found.len() {
        0 => Err(TrackingError::new(ErrorKind::NotFound, format!("there is no deleted sweep `{text}`"))
            .hint("`sweep delete --restore` without a name lists those that there are.")),
        1 => Ok(found.remove(0)),
        _ => {
            let ids: Vec<&str> = found.iter().map(|run| run.info.id.short()).collect();
            Err(TrackingError::new(ErrorKind::Invalid, format!("several deleted sweeps match `{text}`"))
                .hint(format!("Give the id, or a longer prefix: {}.", ids.join(", "))))
        }
    }
}

/// What is not there any more needs nothing done.
fn gone(done: Result<()>) -> Result<()> {
    match done {
        Err(TrackingError { kind: ErrorKind::NotFound, .. }) => Ok(()),
        done => done,
    }
}
