//! A sweep while agents run: what runs, what ended last, who works, how long it will take.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::error::QueryError;
use super::failing::failing_at_a_glance;
use super::noise::{MetricNoise, NOISE_AT_A_GLANCE, noise_of_repeats};
use super::overview::{Overview, SweepState};
use super::pace::Throughput;
use crate::analysis::FailureAnalysis;
use crate::process::now_ms;
use crate::record::{histories, index_of, last_sign, latest_ended, lease_of, tags, unmeasured};
use crate::tracking::{Result, Run, RunId, Store};
use crate::trial::TrialIndex;

/// Runs that ended last, by which the rate is measured.
const RECENT: usize = 50;
/// Running trials that are shown with their histories.
const MOST_RUNNING: usize = 20;

/// A sweep while agents run.
pub struct SweepSnapshot {
    /// At a glance.
    pub overview: Overview,
    /// The running trials that are shown, the latest first, with the histories of the metric.
    pub running: Vec<(Run, Vec<f64>)>,
    /// The trials that ended last, the latest first.
    pub ended: Vec<Run>,
    /// Who works on it, or did a moment ago.
    pub agents: Vec<AgentHeartbeat>,
    /// Trials that finished without the metric.
    pub unmeasured: u64,
    /// Where trials fail; `None`: it was not looked at.
    pub failing: Option<FailureAnalysis>,
    /// How noisy the metric is; `None`: it was not looked at, or nothing is known.
    pub noise: Option<MetricNoise>,
    /// How fast it goes; `None`: nothing runs, or nothing has ended yet.
    pub pace: Option<Throughput>,
    /// When it was read, epoch milliseconds.
    pub now: i64,
    /// What it took to read.
    pub cost: Duration,
}

/// What is known of an agent.
pub struct AgentHeartbeat {
    /// Its name.
    pub agent: String,
    /// Its machine.
    pub host: String,
    /// The trials that it runs.
    pub running: Vec<TrialIndex>,
    /// For how long it may be silent: the others take it for lost then.
    pub lease: Duration,
    /// Epoch milliseconds, by the agent's own clock.
    pub last: i64,
}

impl SweepSnapshot {
    /// Looks at a sweep that has just been read.
    ///
    /// # Errors
    /// As the store's.
    pub async fn read(store: &Arc<dyn Store>, overview: Overview) -> Result<Self> {
        let begun = Instant::now();
        let mut runs: Vec<Run> = overview.standing.running.values().cloned().collect();
        runs.sort_by(|a, b| (b.info.start_time, &b.info.id).cmp(&(a.info.start_time, &a.info.id)));
        let shown: Vec<Run> = runs.iter().take(MOST_RUNNING).cloned().collect();
        let mut known = match &overview.metric {
            Some(metric) => {
                let ids: Vec<RunId> = shown
                    .iter()
                    .filter(|run| run.metric(&metric.name).is_some())
                    .map(|run| run.info.id.clone())
                    .collect();
                histories(store, ids, &metric.name).await?
            }
            None => std::collections::HashMap::new(),
        };
        let history = |run: Run| {
            let history = known.remove(&run.info.id).unwrap_or_default();
            (run, history.into_iter().map(|entry| entry.value).collect())
        };
        let running = shown.into_iter().map(history).collect();
        let name = overview.metric.as_ref().map(|metric| metric.name.as_str());
        let ended = latest_ended(store.as_ref(), &overview.sweep, name, RECENT).await?;
        let unmeasured = match &overview.metric {
            Some(_) if overview.standing.finished > 0 => {
                unmeasured(store.as_ref(), &overview.sweep, &overview.standing.results).await?
            }
            _ => 0,
        };
        let agents = agents(&runs, &ended);
        let pace = Throughput::of(&ended).filter(|_| overview.state() == SweepState::Running);
        let (now, cost) = (now_ms(), begun.elapsed());
        Ok(Self { overview, running, ended, agents, unmeasured, failing: None, noise: None, pace, now, cost })
    }

    /// Looks how noisy the metric is, of a sweep that is not very large: all trials are read for that.
    ///
    /// # Errors
    /// As the store's, and where a confirmation can't be read.
    pub async fn look_at_noise(&mut self, store: &Arc<dyn Store>) -> std::result::Result<(), QueryError> {
        if let Some(config) = self.overview.config()
            && self.overview.best.is_some()
            && self.overview.standing.done() <= NOISE_AT_A_GLANCE
        {
            self.noise = noise_of_repeats(store, &self.overview.sweep, config).await?;
        }
        Ok(())
    }

    /// Looks where trials fail, if enough do: the points of all trials are read for that, so that a very large sweep is
    /// left to `analyze`.
    ///
    /// # Errors
    /// As the store's.
    pub async fn look_at_failures(&mut self, store: &Arc<dyn Store>) -> Result<()> {
        const FEWEST: u64 = 3;
        const MOST_TRIALS: u64 = 5_000;
        let standing = &self.overview.standing;
        if let Some(config) = self.overview.config()
            && standing.failed >= FEWEST
            && standing.done() <= MOST_TRIALS
        {
            self.failing = Some(failing_at_a_glance(store, &self.overview.sweep, config).await?);
        }
        Ok(())
    }

    /// Looks again.
    ///
    /// # Errors
    /// As the store's.
    pub async fn again(self, store: &Arc<dyn Store>) -> Result<Self> {
        let begun = Instant::now();
        let mut overview = self.overview;
        overview.refresh(store).await?;
        let mut next = Self::read(store, overview).await?;
        next.cost = begun.elapsed();
        Ok(next)
    }

    /// Seconds until every trial has its result, at the present rate.
    pub fn seconds_left(&self) -> Option<f64> {
        Some(self.time_left()?.as_secs_f64())
    }

    /// How long it takes until then.
    pub fn time_left(&self) -> Option<Duration> {
        let standing = &self.overview.standing;
        let left = self.overview.limit()?.saturating_sub(standing.done());
        self.pace.map(|pace| pace.left(left, standing.running.len() as u64))
    }
}

/// Who has shown a sign of life, the latest first; those that run trials before the others.
fn agents(running: &[Run], ended: &[Run]) -> Vec<AgentHeartbeat> {
    let mut known: BTreeMap<String, AgentHeartbeat> = BTreeMap::new();
    for run in running.iter().chain(ended) {
        let Some(agent) = run.tag(tags::AGENT) else { continue };
        let signs = known.entry(agent.to_owned()).or_insert_with(|| AgentHeartbeat {
            agent: agent.to_owned(),
            host: run.tag(tags::HOST).unwrap_or_default().to_owned(),
            running: Vec::new(),
            lease: lease_of(run),
            last: 0,
        });
        signs.last = signs.last.max(last_sign(run));
        if !run.info.status.is_final() {
            signs.running.extend(index_of(run));
        }
    }
    let mut agents: Vec<AgentHeartbeat> = known.into_values().collect();
    agents.sort_by_key(|signs| (signs.running.is_empty(), std::cmp::Reverse(signs.last)));
    agents
}
