//! The nouns of a sweep that every layer shares: trial, attempt, status.

use std::fmt;

use crate::space::Point;

/// The index k of a trial, from 0. Its point is a pure function of (config, seed, k), and of the history for a strategy that
/// reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct TrialIndex(pub u64);

impl std::str::FromStr for TrialIndex {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

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

/// The word for a trial that a stopping rule ended: its run is KILLED in MLflow's words.
pub const STOPPED: &str = "STOPPED";

/// A trial as the tracking store reports it: one attempt that counts, or the only one there is.
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
    /// The agent that ran it; `None`: it was not noted.
    pub agent: Option<String>,
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
    /// A stopping rule ended it: its metric is what it had reached by then.
    pub stopped_early: bool,
}

impl Trial {
    /// What became of it, in the word that people and programs read.
    #[must_use]
    pub fn status_word(&self) -> &'static str {
        if self.stopped_early { STOPPED } else { self.status.as_str() }
    }

    /// Whether its metric counts: it has finished, or a stopping rule has ended it.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.status == RunStatus::Finished || self.stopped_early
    }
}

/// The seed that a trial's command is given (`SWEEP_TRIAL_SEED`): a pure function of the sweep's seed and the index.
/// It fits the 31 bits that every library takes.
#[must_use]
pub fn trial_seed(seed: u64, index: TrialIndex) -> u32 {
    drawn(&format!("trial seed {seed} {index}"))
}

/// The seed that the command of a trial is given when it is run again for the `number`th time, from 1.
#[must_use]
pub fn rerun_seed(seed: u64, index: TrialIndex, number: u32) -> u32 {
    drawn(&format!("rerun seed {seed} {index} {number}"))
}

fn drawn(text: &str) -> u32 {
    use sha2::{Digest as _, Sha256};

    let digest = Sha256::digest(text);
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) >> 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trial_seeds_are_fixed_for_good_and_differ() {
        assert_eq!(trial_seed(7, TrialIndex(0)), trial_seed(7, TrialIndex(0)));
        let seeds: std::collections::HashSet<u32> = (0..1000).map(|k| trial_seed(7, TrialIndex(k))).collect();
        assert_eq!(seeds.len(), 1000);
        assert_ne!(trial_seed(7, TrialIndex(0)), trial_seed(8, TrialIndex(0)));
        let again: std::collections::HashSet<u32> =
            (1..=1000).map(|number| rerun_seed(7, TrialIndex(0), number)).collect();
        assert!(again.len() == 1000 && !again.contains(&trial_seed(7, TrialIndex(0))));
    }

    #[test]
    fn every_status_reads_back() {
        for word in ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] {
            assert_eq!(RunStatus::parse(word).unwrap().as_str(), word);
        }
        assert_eq!(RunStatus::parse("running"), None);
    }
}
