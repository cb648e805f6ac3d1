//! Trials that others began and did not finish: given back, or left behind by an agent that is lost.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::orphaned_processes::end_earlier;
use super::signs_of_life::SignsOfLife;
use crate::agent::event::Event;
use crate::agent::journal::{end_run, settle_for, written_status};
use crate::agent::setup::Agent;
use crate::agent::trial::{AGENT_LOST, GIVEN_BACK};
use crate::record::{Claim, UnfinishedTrial, attempt_of, attempts_of, index_of, running_runs, tags};
use crate::tracking::{Result, Run};
use crate::trial::{RunStatus, TrialIndex};

/// Trials whose runs are asked for one by one in a look: most can be seen by one search for what runs.
const MOST_ASKED: usize = 16;

/// What a look at the unfinished trials gave.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::agent) enum TakeoverResult {
    /// One of them is ours now.
    Claimed(Claim),
    /// So many are run by others.
    Others(usize),
    /// Every trial that was started has its result.
    AllDone,
}

/// What this agent has seen of the trials of others, on its own clock.
#[derive(Default)]
pub(in crate::agent) struct Takeover {
    signs: SignsOfLife<TrialIndex>,
}

impl Takeover {
    /// Looks at all trials without a result but `own`, and claims one that is given back or lost. One of a lost agent that
    /// had only to be entered, or whose result lies in the journal here, gets its result.
    pub(in crate::agent) async fn look(
        &mut self,
        agent: &Agent,
        own: &HashSet<TrialIndex>,
    ) -> Result<TakeoverResult> {
        loop {
            self.signs.begin_look();
            let look = self.look_once(agent, own).await;
            self.signs.end_look();
            if let Some(look) = look? {
                return Ok(look);
            }
        }
    }

    /// `None`: results were delivered, and the ledger says something else by now.
    async fn look_once(
        &mut self,
        agent: &Agent,
        own: &HashSet<TrialIndex>,
    ) -> Result<Option<TakeoverResult>> {
        let unfinished = agent.ledger.unfinished().await?;
        let others: Vec<UnfinishedTrial> =
            unfinished.into_iter().filter(|trial| !own.contains(&trial.trial)).collect();
        self.signs.retain(|trial| others.iter().any(|other| other.trial == *trial));
        let mut sight = match others.iter().any(|trial| !trial.given_back) {
            true => Sighting::of(running_runs(agent.store.as_ref(), &agent.sweep).await?),
            false => Sighting::default(),
        };
        let mut left = others.len();
        for trial in &others {
            if !trial.given_back {
                let Some(sign) = sight.sign(agent, trial).await? else { continue };
                if !self.signs.is_lost(trial.trial, &sign, trial.lease) {
                    continue;
                }
                self.signs.forget(&trial.trial);
                if deliver_left(agent).await? {
                    return Ok(None);
                }
                if enter_result(agent, trial).await? {
                    left -= 1;
                    continue;
                }
            }
            if let Some(claim) = agent.ledger.claim_again(trial).await? {
                supersede(agent, claim).await?;
                return Ok(Some(TakeoverResult::Claimed(claim)));
            }
        }
        Ok(Some(if left == 0 { TakeoverResult::AllDone } else { TakeoverResult::Others(left) }))
    }

    /// The shortest lease of the agents that are watched.
    pub(in crate::agent) fn shortest_lease(&self) -> Option<Duration> {
        self.signs.shortest()
    }
}

/// The runs that one look has found.
#[derive(Default)]
struct Sighting {
    running: HashMap<TrialIndex, Vec<Run>>,
    asked: usize,
}

impl Sighting {
    fn of(runs: Vec<Run>) -> Self {
        let mut running: HashMap<TrialIndex, Vec<Run>> = HashMap::new();
        for run in runs {
            if let Some(trial) = index_of(&run) {
                running.entry(trial).or_default().push(run);
            }
        }
        Self { running, asked: 0 }
    }

    /// What the latest attempt shows: its number, its agent, its runs and their heartbeats. An agent may be lost before it
    /// made a run, and a script may end its run long before its command ends: then the runs are asked for; `None`:
    /// enough of them in this look.
    async fn sign(&mut self, agent: &Agent, trial: &UnfinishedTrial) -> Result<Option<String>> {
        let own = |run: &&Run| run.tag(tags::AGENT) == Some(&trial.token);
        let beats = |runs: &[Run]| -> Vec<String> {
            let beat = |run: &Run| run.tag(tags::HEARTBEAT).unwrap_or_default().to_owned();
            let mut beats: Vec<String> =
                runs.iter().filter(own).map(|run| format!("{}={}", run.info.id, beat(run))).collect();
            beats.sort();
            beats
        };
        let mut seen = self.running.get(&trial.trial).map(|runs| beats(runs)).unwrap_or_default();
        if seen.is_empty() {
            self.asked += 1;
            if self.asked > MOST_ASKED {
                return Ok(None);
            }
            seen = beats(&attempts_of(agent.store.as_ref(), &agent.sweep, trial.trial).await?);
        }
        Ok(Some(format!("{} {} {}", trial.attempts, trial.token, seen.join(" "))))
    }
}

