//! The agent's loop: as many trials side by side as asked for, until there is a reason to end.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::event::{Event, Outcome};
use super::stop::Stop;
use super::work::run_trial;
use super::{Agent, AgentError};
use crate::trial::RunStatus;

/// What an agent did.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Trials that ended well.
    pub finished: u64,
    /// Trials whose command failed.
    pub failed: u64,
    /// Trials that were stopped.
    pub killed: u64,
    /// The last trial that failed.
    pub last_failure: Option<Outcome>,
    /// Why the agent ended.
    pub end: EndReason,
}

/// Why an agent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndReason {
    /// Every trial that may be run is taken.
    #[default]
    NothingLeft,
    /// It ran as many as it was asked to.
    Count,
    /// Too many failures in a row.
    Failures,
    /// It was asked to stop.
    Stopped(Stop),
}

/// Runs trials until none is left, the count is reached, too many fail in a row, or `stop` says so.
///
/// # Errors
/// Where the store, the strategy or this machine fails; the trials that were running are finished first.
pub async fn run(agent: Arc<Agent>, stop: watch::Receiver<Stop>) -> Result<Summary, AgentError> {
    let mut round = Round::new(agent, stop);
    loop {
        round.start_trials().await;
        let Some(outcome) = round.running.join_next().await else { break };
        match outcome {
            Ok(Ok(outcome)) => round.count(outcome),
            Ok(Err(error)) => round.fail(error),
            Err(error) => round.fail(AgentError::Io {
                what: "a trial was cut off".into(),
                source: std::io::Error::other(error),
            }),
        }
    }
    round.finish()
}

struct Round {
    agent: Arc<Agent>,
    stop: watch::Receiver<Stop>,
    running: JoinSet<Result<Outcome, AgentError>>,
    started: u64,
    failures_in_a_row: u32,
    nothing_left: bool,
    summary: Summary,
    error: Option<AgentError>,
}

impl Round {
    fn new(agent: Arc<Agent>, stop: watch::Receiver<Stop>) -> Self {
        Self {
            agent,
            stop,
            running: JoinSet::new(),
            started: 0,
            failures_in_a_row: 0,
            nothing_left: false,
            summary: Summary::default(),
            error: None,
        }
    }

    /// Fills the free places.
    async fn start_trials(&mut self) {
        while self.running.len() < self.agent.options.jobs
            && self.end_reason().is_none()
            && self.error.is_none()
        {
            match self.agent.ledger.claim().await {
                Ok(Some(claim)) => {
                    self.started += 1;
                    self.running.spawn(run_trial(Arc::clone(&self.agent), claim, self.stop.clone()));
                }
                Ok(None) => self.nothing_left = true,
                Err(error) => self.fail(error.into()),
            }
        }
    }

    /// Why no further trial is started; `None`: one may be.
    fn end_reason(&self) -> Option<EndReason> {
        let options = &self.agent.options;
        let level = *self.stop.borrow();
        if level > Stop::No {
            return Some(EndReason::Stopped(level));
        }
        if self.failures_in_a_row >= options.max_failures {
            return Some(EndReason::Failures);
        }
        if self.nothing_left {
            return Some(EndReason::NothingLeft);
        }
        options.count.is_some_and(|count| self.started >= count).then_some(EndReason::Count)
    }

    fn count(&mut self, outcome: Outcome) {
        (self.agent.events)(Event::Settled(&outcome));
        match outcome.status {
            RunStatus::Finished => {
                self.summary.finished += 1;
                self.failures_in_a_row = 0;
            }
            RunStatus::Failed => {
                self.summary.failed += 1;
                self.failures_in_a_row += 1;
                self.summary.last_failure = Some(outcome);
            }
            _ => self.summary.killed += 1,
        }
    }

    /// The first failure of the store or machine is what the agent ends with.
    fn fail(&mut self, error: AgentError) {
        self.error.get_or_insert(error);
    }

    fn finish(mut self) -> Result<Summary, AgentError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.summary.end = self.end_reason().unwrap_or_default();
        Ok(self.summary)
    }
}
