//! The nouns of a sweep that every storey shares: trial, attempt, status.

use std::fmt;

use crate::space::Point;

/// The index k of a trial: its point is a pure function of (config, seed, k).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrialIndex(pub u64);

impl fmt::Display for TrialIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// State of a run, in MLflow's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    /// It is under way.
    Running,
    /// It has not started.
    Scheduled,
    /// It ended well.
    Finished,
    /// It ended with an error.
    Failed,
    /// It was ended from outside.
    Killed,
}

impl RunStatus {
    /// MLflow's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Scheduled => "SCHEDULED",
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
            Self::Killed => "KILLED",
        }
    }

    /// Reads MLflow's word; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Scheduled, Self::Finished, Self::Failed, Self::Killed]
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    /// Whether nothing more is expected of the run.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Killed)
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A trial as the tracking store tells of it: one attempt that counts, or the only one there is.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Its index.
    pub index: TrialIndex,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Id of its run.
    pub run_id: String,
    /// State of its run.
    pub status: RunStatus,
    /// Start, epoch milliseconds.
    pub start_time: i64,
    /// End, epoch milliseconds.
    pub end_time: Option<i64>,
    /// Exit code of its command.
    pub exit_code: Option<i32>,
    /// What it was run with.
    pub point: Point,
    /// The value of the sweep's metric that counts; may be NaN or infinite.
    pub metric: Option<f64>,
}
