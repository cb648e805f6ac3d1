//! What a ledger is about: claims of trials, trials under way, and results.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::tracking::{ErrorKind, RunId, TrackingError};
use crate::trial::TrialIndex;

/// Trials of one ledger run.
pub const SHARD: u64 = 1000;

/// In the place of a run's id: the trial's index is beyond the last point.
pub(super) const NO_RUN: &str = "none";
/// What `back/…` says of an attempt that was interrupted.
pub(super) const BACK: &str = "yes";
/// What it says of one that failed, and is to be repeated.
pub(super) const FAILED: &str = "failed";

/// In which order trials are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimOrder {
    /// The lowest free index first: for strategies that read history.
    Ascending,
    /// Any: agents spread over the free indices.
    Spread,
}

/// A trial that this agent, and no other, runs.
///
/// Journals hold it: its names there are fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The trial.
    pub trial: TrialIndex,
    /// Which attempt at it, from 1.
    pub attempt: u32,
    /// The attempt that the trial's present round began with.
    pub round: u32,
    /// Attempts of the round before this one that were interrupted: they have not failed.
    #[serde(default, rename = "excused")]
    pub preemptions: u32,
}

/// A trial that was started, and has no result yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedTrial {
    /// The trial.
    pub trial: TrialIndex,
    /// Attempts claimed so far.
    pub attempts: u32,
    /// The agent that claimed the latest.
    pub token: String,
    /// For how long that agent may show no sign of life.
    pub lease: Duration,
    /// The attempt that its present round began, or is to begin, with.
    pub round: u32,
    /// Attempts of that round that were interrupted.
    pub preemptions: u32,
    /// Whether it was given back: no agent works on it.
    pub given_back: bool,
}

/// A trial that has its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledClaim {
    /// The trial.
    pub trial: TrialIndex,
    /// The round that the result is of: the attempt that it began with.
    pub round: u32,
    /// The run that is the result.
    pub run: RunId,
}

/// Whether a settled attempt counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettleOutcome {
    /// It is the trial's result.
    Counts,
    /// Another attempt was settled first.
    TooLate,
}

pub(super) fn missing_shard(trial: TrialIndex) -> TrackingError {
    TrackingError::new(ErrorKind::Protocol, format!("the ledger has no run for trial {trial}"))
}
