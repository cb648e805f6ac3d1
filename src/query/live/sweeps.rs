//! The sweeps of a store, looked at again and again: a look reads their parent runs, and more of those alone that changed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::query::overview::{Counts, Overview, SweepState};
use crate::query::pace::Throughput;
use crate::record::{ImportMark, Sweep, SweepView, latest_ended, tags};
use crate::tracking::{Metric, Result, Run, RunId, Store};

/// Sweeps that are read side by side.
const AT_ONCE: usize = 8;
/// Trials that ended last, by which the rate is measured.
const RECENT: usize = 50;
/// Values of the line of best values: more than its width can show.
const LINE: usize = 120;

/// A sweep of the store.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepEntry {
    /// Its parent run.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of its experiment.
    pub experiment: String,
    /// Its state, in a word.
    pub state: &'static str,
    /// How its points are chosen.
    pub method: Option<String>,
    /// Epoch milliseconds.
    pub created: i64,
    /// Name and goal of its metric.
    pub metric: Option<(String, Option<&'static str>)>,
    /// Trials by what became of them; `None`: it can't be read.
    pub counts: Option<Counts>,
    /// The best value.
    pub best: Option<f64>,
    /// Best values so far, as results came in.
    pub line: Vec<f64>,
    /// Trials in a minute, while any runs.
    pub per_minute: Option<f64>,
    /// Seconds until every trial has its result, at this rate.
    pub seconds_left: Option<f64>,
}

/// A sweep as it was read last.
struct KnownSweep {
    version: u64,
    parent: Run,
    /// Its overview when it was first read; `None`: it can't be read.
    overview: Option<Overview>,
    entry: SweepEntry,
}

/// The sweeps of a store, looked at again and again.
pub struct SweepsWatch {
    store: Arc<dyn Store>,
    version: u64,
    known: BTreeMap<RunId, KnownSweep>,
    gone: Vec<(u64, RunId)>,
}

impl SweepsWatch {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, version: 0, known: BTreeMap::new(), gone: Vec::new() }
    }

    /// The number of the latest look that changed anything.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The sweeps that a look after this one has changed.
    pub fn changed_since(&self, version: u64) -> impl Iterator<Item = &SweepEntry> {
        self.known.values().filter(move |known| known.version > version).map(|known| &known.entry)
    }

    /// The sweeps that are gone since this look.
    pub fn gone_since(&self, version: u64) -> impl Iterator<Item = &RunId> {
        self.gone.iter().filter(move |(gone, _)| *gone > version).map(|(_, id)| id)
    }

    /// Looks at all of them.
    ///
    /// # Errors
    /// As the store's.
    pub async fn look(&mut self) -> Result<()> {
        let parents = Sweep::all(self.store.as_ref()).await?;
        let next = self.version + 1;
        let there: std::collections::BTreeSet<&RunId> = parents.iter().map(|run| &run.info.id).collect();
        let gone: Vec<RunId> = self.known.keys().filter(|id| !there.contains(id)).cloned().collect();
        for id in gone {
            self.known.remove(&id);
            self.gone.push((next, id));
            self.version = next;
        }
        let changed: Vec<Run> = parents
            .into_iter()
            .filter(|run| self.known.get(&run.info.id).is_none_or(|known| known.parent != *run))
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        let experiments: HashMap<String, String> = self
            .store
            .experiments()
            .await?
            .into_iter()
            .map(|experiment| (experiment.id.0, experiment.name))
            .collect();
        let store = &self.store;
        let reads = changed.into_iter().map(|parent| {
            let before = self.known.remove(&parent.info.id);
            let experiment = experiments.get(&parent.info.experiment_id.0).cloned().unwrap_or_default();
            read(store, parent, experiment, before)
        });
        let read: Vec<KnownSweep> =
            stream::iter(reads.collect::<Vec<_>>()).buffered(AT_ONCE).try_collect().await?;
        for sweep in read {
            self.known.insert(sweep.parent.info.id.clone(), KnownSweep { version: next, ..sweep });
        }
        self.version = next;
        Ok(())
    }
}

