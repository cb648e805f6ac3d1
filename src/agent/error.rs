//! Why an agent ends before its work is done.

use crate::config::command::CommandError;
use crate::process::SpawnError;
use crate::strategy::StrategyError;
use crate::tracking::TrackingError;

/// Why an agent had to give up.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The tracking store failed.
    #[error(transparent)]
    Tracking(#[from] TrackingError),
    /// No point can be made for a trial.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
    /// No command can be made for a trial's point.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The command cannot be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// This machine failed.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}
