//! Watching a command to its end, and ending it where it must be.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::event::Event;
use super::stop::Stop;
use super::{Agent, AgentError};
use crate::process::{Child, Ended, Tail, now_ms};
use crate::record::Claim;

/// Why a command was ended before it ended itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The agent was asked to stop.
    Stopped,
    /// `trial_timeout` ran out.
    TimedOut,
}

/// A command that is over.
pub(super) struct Watched {
    pub(super) ended: Ended,
    pub(super) cut: Option<Cut>,
    pub(super) took: Duration,
    pub(super) tail: Tail,
    /// Epoch milliseconds.
    pub(super) end_time: i64,
}

/// Watches a command until it has ended, by itself, by the agent's `stop` or by `trial_timeout`.
pub(super) async fn watch_command(
    agent: &Agent,
    claim: Claim,
    mut child: Child,
    mut stop: watch::Receiver<Stop>,
) -> Result<Watched, AgentError> {
    let broken = |source| AgentError::Io { what: format!("trial {} can't be watched", claim.trial), source };
    let started = Instant::now();
    let mut tail = Tail::new().map_err(broken)?;
    let mut disk = Ok(());
    let mut ending = Ending {
        cut: None,
        level: Stop::No,
        deadline: agent.config.trial_timeout.map(|timeout| started + timeout),
        grace: agent.options.grace,
    };
    let ended = loop {
        let on_output = |bytes: &[u8]| {
            (agent.events)(Event::Output { trial: claim.trial, bytes });
            if let Err(error) = tail.push(bytes) {
                disk = Err(error);
            }
        };
        tokio::select! {
            ended = child.watch(on_output) => break ended.map_err(broken)?,
            level = asked_beyond(&mut stop, ending.level) => ending.escalate(&child, level, Cut::Stopped),
            () = reached(ending.deadline) => ending.time_is_up(&child),
        }
    };
    disk.map_err(broken)?;
    Ok(Watched { ended, cut: ending.cut, took: started.elapsed(), tail, end_time: now_ms() })
}

/// How far the end of a command has been brought about.
struct Ending {
    cut: Option<Cut>,
    /// What has been done: nothing, `Terminate` or `Kill`.
    level: Stop,
    /// When the next step is due.
    deadline: Option<Instant>,
    grace: Duration,
}

impl Ending {
    fn escalate(&mut self, child: &Child, level: Stop, cut: Cut) {
        self.cut.get_or_insert(cut);
        self.level = level;
        if level == Stop::Kill {
            child.kill();
            self.deadline = None;
        } else {
            child.terminate();
            self.deadline = Some(Instant::now() + self.grace);
        }
    }

    fn time_is_up(&mut self, child: &Child) {
        let next = if self.level < Stop::Terminate { Stop::Terminate } else { Stop::Kill };
        self.escalate(child, next, Cut::TimedOut);
    }
}

/// Waits until the agent is asked to end its commands more firmly than it has done already.
async fn asked_beyond(stop: &mut watch::Receiver<Stop>, done: Stop) -> Stop {
    match stop.wait_for(|level| *level >= Stop::Terminate && *level > done).await {
        Ok(level) => *level,
        // Nobody is left to ask.
        Err(_) => std::future::pending().await,
    }
}

async fn reached(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
