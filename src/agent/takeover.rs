//! Trials that others began and did not finish: given back, or left behind by an agent that is lost.

use std::collections::HashSet;

use tokio::time::Instant;

use super::Agent;
use super::signs::Signs;
use crate::process::now_ms;
use crate::record::{Claim, Unfinished, attempts_of, tags};
use crate::tracking::{Result, RunUpdate};
use crate::trial::{RunStatus, TrialIndex};

/// What a look at the unfinished trials gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// One of them is ours now.
    Claimed(Claim),
    /// So many are run by others.
    Others(usize),
    /// Every trial that was begun has its result.
    AllDone,
}

/// What this agent has seen of the trials of others, on its own clock.
#[derive(Default)]
pub(super) struct Takeover {
    signs: Signs<TrialIndex>,
}

impl Takeover {
    /// Looks at all trials without a result but `own`, and claims one that is given back or lost.
    pub(super) async fn look(&mut self, agent: &Agent, own: &HashSet<TrialIndex>) -> Result<Look> {
        let asked = Instant::now();
        let unfinished = agent.ledger.unfinished().await?;
        self.signs.answered(asked, agent.options.lease);
        let others: Vec<Unfinished> =
            unfinished.into_iter().filter(|trial| !own.contains(&trial.trial)).collect();
        self.signs.retain(|trial| others.iter().any(|other| other.trial == *trial));
        for trial in &others {
            if !(trial.given_back || self.is_lost(agent, trial).await?) {
                continue;
            }
            self.signs.forget(&trial.trial);
            if let Some(claim) = agent.ledger.claim_again(trial).await? {
                supersede(agent, claim).await?;
                return Ok(Look::Claimed(claim));
            }
        }
        Ok(if others.is_empty() { Look::AllDone } else { Look::Others(others.len()) })
    }

    /// Whether the trial has shown the same sign of life for a whole lease.
    async fn is_lost(&mut self, agent: &Agent, trial: &Unfinished) -> Result<bool> {
        let asked = Instant::now();
        let sign = sign_of(agent, trial).await?;
        self.signs.answered(asked, agent.options.lease);
        Ok(self.signs.is_lost(trial.trial, sign, agent.options.lease))
    }
}

/// What the latest attempt shows: its number, its agent, its run and its heartbeat. An agent may be lost before it made
/// the run.
async fn sign_of(agent: &Agent, trial: &Unfinished) -> Result<String> {
    let runs = attempts_of(agent.store.as_ref(), &agent.sweep, trial.trial).await?;
    let beats: Vec<String> = runs
        .iter()
        .filter(|run| run.tag(tags::AGENT) == Some(&trial.token))
        .map(|run| format!("{}={}", run.info.id, run.tag(tags::HEARTBEAT).unwrap_or_default()))
        .collect();
    Ok(format!("{} {} {}", trial.attempts, trial.token, beats.join(" ")))
}

/// Tells the former attempts that they are no longer wanted, and ends their runs. An agent that was only suspended
/// finds the tag at its next heartbeat and stops its command.
async fn supersede(agent: &Agent, claim: Claim) -> Result<()> {
    for run in attempts_of(agent.store.as_ref(), &agent.sweep, claim.trial).await? {
        // A script's own exit hook may have ended its run; only its agent says how the command ended.
        let settled = run.tag(tags::EXIT_CODE).or(run.tag(tags::SIGNAL)).is_some();
        if run.info.status.is_final() && settled {
            continue;
        }
        let notes = [
            (tags::SUPERSEDED_BY.to_owned(), claim.attempt.to_string()),
            (tags::REASON.to_owned(), "its agent was lost".to_owned()),
        ];
        agent.store.log_batch(&run.info.id, &[], &[], &notes).await?;
        let update =
            RunUpdate { status: Some(RunStatus::Killed), end_time: Some(now_ms()), ..RunUpdate::default() };
        agent.store.update_run(&run.info.id, &update).await?;
    }
    Ok(())
}
