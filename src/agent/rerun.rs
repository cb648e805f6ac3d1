//! A trial that has its result, run once more with another seed. The run belongs to the sweep's parent, but it is no
//! trial: the ledger is not told, and the sweep counts it nowhere.

use tokio::sync::{mpsc, watch};

use super::error::AgentError;
use super::outcome::Outcome;
use super::setup::Agent;
use super::stop::StopRequest;
use super::trial::{CommandInput, PreparedTrial, Proposed, TrialChannels, run_prepared};
use crate::record::{Claim, tags};
use crate::space::Point;
use crate::tracking::RunId;
use crate::trial::{TrialIndex, rerun_seed};

/// What is to be run again.
#[derive(Debug, Clone)]
pub struct RepeatedTrial {
    /// The trial.
    pub trial: TrialIndex,
    /// Its run.
    pub original: RunId,
    /// What it was run with.
    pub point: Point,
    /// For the how-many-th time, from 1.
    pub number: u32,
}

impl RepeatedTrial {
    /// The name of the run.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}{}", Self::prefix(self.trial), self.number)
    }

    /// What the names of all reruns of a trial begin with; a number follows.
    #[must_use]
    pub fn prefix(trial: TrialIndex) -> String {
        format!("trial-{:04}-rerun-", trial.0)
    }
}

/// Runs a trial once more, with the same hand-over as trials have.
///
/// # Errors
/// Where the store or this machine fails.
pub async fn rerun(
    agent: &Agent,
    rerun: RepeatedTrial,
    stop: &watch::Sender<StopRequest>,
) -> Result<Outcome, AgentError> {
    let claim = Claim { trial: rerun.trial, attempt: 1, round: 1, preemptions: 0 };
    let seed = rerun_seed(agent.sweep.seed, rerun.trial, rerun.number);
    let name = rerun.name();
    // Not the trial's own folder: its checkpoints would be resumed.
    let handed = CommandInput { seed, checkpoints: name.clone(), apart: true };
    let proposed = Proposed { point: rerun.point, checkpoints_of: rerun.trial, tags: Vec::new() };
    let prepared = PreparedTrial::of(agent, claim, proposed, agent.look_at_code().await, handed)?;
    let mut new = prepared.new_run(agent);
    // Whatever reads the trials of a sweep goes by this tag.
    new.tags.retain(|(key, _)| key != tags::SWEEP_ID);
    new.tags.push((tags::RERUN_OF.to_owned(), rerun.original.to_string()));
    new.name = name;
    // Nobody waits for the place that becomes free.
    let (stop, parent) = (stop.subscribe(), watch::channel(None).1);
    let wires = TrialChannels { stop, parent, ended: mpsc::unbounded_channel().0 };
    run_prepared(agent, prepared, &new, &wires).await.map_err(|failed| failed.error)
}
