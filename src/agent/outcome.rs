//! How a trial came out.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::Objectives;
use crate::process::CommandExit;
use crate::space::Point;
use crate::stopping::StopDecision;
use crate::tracking::RunId;
use crate::trial::{RunStatus, TrialIndex};

/// How a trial came out.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The trial.
    pub trial: TrialIndex,
    /// Its run.
    pub run: RunId,
    /// The run's final state.
    pub status: RunStatus,
    /// How the command ended.
    pub ended: CommandExit,
    /// How long it took.
    pub took: Duration,
    /// What it was run with.
    pub point: Point,
    /// The value of the sweep's metric that counts, where the script logged it.
    pub metric: Option<f64>,
    /// The same of what is measured beside it, in the order of `Objectives::beside`.
    pub beside: Vec<Option<f64>>,
    /// The names of all metrics that it logged.
    pub logged: Vec<String>,
    /// Why it was stopped early.
    pub stopped: Option<StopDecision>,
    /// The last lines that it printed.
    pub last_lines: Vec<String>,
    /// What becomes of the trial.
    pub fate: TrialFate,
    /// Whether it is the trial's result.
    pub counts: bool,
}

impl Outcome {
    /// Whether it has a result that counts for the sweep's metric: it finished, or a stopping rule ended it.
    #[must_use]
    pub fn has_result(&self) -> bool {
        self.counts && (self.status == RunStatus::Finished || self.stopped.is_some())
    }

    /// Its value of the metric, where it is a candidate for the best: it has a result, a number, and keeps to the limits.
    /// With several metrics no trial is.
    #[must_use]
    pub fn candidate(&self, objectives: &Objectives) -> Option<f64> {
        let value = self.metric.filter(|value| value.is_finite() && self.has_result())?;
        (!objectives.are_several() && objectives.holds(self.metric, &self.beside)).then_some(value)
    }

    /// Whether it has a value of everything that the sweep's trials are judged by.
    #[must_use]
    pub fn is_measured(&self) -> bool {
        self.metric.is_some() && self.beside.iter().all(Option::is_some)
    }
}

/// What becomes of the trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrialFate {
    /// This attempt is its result, unless another was first.
    Result,
    /// It is given back, to be run again by any free agent.
    GivenBack,
    /// It is run again by this agent.
    Retried,
    /// Another attempt has it already.
    Superseded,
    /// It is none of the sweep's trials, and is not in the ledger.
    Apart,
    /// Its run was deleted while it ran: the trial is over, and nothing is left to write down.
    Dropped,
}
