//! How far a sweep is, counted from the trials in memory.

use super::row::{LiveRow, LiveState};
use super::trials::LiveTrials;
use crate::query::metric::ChosenMetric;
use crate::query::overview::{Counts, SweepState};
use crate::query::pace::Throughput;
use crate::tracking::Run;

/// Trials that ended last, by which the rate is measured.
const RECENT: usize = 50;

/// How far a sweep is.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveSummary {
    /// Its state.
    pub state: SweepState,
    /// Trials by what became of them.
    pub counts: Counts,
    /// Number and value of the best trial.
    pub best: Option<(u64, f64)>,
    /// Trials in a minute, while any runs.
    pub per_minute: Option<f64>,
    /// Seconds until every trial has its result, at this rate.
    pub seconds_left: Option<f64>,
    /// Seconds that all trials have run together, until now.
    pub compute_seconds: f64,
}

impl LiveSummary {
    /// Counts the trials of the sweep of this parent run; `metric` is by what one is the best, `limit` how many there may
    /// be.
    #[must_use]
    pub fn of(
        trials: &LiveTrials,
        parent: &Run,
        metric: Option<&ChosenMetric>,
        limit: Option<u64>,
        now: i64,
    ) -> Self {
        let counts = count(trials, limit);
        let all_done = limit.is_some_and(|limit| counts.done() >= limit);
        let state = SweepState::of(parent, counts.running > 0, counts.begun, all_done);
        let pace = pace(trials).filter(|_| state == SweepState::Running);
        let left = limit.map(|limit| limit.saturating_sub(counts.done()));
        Self {
            state,
            counts,
            best: metric.and_then(|metric| best(trials, metric)),
            per_minute: pace.map(|pace| pace.rate * 60.0),
            seconds_left: pace.zip(left).map(|(pace, left)| pace.left(left, counts.running).as_secs_f64()),
            compute_seconds: trials.rows().filter_map(|row| row.seconds(now)).sum(),
        }
    }
}

fn count(trials: &LiveTrials, limit: Option<u64>) -> Counts {
    let of = |state: LiveState| trials.rows().filter(|row| row.state == state).count() as u64;
    Counts {
        limit,
        begun: trials.len() as u64,
        running: of(LiveState::Running),
        finished: of(LiveState::Finished),
        failed: of(LiveState::Failed),
        stopped_early: of(LiveState::Stopped),
        killed: of(LiveState::Killed),
        deleted: of(LiveState::Deleted),
    }
}

/// The best trial that counts and keeps to the limits; among equals the earliest.
fn best(trials: &LiveTrials, metric: &ChosenMetric) -> Option<(u64, f64)> {
    let goal = metric.goal?;
    let keeps = |row: &LiveRow| metric.limits.iter().all(|limit| limit.holds(row.metric(&limit.metric)));
    let valued = trials.rows().filter(|row| row.state.counts() && keeps(row));
    let valued = valued.filter_map(|row| Some((row.trial, row.value.filter(|value| value.is_finite())?)));
    valued.min_by(|a, b| goal.best_first(a.1, b.1))
}

fn pace(trials: &LiveTrials) -> Option<Throughput> {
    let mut ended: Vec<(i64, i64)> =
        trials.rows().filter_map(|row: &LiveRow| Some((row.end?, row.start))).collect();
    let latest = ended.len().saturating_sub(RECENT);
    if latest > 0 {
        ended.select_nth_unstable(latest);
    }
    Throughput::of_spans(ended.drain(latest..).map(|(end, start)| (start, end)))
}
