//! One trial for a program that runs trials itself: claimed, given a point and a run, and left to that program.
//!
//! What is asked for is a claim like those of agents. It lasts for a lease, which `sweep tell --alive` renews; one that ran
//! out is taken over by an agent, or given to the next program that asks.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::AgentError;
use super::liveness::{Takeover, TakeoverResult, pulse, reconcile};
use super::setup::Agent;
use super::stop::LAST_CHANCE;
use super::trial::{PreparedTrial, keep_patch, propose};
use crate::record::{Claim, DEFAULT_LEASE, SweepOrder, tags};
use crate::space::Point;
use crate::tracking::RunInfo;

/// The first look at the trials of others is followed by the next after so long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// What came of asking.
#[derive(Debug)]
pub enum AskAnswer {
    /// A trial.
    Trial(Box<AskedTrial>),
    /// None is free; so many are run by others, who may yet be lost.
    Busy(usize),
    /// The sweep is paused.
    Paused,
    /// The sweep was stopped or cancelled, or its time is up.
    Over,
    /// Every trial has its result.
    NothingLeft,
}

/// A trial that was asked for.
#[derive(Debug)]
pub struct AskedTrial {
    /// The claim.
    pub claim: Claim,
    /// Its run.
    pub run: RunInfo,
    /// What it is to be run with.
    pub point: Point,
    /// The seed for its command.
    pub seed: u32,
    /// Its command: program and arguments.
    pub argv: Vec<String>,
    /// The same as one line for `sh`.
    pub line: String,
    /// Variables to set.
    pub env: Vec<(String, OsString)>,
    /// Variables that it may not inherit.
    pub env_remove: Vec<&'static str>,
    /// Where the command is to run.
    pub folder: PathBuf,
}

/// Asks for a trial. Where none is free, it is waited for this long.
///
/// # Errors
/// Where the store, the strategy or this machine fails; the trial is given back then.
pub async fn ask(agent: &Arc<Agent>, patience: Duration) -> Result<AskAnswer, AgentError> {
    let until = Instant::now() + patience;
    let mut next = NextTrial { takeover: Takeover::default(), nothing_free: false };
    let mut pause = FIRST_PAUSE;
    loop {
        let answer = match next.look(agent).await? {
            FoundClaim::Claimed(claim) => match hand_out(agent, claim).await? {
                Some(trial) => return Ok(AskAnswer::Trial(Box::new(trial))),
                // There was no point left for it.
                None => continue,
            },
            FoundClaim::Nothing(answer) => answer,
        };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || !matches!(answer, AskAnswer::Busy(_) | AskAnswer::Paused) {
            return Ok(answer);
        }
        sleep(pause.min(left)).await;
        let lease = next.takeover.shortest_lease().unwrap_or(DEFAULT_LEASE).min(DEFAULT_LEASE);
        pause = (2 * pause).min(pulse(lease)).max(FIRST_PAUSE);
    }
}

enum FoundClaim {
    Claimed(Claim),
    Nothing(AskAnswer),
}

struct NextTrial {
    takeover: Takeover,
    /// All trials were started.
    nothing_free: bool,
}

impl NextTrial {
    /// A free trial, else one that was given back or lost.
    async fn look(&mut self, agent: &Agent) -> Result<FoundClaim, AgentError> {
        match agent.sweep.order(agent.store.as_ref()).await? {
            SweepOrder::Run => {}
            SweepOrder::Pause => return Ok(FoundClaim::Nothing(AskAnswer::Paused)),
            SweepOrder::Stop | SweepOrder::Cancel => return Ok(FoundClaim::Nothing(AskAnswer::Over)),
        }
        if agent.time_is_up(agent.machine.clock.now_ms()) {
            return Ok(FoundClaim::Nothing(AskAnswer::Over));
        }
        if !self.nothing_free {
            if let Some(claim) = agent.ledger.claim().await? {
                return Ok(FoundClaim::Claimed(claim));
            }
            self.nothing_free = true;
        }
        Ok(match self.takeover.look(agent, &HashSet::new()).await? {
            TakeoverResult::Claimed(claim) => FoundClaim::Claimed(claim),
            TakeoverResult::Others(others) => FoundClaim::Nothing(AskAnswer::Busy(others)),
            TakeoverResult::AllDone => {
                reconcile(agent).await?;
                FoundClaim::Nothing(AskAnswer::NothingLeft)
            }
        })
    }
}

/// Gives a claimed trial its point and its run; `None`: there is no point left for it.
async fn hand_out(agent: &Arc<Agent>, claim: Claim) -> Result<Option<AskedTrial>, AgentError> {
    match make(agent, claim).await {
        Ok(trial) => Ok(trial),
        Err(error) => {
            let back = agent.ledger.give_back(claim.trial, claim.attempt);
            // Should this fail as well, the trial is free after a lease.
            let _ = tokio::time::timeout(LAST_CHANCE, back).await;
            Err(error)
        }
    }
}

async fn make(agent: &Arc<Agent>, claim: Claim) -> Result<Option<AskedTrial>, AgentError> {
    let Some(proposed) = propose(agent, claim).await? else {
        if agent.is_behind().await? {
            agent.ledger.give_back(claim.trial, claim.attempt).await?;
            return Ok(None);
        }
        agent.ledger.settle_without_run(claim).await?;
        return Ok(None);
    };
    let mut prepared = PreparedTrial::new(agent, claim, proposed, agent.look_at_code().await)?;
    let mut new = prepared.new_run(agent);
    new.tags.push((tags::ASKED.to_owned(), "true".to_owned()));
    let run = agent.store.create_run(&new).await?;
    if let Some(mut patch) = keep_patch(agent, &run, &prepared.code)
        && let Some(Err(error)) = patch.join().await
    {
        tracing::warn!(%error, run = %run.id, "git.diff is not kept");
    }
    let uri = agent.hand_over.open(&run, &agent.config.experiment_name);
    let spec = prepared.spec(agent, &run, &uri);
    prepared.leave_params_file().map_err(|source| AgentError::Io {
        what: "the file of ${args_json_file} can't be kept".to_owned(),
        source,
    })?;
    Ok(Some(AskedTrial {
        claim,
        point: prepared.proposed.point.clone(),
        seed: prepared.seed(),
        argv: spec.argv,
        line: prepared.line(),
        env_remove: spec
            .env_remove
            .into_iter()
            .filter(|name| !spec.env.iter().any(|(set, _)| set == name))
            .collect(),
        env: spec.env,
        folder: agent.workdir.clone(),
        run,
    }))
}

#[cfg(test)]
#[path = "ask_tests.rs"]
mod tests;
