//! A command that is over, and why it was ended before it ended itself.

use std::path::Path;
use std::time::Duration;

use crate::process::{CommandExit, Tail};
use crate::stopping::StopDecision as Verdict;
use crate::tracking::{Metric, RunId};

/// Why a run was ended: the message for a lost agent.
pub(in crate::agent) const AGENT_LOST: &str = "its agent was lost";

/// What the run of a trial that is to be run again says.
pub(in crate::agent) const GIVEN_BACK: &str = "given back";

/// Why a command was ended before it ended itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::agent) enum StopReason {
    /// A person asked for it.
    Stopped,
    /// The machine is being taken away: the trial is to be run again.
    TakenAway,
    /// `trial_timeout` ran out.
    TimedOut,
    /// Another attempt has taken the trial over.
    Superseded,
    /// Somebody has deleted its run.
    Deleted,
    /// It was not worth continuing.
    StoppedEarly,
}

impl StopReason {
    const ALL: [Self; 6] =
        [Self::Stopped, Self::TakenAway, Self::TimedOut, Self::Superseded, Self::Deleted, Self::StoppedEarly];

    /// Whether a run's tag says that its command was ended.
    pub(in crate::agent) fn is_reason(text: &str) -> bool {
        Self::ALL.iter().any(|cut| cut.reason() == text)
    }

    /// The word for it in the run's tags.
    pub(in crate::agent) fn reason(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::TakenAway => GIVEN_BACK,
            Self::TimedOut => "trial_timeout",
            Self::Superseded => AGENT_LOST,
            Self::Deleted => "its run was deleted",
            Self::StoppedEarly => "stopped early",
        }
    }
}

/// A command that is over.
pub(in crate::agent) struct WatchedCommand {
    pub(in crate::agent) ended: CommandExit,
    pub(in crate::agent) cut: Option<StopReason>,
    /// Why it was stopped early, or would have been.
    pub(in crate::agent) verdict: Option<Verdict>,
    pub(in crate::agent) took: Duration,
    pub(in crate::agent) tail: Tail,
    /// Epoch milliseconds.
    pub(in crate::agent) end_time: i64,
    /// What `metric.from_output` found and the store does not have yet.
    pub(in crate::agent) unsent: Vec<Metric>,
    /// Runs that the command made beside its trial's.
    pub(in crate::agent) beside: Vec<RunId>,
}

impl WatchedCommand {
    /// A command that never ran: what it would have printed is the reason.
    pub(in crate::agent) fn not_started(log: &Path, why: &str, now: i64) -> Self {
        let mut tail = Tail::at(log);
        tail.push(format!("{why}\n").as_bytes());
        Self {
            ended: CommandExit::NotStarted,
            cut: None,
            verdict: None,
            took: Duration::ZERO,
            tail,
            end_time: now,
            unsent: Vec::new(),
            beside: Vec::new(),
        }
    }
}