/// Delivers what lost agents have left in the journal of this directory: their results are not to be worked for again.
/// Whether there was any.
async fn deliver_left(agent: &Agent) -> Result<bool> {
    if agent.journal.kept() == 0 {
        return Ok(false);
    }
    let posted = agent.journal.post(agent.store.as_ref(), &agent.ledger).await;
    for (what, why) in &posted.refused {
        let text = format!("{what} in the journal can't be delivered, and is set aside as *.refused: {why}");
        (agent.events)(Event::Warning { text: &text });
    }
    match posted.error {
        Some(error) => Err(error),
        None => Ok(posted.delivered + posted.dropped > 0),
    }
}

/// Settles the trial of a lost agent whose command had ended, as its run says; false where it must be run again.
async fn enter_result(agent: &Agent, trial: &UnfinishedTrial) -> Result<bool> {
    let runs = attempts_of(agent.store.as_ref(), &agent.sweep, trial.trial).await?;
    let Some(run) = result_among(&runs, trial, agent.options.retries) else { return Ok(false) };
    let UnfinishedTrial { trial, round, preemptions, .. } = *trial;
    let claim = Claim { trial, attempt: attempt_of(run), round, preemptions };
    settle_for(agent.store.as_ref(), &agent.ledger, claim, run).await?;
    end_earlier(agent, claim, &runs).await;
    (agent.events)(Event::Note {
        trial,
        text: "its agent was lost after it had ended: it has its result now",
    });
    Ok(true)
}

/// The run that is the result of a trial whose agent was lost before it had entered it: the latest attempt that says how
/// its command ended. An earlier attempt counts only where it ended well: else the later one was there to repeat it.
fn result_among<'a>(runs: &'a [Run], trial: &UnfinishedTrial, retries: u32) -> Option<&'a Run> {
    let of_round = runs.iter().filter(|run| attempt_of(run) >= trial.round);
    let run = of_round.filter(|run| is_written(run)).max_by_key(|run| attempt_of(run))?;
    let latest = attempt_of(run) >= trial.attempts;
    let attempts_before = attempt_of(run).saturating_sub(trial.round.saturating_add(trial.preemptions));
    match written_status(run) {
        RunStatus::Finished => Some(run),
        RunStatus::Failed if attempts_before < retries => None,
        _ => latest.then_some(run),
    }
}

/// Whether a run's agent wrote down how its command ended, and meant it as the trial's result. A script's own exit hook may
/// have ended its run; only its agent says how the command ended.
fn is_written(run: &Run) -> bool {
    run.tag(tags::EXIT_CODE).or(run.tag(tags::SIGNAL)).is_some()
        && run.tag(tags::SUPERSEDED_BY).is_none()
        && !matches!(run.tag(tags::REASON), Some(AGENT_LOST | GIVEN_BACK))
}

/// Tells the former attempts that they are no longer wanted, and ends their runs. An agent that was only suspended
/// finds the tag at its next heartbeat and stops its command.
async fn supersede(agent: &Agent, claim: Claim) -> Result<()> {
    let attempts = attempts_of(agent.store.as_ref(), &agent.sweep, claim.trial).await?;
    end_earlier(agent, claim, &attempts).await;
    for run in attempts {
        if !is_to_be_superseded(&run, claim) {
            continue;
        }
        let notes = [
            (tags::SUPERSEDED_BY.to_owned(), claim.attempt.to_string()),
            (tags::REASON.to_owned(), AGENT_LOST.to_owned()),
        ];
        agent.store.log_batch(&run.info.id, &[], &[], &notes).await?;
        let end = run.info.end_time.unwrap_or_else(|| agent.machine.clock.now_ms());
        end_run(agent.store.as_ref(), &run.info.id, RunStatus::Killed, end).await?;
    }
    Ok(())
}

/// What belongs to a round before this one has its result, and what was killed, or failed and is repeated, has been told
/// of. A run that looks as if it had ended well does not count, no matter who ended it.
fn is_to_be_superseded(run: &Run, claim: Claim) -> bool {
    let attempt = attempt_of(run);
    let is_settled = [tags::EXIT_CODE, tags::SIGNAL, tags::REASON].iter().any(|key| run.tag(key).is_some());
    let is_told = run.info.status.is_final() && run.info.status != RunStatus::Finished && is_settled;
    attempt >= claim.round && attempt < claim.attempt && !is_told
}

#[cfg(test)]
#[path = "takeover_tests.rs"]
mod tests;
