//! All that an agent has to say.

use std::time::Duration;

use crate::process::Ended;
use crate::space::Point;
use crate::tracking::RunId;
use crate::trial::{RunStatus, TrialIndex};

/// Something happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// A trial's command was started.
    Started {
        /// The trial.
        trial: TrialIndex,
        /// Its run.
        run: &'a RunId,
        /// What it is run with.
        point: &'a Point,
    },
    /// A command printed something.
    Output {
        /// The trial.
        trial: TrialIndex,
        /// What it printed.
        bytes: &'a [u8],
    },
    /// A trial is over, and the store knows.
    Settled(&'a Outcome),
    /// Something that a person should know about a trial.
    Note {
        /// The trial.
        trial: TrialIndex,
        /// What it is.
        text: &'a str,
    },
}

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
    pub ended: Ended,
    /// How long it took.
    pub took: Duration,
    /// The sweep's metric, where the script logged it.
    pub metric: Option<f64>,
    /// The last lines that it printed.
    pub last_lines: Vec<String>,
    /// Whether it is the trial's result; false where another attempt was settled first.
    pub counts: bool,
}
