//! A sweep that somebody has open: a task looks at it and tells the pages.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tokio::sync::watch;

use super::insight_cache::KnownInsight;
use super::looking::{LookNews, Looking, tell};
use super::shape::head_json;
use crate::config::Config;
use crate::process::now_ms;
use crate::query::{ChosenMetric, LiveTrials, SweepWatch};
use crate::tracking::{Result, RunId, Store, TrackingError};

/// Looks at a file are so far apart: what changed is seen at once, and a look at what did not costs microseconds.
const PAUSE_LOCALLY: Duration = Duration::from_millis(150);
/// Looks at a server.
const PAUSE: Duration = Duration::from_millis(700);
/// A look may take one part in so many of the time.
const SHARE: u32 = 4;
/// After this without anybody who asks a sweep is no longer watched.
const IDLE: Duration = Duration::from_secs(120);
/// After a failure of the store, at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What is known of a sweep beside its trials.
#[derive(Debug, Clone)]
pub(super) struct SweepFacts {
    pub config: Option<Arc<Config>>,
    pub metric: Option<ChosenMetric>,
}

/// A sweep that somebody has open.
pub struct WatchedSweep {
    trials: RwLock<LiveTrials>,
    head: RwLock<Json>,
    facts: SweepFacts,
    insight: KnownInsight,
    experiment: String,
    news: watch::Sender<LookNews>,
    last_asked: Mutex<Instant>,
    ended: AtomicBool,
}

impl WatchedSweep {
    /// Looks at the sweep for the first time, and goes on.
    pub(super) async fn begin(looking: &Looking, id: &RunId) -> Result<Arc<Self>> {
        // Before the first look: what changes meanwhile is seen by the second.
        let mark = looking.store.change_mark().await?;
        let mut watch = SweepWatch::open(Arc::clone(&looking.store), id).await?;
        let experiment = experiment_name(looking.store.as_ref(), &watch).await?;
        let config = watch.config.clone().map(Arc::new);
        let trials = RwLock::new(LiveTrials::new(config.as_deref()));
        let facts = SweepFacts { config, metric: watch.metric.clone() };
        let watched = Arc::new(Self {
            trials,
            head: RwLock::new(Json::Null),
            facts,
            insight: KnownInsight::default(),
            experiment,
            news: watch::Sender::new(LookNews::default()),
            last_asked: Mutex::new(Instant::now()),
            ended: AtomicBool::new(false),
        });
        watched.look(&mut watch).await?;
        tokio::spawn(keep_looking(looking.clone(), Arc::clone(&watched), watch, mark));
        Ok(watched)
    }

    /// Its trials, for a moment.
    pub(super) fn trials(&self) -> RwLockReadGuard<'_, LiveTrials> {
        self.trials.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is said of it beside its trials.
    pub(super) fn head(&self) -> Json {
        self.head.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it is.
    pub(super) fn facts(&self) -> &SweepFacts {
        &self.facts
    }

    /// What was computed of it last.
    pub(super) fn insight(&self) -> &KnownInsight {
        &self.insight
    }

    /// Hears of looks that changed anything.
    pub(super) fn listen(&self) -> watch::Receiver<LookNews> {
        self.news.subscribe()
    }

    /// Notes that somebody asks.
    pub(super) fn asked(&self) {
        *self.last_asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn is_idle(&self) -> bool {
        if self.news.receiver_count() > 0 {
            self.asked();
        }
        self.last_asked.lock().unwrap_or_else(PoisonError::into_inner).elapsed() > IDLE
    }

    /// Whether it is no longer watched.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Frees what it holds: who asks next begins anew.
    fn end(&self) {
        self.ended.store(true, Ordering::Release);
        *self.trials.write().unwrap_or_else(PoisonError::into_inner) = LiveTrials::default();
    }

    async fn look(&self, watch: &mut SweepWatch) -> Result<()> {
        let found = watch.look(&self.trials).await?;
        let version = {
            let mut trials = self.trials.write().unwrap_or_else(PoisonError::into_inner);
            let changed = trials.take_in(found);
            let head = head_json(watch, &watch.summary(&trials, now_ms()), &self.experiment);
            let mut before = self.head.write().unwrap_or_else(PoisonError::into_inner);
            if !changed && without_clock(&before) != without_clock(&head) {
                trials.touch();
            }
            *before = head;
            trials.version()
        };
        tell(&self.news, LookNews { version, trouble: None });
        Ok(())
    }

    fn trouble(&self, error: &TrackingError) {
        let version = self.trials().version();
        tell(&self.news, LookNews { version, trouble: Some(error.message.clone()) });
    }
}

/// What is said of a sweep, without what changes with the time alone.
fn without_clock(head: &Json) -> Json {
    let mut head = head.clone();
    if let Some(fields) = head.as_object_mut() {
        fields.remove("compute_seconds");
        fields.remove("seconds_left");
    }
    head
}

async fn experiment_name(store: &dyn Store, watch: &SweepWatch) -> Result<String> {
    let id = &watch.parent().info.experiment_id;
    let found = store.experiments().await?.into_iter().find(|experiment| experiment.id == *id);
    Ok(found.map(|experiment| experiment.name).unwrap_or_default())
}

/// Looks until no page asks any more, or the server ends.
async fn keep_looking(
    mut looking: Looking,
    watched: Arc<WatchedSweep>,
    mut watch: SweepWatch,
    mut mark: Option<u64>,
) {
    let mut pause = PAUSE_LOCALLY;
    loop {
        tokio::select! {
            _ = looking.stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(pause) => {}
        }
        if watched.is_idle() {
            watched.end();
            return;
        }
        let started = Instant::now();
        pause = match look_where_changed(looking.store.as_ref(), &watched, &mut watch, &mut mark).await {
            Ok(()) => {
                let least = if looking.store.is_local() { PAUSE_LOCALLY } else { PAUSE };
                least.max(SHARE * started.elapsed())
            }
            Err(error) => {
                tracing::debug!(%error, "a look at a sweep has failed");
                watched.trouble(&error);
                // What was written meanwhile is looked for again.
                mark = None;
                (2 * pause).clamp(PAUSE, LONGEST_PAUSE)
            }
        };
    }
}

async fn look_where_changed(
    store: &dyn Store,
    watched: &WatchedSweep,
    watch: &mut SweepWatch,
    mark: &mut Option<u64>,
) -> Result<()> {
    let next = store.change_mark().await?;
    if next.is_some() && next == *mark {
        return Ok(());
    }
    watched.look(watch).await?;
    *mark = next;
    Ok(())
}
