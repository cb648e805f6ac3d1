//! How far a sweep is, as its parent run reports.

use super::params_text::params_text;
use super::tags;
use super::trial_tags::{index_of, point_of};
use crate::metric::Goal;
use crate::tracking::{Run, RunId};
use crate::trial::TrialIndex;

/// Metrics of the parent run: trials by what became of them.
pub(super) const DONE: &str = "trials_done";

pub(super) const FAILED: &str = "trials_failed";

pub(super) const RUNNING: &str = "trials_running";

/// Characters of the best trial's params.
const PARAMS: usize = 500;

/// The best trial so far.
#[derive(Debug, Clone, PartialEq)]
pub struct BestTrial {
    /// The trial.
    pub trial: TrialIndex,
    /// Its run.
    pub run: RunId,
    /// Its value: a number.
    pub value: f64,
    /// Its params, for people.
    pub params: String,
}

impl BestTrial {
    /// The best trial as the parent run names it.
    #[must_use]
    pub fn posted(parent: &Run) -> Option<Self> {
        Some(Self {
            trial: TrialIndex(parent.tag(tags::BEST_TRIAL)?.parse().ok()?),
            run: RunId(parent.tag(tags::BEST_RUN)?.to_owned()),
            value: parent.tag(tags::BEST_VALUE)?.parse().ok().filter(|value: &f64| value.is_finite())?,
            params: parent.tag(tags::BEST_PARAMS).unwrap_or_default().to_owned(),
        })
    }

    /// The trial of this run, with its value.
    #[must_use]
    pub fn of(run: &Run, value: f64) -> Option<Self> {
        let (trial, params) = (index_of(run)?, params_text(&point_of(run), PARAMS));
        Some(Self { trial, run: run.info.id.clone(), value, params })
    }

    /// Whether it is better than what is known; where nothing is, it is.
    #[must_use]
    pub fn beats(&self, known: Option<&Self>, goal: Goal) -> bool {
        known.is_none_or(|known| goal.better(self.value, known.value))
    }

    pub(super) fn tags(&self) -> Vec<(String, String)> {
        [
            (tags::BEST_TRIAL, self.trial.to_string()),
            (tags::BEST_RUN, self.run.to_string()),
            (tags::BEST_VALUE, self.value.to_string()),
            (tags::BEST_PARAMS, self.params.clone()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .to_vec()
    }
}

/// How far a sweep is, over all its agents.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SweepView {
    /// Trials that have their result.
    pub done: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Trials under way.
    pub running: u64,
    /// The best so far.
    pub best: Option<BestTrial>,
}

impl SweepView {
    /// As the parent run has it; `None`: it was not posted yet.
    #[must_use]
    pub fn posted(parent: &Run) -> Option<Self> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let count = |key| Some(parent.metric(key)?.value.max(0.0) as u64);
        let (done, failed, running) = (count(DONE)?, count(FAILED).unwrap_or(0), count(RUNNING).unwrap_or(0));
        Some(Self { done, failed, running, best: BestTrial::posted(parent) })
    }
}
