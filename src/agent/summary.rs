//! What an agent did, and why it ended.

use super::outcome::Outcome;

/// What an agent did.
#[derive(Debug, Clone, Default)]
pub struct AgentSummary {
    /// Trials that ended well.
    pub finished: u64,
    /// Trials whose command failed.
    pub failed: u64,
    /// Trials that were not worth continuing.
    pub stopped_early: u64,
    /// Trials that were stopped for other reasons.
    pub killed: u64,
    /// Trials that finished without the sweep's metric.
    pub unmeasured: u64,
    /// Trials whose runs were deleted while they ran.
    pub dropped: u64,
    /// Trials that others still run, where the agent did not wait for them.
    pub others: usize,
    /// The last trial that failed.
    pub last_failure: Option<Outcome>,
    /// Why the agent ended.
    pub end: EndReason,
}

/// Why an agent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndReason {
    /// Every trial that may be run is taken.
    #[default]
    NothingLeft,
    /// It ran as many as it was asked to.
    Count,
    /// Too many failures in a row.
    Failures,
    /// Too many trials in a row did not log the sweep's metric.
    Unmeasured,
    /// It was asked to stop.
    Stopped,
    /// The machine is soon taken away: no trial would end before.
    OutOfTime,
    /// `max_duration` has run out.
    Duration,
    /// A trial has reached `metric.target`.
    Target,
    /// Somebody has deleted the sweep.
    Deleted,
    /// The first trials failed in a way that all others would, too: there is no such program, or no such file.
    CannotRun,
}
