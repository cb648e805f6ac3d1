//! How a trial came out.

use std::time::Duration;

use serde::{Deserialize, Serialize};

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
