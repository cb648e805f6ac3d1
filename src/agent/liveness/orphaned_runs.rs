//! Runs that are still RUNNING when every trial has its result: of an agent that was lost before it could say so, or
//! the second copy that a store made when a request to make a run reached it twice.

use std::time::Duration;

use super::signs_of_life::SignsOfLife;
use crate::agent::setup::Agent;
use crate::agent::trial::AGENT_LOST;
use crate::record::{attempts_of, lease_of, running_runs, tags};
use crate::tracking::{Result, Run, RunId, RunUpdate};
use crate::trial::{RunStatus, TrialIndex};

/// What this agent has seen of them.
#[derive(Default)]
pub(in crate::agent) struct OrphanedRuns {
    signs: SignsOfLife<RunId>,
}

impl OrphanedRuns {
    /// Ends those that have shown no sign of life for a whole lease; returns how many others there are.
    pub(in crate::agent) async fn look(&mut self, agent: &Agent) -> Result<usize> {
        self.signs.begin_look();
        let alive = self.look_once(agent).await;
        self.signs.end_look();
        alive
    }

    async fn look_once(&mut self, agent: &Agent) -> Result<usize> {
        let running = running_runs(agent.store.as_ref(), &agent.sweep).await?;
        self.signs.retain(|id| running.iter().any(|run| run.info.id == *id));
        let mut alive = 0;
        for run in &running {
            let beat = run.tag(tags::HEARTBEAT).unwrap_or_default();
            if self.signs.is_lost(run.info.id.clone(), beat, lease_of(run)) {
                end(agent, run).await?;
            } else {
                alive += 1;
            }
        }
        Ok(alive)
    }

    /// The shortest lease of the agents that are watched.
    pub(in crate::agent) fn shortest_lease(&self) -> Option<Duration> {
        self.signs.shortest()
    }
}

async fn end(agent: &Agent, run: &Run) -> Result<()> {
    if is_copy(agent, run).await? {
        return agent.store.delete_run(&run.info.id).await;
    }
    let why = (tags::REASON.to_owned(), AGENT_LOST.to_owned());
    agent.store.log_batch(&run.info.id, &[], &[], &[why]).await?;
    let end_time = Some(agent.machine.clock.now_ms());
    let update = RunUpdate { status: Some(RunStatus::Killed), end_time, ..RunUpdate::default() };
    agent.store.update_run(&run.info.id, &update).await
}

/// Whether the same attempt of the same agent has another run, which is the one that it works with.
async fn is_copy(agent: &Agent, run: &Run) -> Result<bool> {
    let Some(trial) = run.tag(tags::TRIAL).and_then(|index| index.parse().ok()) else { return Ok(false) };
    let same = |other: &Run, key| other.tag(key) == run.tag(key);
    let attempts = attempts_of(agent.store.as_ref(), &agent.sweep, TrialIndex(trial)).await?;
    Ok(run.tag(tags::HEARTBEAT).is_none()
        && attempts.iter().any(|other| {
            other.info.id != run.info.id && same(other, tags::ATTEMPT) && same(other, tags::AGENT)
        }))
}
