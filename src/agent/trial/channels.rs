//! What ties a trial to the agent's loop.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use crate::agent::error::AgentError;
use crate::agent::setup::Agent;
use crate::agent::stop::{StopRequest, in_time};
use crate::agent::tasks::Task;
use crate::process::CommandExit;
use crate::tracking::{Run, TrackingError};
use crate::trial::{RunStatus, TrialIndex};

/// What ties a trial to the agent's loop.
#[derive(Clone)]
pub(in crate::agent) struct TrialChannels {
    /// How far the agent has been asked to stop.
    pub(in crate::agent) stop: watch::Receiver<StopRequest>,
    /// The parent run as it was last read: a person may end this trial there.
    pub(in crate::agent) parent: watch::Receiver<Option<Arc<Run>>>,
    /// Tells that a command is over.
    pub(in crate::agent) ended: UnboundedSender<CommandEnded>,
}

impl TrialChannels {
    /// Does something with the store that must not hold up the end of the agent.
    pub(in crate::agent) async fn bounded<T, E: From<TrackingError>>(
        &self,
        agent: &Agent,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        in_time(&self.stop, agent.options.grace, work).await
    }
}

/// A trial's command is over, and its place free; what it gave is still being written down.
#[derive(Debug, Clone, Copy)]
pub(in crate::agent) struct CommandEnded {
    pub(in crate::agent) trial: TrialIndex,
    pub(in crate::agent) status: RunStatus,
    /// It was not worth continuing, but it worked.
    pub(in crate::agent) stopped_early: bool,
    pub(in crate::agent) ended: CommandExit,
}

/// Why an attempt has no outcome.
pub(in crate::agent) struct FailedTrial {
    pub(in crate::agent) error: AgentError,
    /// Its result waits in the journal: the trial is not to be run again.
    pub(in crate::agent) kept: bool,
}

impl From<AgentError> for FailedTrial {
    fn from(error: AgentError) -> Self {
        Self { error, kept: false }
    }
}

/// Something that is being saved.
pub(in crate::agent) type UploadTask = Task<Result<(), TrackingError>>;
