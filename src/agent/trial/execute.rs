//! One attempt: its run is made and passed on to the command, which is watched to its end.

use std::sync::Arc;

use super::channels::{FailedTrial, TrialChannels, UploadTask};
use super::cut::WatchedCommand;
use super::finish::finish;
use super::prepare::PreparedTrial;
use super::provenance::CodeState;
use super::watch::watch_command;
use crate::agent::error::AgentError;
use crate::agent::event::Event;
use crate::agent::journal::abandon;
use crate::agent::liveness::Heartbeat;
use crate::agent::outcome::Outcome;
use crate::agent::setup::Agent;
use crate::agent::stop::LAST_CHANCE;
use crate::agent::tasks::Task;
use crate::process::{SpawnError, SpawnErrorScope};
use crate::record::{Claim, tags};
use crate::tracking::{NewRun, RunId, RunInfo};

/// Makes the run, hands it over to the command, watches that to its end, and settles it.
pub(in crate::agent) async fn run_prepared(
    agent: &Agent,
    mut prepared: PreparedTrial,
    new: &NewRun,
    wires: &TrialChannels,
) -> Result<Outcome, FailedTrial> {
    let claim = prepared.claim;
    let run = wires.bounded(agent, agent.store.create_run(new)).await.map_err(AgentError::from)?;
    let patch = keep_patch(agent, &run, &prepared.code);
    // Until the store has the result: bringing it there may take longer than a lease.
    let mut heartbeat = Heartbeat::start(agent, run.id.clone());
    let watched = {
        let uri = agent.hand_over.open(&run, &agent.config.experiment_name);
        let spec = prepared.spec(agent, &run, &uri);
        let taken = agent.ledger.taken().await;
        (agent.events)(Event::Started { claim, run: &run.id, point: &prepared.proposed.point, taken });
        let mut watched = match agent.machine.processes.spawn(&spec) {
            Ok(child) => watch_command(agent, claim, &run.id, child, &mut heartbeat, wires).await,
            Err(error) => not_started(agent, claim, &run.id, error),
        };
        if let Ok(watched) = &mut watched {
            watched.beside = agent.hand_over.made(&uri);
        }
        agent.hand_over.close(&uri);
        watched
    };
    // The next command may start as soon as this one is over: its GPU must be free by then.
    drop(prepared.gpu.take());
    // Only where the trial left nothing in it.
    let _ = std::fs::remove_dir(&prepared.checkpoint_dir);
    match watched {
        Ok(watched) => finish(agent, &run, &prepared, watched, patch, wires).await,
        Err(error) => {
            let abandoned = abandon(agent.store.as_ref(), &run.id, &error, agent.machine.clock.now_ms());
            // Others find out without it, after a lease.
            let _ = tokio::time::timeout(LAST_CHANCE, abandoned).await;
            Err(error.into())
        }
    }
}

/// What becomes of a trial whose command did not start. Its own values are a reason to fail this trial alone; all else
/// ends the agent.
fn not_started(
    agent: &Agent,
    claim: Claim,
    run: &RunId,
    error: SpawnError,
) -> Result<WatchedCommand, AgentError> {
    if error.blame() != SpawnErrorScope::Values {
        return Err(error.into());
    }
    let text = format!("{error}: {} ({})", error.source, error.hint());
    (agent.events)(Event::Note { trial: claim.trial, text: &text });
    Ok(WatchedCommand::not_started(&agent.live_log(run), &text, agent.machine.clock.now_ms()))
}

/// Keeps the changes since the commit with the run, while the command runs.
pub(in crate::agent) fn keep_patch(agent: &Agent, run: &RunInfo, code: &CodeState) -> Option<UploadTask> {
    let patch = code.patch()?.to_vec();
    let (store, run) = (Arc::clone(&agent.store), run.clone());
    let upload = async move { store.put_artifact(&run, tags::GIT_DIFF_ARTIFACT, patch).await };
    Some(Task::start(&agent.machine.tasks, upload))
}
