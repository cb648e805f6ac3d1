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
use crate::stopping::{Rule as _, for_config};
use crate::tracking::{Result, RunId, Store, TrackingError};

/// Looks at a file are so far apart: what changed is seen at once, and a look at what did not costs microseconds.
const PAUSE_LOCALLY: Duration = Duration::from_millis(150);
/// A look at a file takes at most a fifth of the time: agents write to it.
const SHARE_LOCALLY: u32 = 4;
/// Looks at a server, after one that found something: more is to be expected.
const PAUSE: Duration = Duration::from_millis(250);
/// The same after one that found nothing.
const PAUSE_IDLE: Duration = Duration::from_millis(700);
/// A look at a server takes at most half of the time, and one that finds nothing a third.
const SHARE: u32 = 1;
const SHARE_IDLE: u32 = 2;
/// After this without anybody who asks a sweep is no longer watched.
const IDLE: Duration = Duration::from_secs(120);
/// Rungs beyond are never reached.
const HIGHEST_RUNG: u64 = 1 << 40;
/// After a failure of the store, at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What is known of a sweep beside its trials.
#[derive(Debug, Clone)]
pub(super) struct SweepFacts {
    pub config: Option<Arc<Config>>,
    pub metric: Option<ChosenMetric>,
    /// The places at which its stopping rule compares trials.
    pub rungs: Vec<u64>,
    /// How many values a trial has beside the first metric.
    pub beside: usize,
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
        let rungs = config.as_deref().map(rungs).unwrap_or_default();
        let beside = watch.objectives().beside().len();
        let facts = SweepFacts { config, metric: watch.metric.clone(), rungs, beside };
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

    /// Returns whether anything was new.
    async fn look(&self, watch: &mut SweepWatch) -> Result<bool> {
        let found = watch.look(&self.trials).await?;
        let (version, changed) = {
            let mut trials = self.trials.write().unwrap_or_else(PoisonError::into_inner);
            let changed = trials.take_in(found);
            let (summary, front) = (watch.summary(&trials, now_ms()), watch.front(&trials));
            let head = head_json(watch, &summary, front.as_ref(), &self.experiment);
            let mut before = self.head.write().unwrap_or_else(PoisonError::into_inner);
            let changed_beside = without_clock(&before) != without_clock(&head);
            if !changed && changed_beside {
                trials.touch();
            }
            *before = head;
            (trials.version(), changed || changed_beside)
        };
        tell(&self.news, LookNews { version, trouble: None });
        Ok(changed)
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

fn rungs(config: &Config) -> Vec<u64> {
    let rule = config.early_terminate.as_ref().zip(config.watched_metric());
    rule.map(|(early, metric)| for_config(early, metric).places(HIGHEST_RUNG)).unwrap_or_default()
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
            Ok(_) if looking.store.is_local() => PAUSE_LOCALLY.max(SHARE_LOCALLY * started.elapsed()),
            Ok(true) => PAUSE.max(SHARE * started.elapsed()),
            Ok(false) => PAUSE_IDLE.max(SHARE_IDLE * started.elapsed()),
            Err(error) => {
                tracing::debug!(%error, "a look at a sweep has failed");
                watched.trouble(&error);
                // What was written meanwhile is looked for again.
                mark = None;
                (2 * pause).clamp(PAUSE_IDLE, LONGEST_PAUSE)
            }
        };
    }
}

async fn look_where_changed(
    store: &dyn Store,
    watched: &WatchedSweep,
    watch: &mut SweepWatch,
    mark: &mut Option<u64>,
) -> Result<bool> {
    let next = store.change_mark().await?;
    if next.is_some() && next == *mark {
        return Ok(false);
    }
    let changed = watched.look(watch).await?;
    *mark = next.filter(|_| !watch.is_unsettled());
    Ok(changed)
}
