//! The attempts at one trial: its point, its run, its command, until it has its result or is given back.

use std::sync::Arc;

use super::channels::{FailedTrial, TrialChannels};
use super::execute::run_prepared;
use super::prepare::PreparedTrial;
use super::propose::propose;
use crate::agent::error::AgentError;
use crate::agent::event::Event;
use crate::agent::outcome::{Outcome, TrialFate};
use crate::agent::setup::Agent;
use crate::agent::stop::{LAST_CHANCE, StopLevel, asked_to_end};
use crate::record::{Claim, UnfinishedTrial};
use crate::tracking::TrackingError;

/// Runs a claimed trial and settles it; a failed attempt is followed by further ones, as many as are allowed. `None`:
/// there is no point left to run it with, or the agent was to end before it had one. Whatever goes wrong, the trial is
/// given back, to be run by another agent at once.
pub(in crate::agent) async fn run_trial(
    agent: Arc<Agent>,
    mut claim: Claim,
    wires: TrialChannels,
) -> Result<Option<Outcome>, AgentError> {
    loop {
        // In a box of its own: it is large, and a task is moved several times before it starts.
        let outcome = match Box::pin(run_attempt(&agent, claim, &wires)).await {
            Ok(Some(outcome)) => outcome,
            Ok(None) => return Ok(None),
            Err(FailedTrial { error, kept }) => {
                if !kept {
                    give_back(&agent, claim).await;
                }
                return Err(error);
            }
        };
        if outcome.fate != TrialFate::Retried {
            return Ok(Some(outcome));
        }
        let again = wires.bounded(&agent, claim_again(&agent, claim, &wires)).await?;
        match again {
            Some(next) => {
                (agent.events)(Event::Settled(&outcome));
                claim = next;
            }
            // It took so long that the trial was taken over, or no more are started.
            None => return Ok(Some(outcome)),
        }
    }
}

/// Claims the next attempt at a trial that failed; where no more are started, it is for other agents.
async fn claim_again(
    agent: &Agent,
    claim: Claim,
    wires: &TrialChannels,
) -> Result<Option<Claim>, TrackingError> {
    if wires.stop.borrow().level > StopLevel::No {
        agent.ledger.pass_on(claim.trial, claim.attempt).await?;
        return Ok(None);
    }
    let trial = UnfinishedTrial {
        trial: claim.trial,
        attempts: claim.attempt,
        token: agent.identity.agent.clone(),
        lease: agent.options.lease,
        round: claim.round,
        preemptions: claim.preemptions,
        given_back: false,
    };
    agent.ledger.claim_again(&trial).await
}

/// Lets another agent run the trial at once. Its reason is reported; should this fail as well, the trial is free
/// after a lease.
async fn give_back(agent: &Agent, claim: Claim) {
    let back = agent.ledger.give_back(claim.trial, claim.attempt);
    match tokio::time::timeout(LAST_CHANCE, back).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, trial = %claim.trial, "not given back"),
        Err(_) => tracing::warn!(trial = %claim.trial, "not given back: the store does not answer"),
    }
}

async fn run_attempt(
    agent: &Arc<Agent>,
    claim: Claim,
    wires: &TrialChannels,
) -> Result<Option<Outcome>, FailedTrial> {
    let proposed = tokio::select! {
        biased;
        proposed = wires.bounded(agent, propose(agent, claim)) => proposed?,
        // A model may take its time, and a large space its turns: anyone who is to end does not wait for them.
        () = asked_to_end(wires.stop.clone()) => {
            give_back(agent, claim).await;
            return Ok(None);
        }
    };
    let Some(proposed) = proposed else {
        // Of a newer version it may have a point: then it is for an agent that knows it.
        let newer = wires.bounded(agent, agent.is_behind()).await.map_err(AgentError::from)?;
        if newer {
            give_back(agent, claim).await;
            return Ok(None);
        }
        let settled = wires.bounded(agent, agent.ledger.settle_without_run(claim)).await;
        settled.map_err(AgentError::from)?;
        return Ok(None);
    };
    let prepared = PreparedTrial::new(agent, claim, proposed, agent.look_at_code().await)?;
    let new = prepared.new_run(agent);
    run_prepared(agent, prepared, &new, wires).await.map(Some)
}