/// Reads a sweep whose parent run is new or has changed.
async fn read(
    store: &Arc<dyn Store>,
    parent: Run,
    experiment: String,
    before: Option<KnownSweep>,
) -> Result<KnownSweep> {
    let line_before = before.as_ref().map(|known| known.entry.line.clone());
    // What agents have posted on the parent run is enough where they do so.
    let posted = SweepView::posted(&parent);
    let overview = match before.and_then(|known| known.overview) {
        Some(mut overview) if posted.is_some() => {
            overview.sweep.parent = parent.clone();
            Some(overview)
        }
        Some(mut overview) => {
            overview.refresh(store).await?;
            Some(overview)
        }
        None => Overview::read_if_ours(store, parent.clone()).await?,
    };
    let is_first = line_before.is_none();
    let mut entry = bare_entry(&parent, experiment);
    if let Some(overview) = &overview {
        describe(&mut entry, overview, posted.filter(|_| !is_first));
        entry.line = line(store, &parent, overview, line_before).await?;
        pace(store, overview, &mut entry).await?;
    }
    Ok(KnownSweep { version: 0, parent, overview, entry })
}

fn bare_entry(parent: &Run, experiment: String) -> SweepEntry {
    let importing = ImportMark::of(parent).is_some();
    SweepEntry {
        id: parent.info.id.to_string(),
        name: parent.info.name.clone(),
        experiment,
        state: if importing { SweepState::Importing.word() } else { "unreadable" },
        method: parent.tag(tags::METHOD).map(str::to_owned),
        created: parent.info.start_time,
        metric: None,
        counts: None,
        best: None,
        line: Vec::new(),
        per_minute: None,
        seconds_left: None,
    }
}

/// Fills in how far it is: by what is posted, else by what the overview counted.
fn describe(entry: &mut SweepEntry, overview: &Overview, posted: Option<SweepView>) {
    let mut counts = overview.counts();
    entry.best = overview.best.as_ref().map(|best| best.value);
    if let Some(posted) = posted {
        let others = counts.stopped_early + counts.killed + counts.deleted;
        counts.failed = posted.failed;
        counts.running = posted.running;
        counts.finished = posted.done.saturating_sub(posted.failed + others);
        counts.begun = posted.done + posted.running;
        entry.best = posted.best.map(|best| best.value).or(entry.best);
    }
    let all_done = counts.limit.is_some_and(|limit| counts.done() >= limit);
    entry.state = SweepState::of(&overview.sweep.parent, counts.running > 0, counts.begun, all_done).word();
    entry.counts = Some(counts);
    let metric = overview.metric.as_ref();
    entry.metric = metric.map(|metric| (metric.name.clone(), metric.goal.map(crate::config::Goal::as_str)));
}

/// The best values so far, as agents have posted them: read once, then continued.
async fn line(
    store: &Arc<dyn Store>,
    parent: &Run,
    overview: &Overview,
    before: Option<Vec<f64>>,
) -> Result<Vec<f64>> {
    let Some(metric) = &overview.metric else { return Ok(Vec::new()) };
    let Some(latest) = parent.metric(&metric.name) else { return Ok(Vec::new()) };
    let mut line = match before {
        Some(mut line) => {
            line.push(latest.value);
            line
        }
        None => {
            let mut history: Vec<Metric> = store.metric_history(&parent.info.id, &metric.name).await?;
            history.sort_by_key(|entry| entry.step);
            history.into_iter().map(|entry| entry.value).collect()
        }
    };
    line.retain(|value| value.is_finite());
    if line.len() > LINE {
        let every = line.len().div_ceil(LINE / 2);
        let last = line.last().copied();
        line = line.into_iter().step_by(every).chain(last).collect();
    }
    Ok(line)
}

async fn pace(store: &Arc<dyn Store>, overview: &Overview, entry: &mut SweepEntry) -> Result<()> {
    let Some(counts) = entry.counts.filter(|_| entry.state == SweepState::Running.word()) else {
        return Ok(());
    };
    let ended = latest_ended(store.as_ref(), &overview.sweep, None, RECENT).await?;
    let pace = Throughput::of(&ended);
    entry.per_minute = pace.map(|pace| pace.rate * 60.0);
    let left = counts.limit.map(|limit| limit.saturating_sub(counts.done()));
    entry.seconds_left = pace.zip(left).map(|(pace, left)| pace.left(left, counts.running).as_secs_f64());
    Ok(())
}
