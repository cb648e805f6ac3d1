//! Watching a command to its end, and ending it where it must be.

use std::sync::atomic::Ordering;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::by_hand::ended_by_hand;
use super::channels::TrialChannels;
use super::cut::{StopReason, WatchedCommand};
use super::from_output::FromOutput;
use super::stopper::Stopper;
use crate::agent::error::AgentError;
use crate::agent::event::Event;
use crate::agent::liveness::{Heartbeat, LostRun, left_behind};
use crate::agent::processes::Process;
use crate::agent::setup::Agent;
use crate::agent::stop::{StopLevel, StopRequest};
use crate::process::{CommandExit, Tail};
use crate::record::Claim;
use crate::tracking::RunId;

/// What is sent to all processes of a job, or of a machine, that is to end.
const ENDING: [Signal; 5] =
    [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGXCPU];
/// An agent has heard by then what its command died of.
const HEARD_WITHIN: Duration = Duration::from_secs(1);

/// Watches a command until it has ended, by itself, by the agent's `stop`, by `trial_timeout`, by a person,
/// or because the trial was taken over.
pub(in crate::agent) async fn watch_command(
    agent: &Agent,
    claim: Claim,
    run: &RunId,
    mut child: Box<dyn Process>,
    heartbeat: &mut Heartbeat,
    wires: &TrialChannels,
) -> Result<WatchedCommand, AgentError> {
    let broken = |source| AgentError::Io { what: format!("trial {} can't be watched", claim.trial), source };
    let (mut stop, mut parent) = (wires.stop.clone(), wires.parent.clone());
    let started = Instant::now();
    let mut tail = Tail::at(&agent.live_log(run));
    let mut from_output = FromOutput::start(&agent.config, &agent.store, &agent.machine, run);
    let mut stopper = Stopper::start(agent, claim.trial, run);
    let mut verdict = None;
    let mut ending = Ending {
        cut: None,
        level: StopLevel::No,
        deadline: agent.config.trial_timeout.map(|timeout| started + timeout),
        grace: agent.options.grace,
    };
    let ended = loop {
        let mut on_output = |bytes: &[u8]| {
            (agent.events)(Event::Output { trial: claim.trial, bytes });
            tail.push(bytes);
            if let Some(from_output) = &mut from_output {
                from_output.push(bytes);
            }
        };
        tokio::select! {
            // What has ended by itself is not stopped.
            biased;
            ended = child.watch(&mut on_output) => break ended.map_err(broken)?,
            asked = asked_beyond(&mut stop, ending.level) => {
                let cut = if asked.give_back { StopReason::TakenAway } else { StopReason::Stopped };
                ending.escalate(child.as_ref(), asked.level, cut);
            }
            lost = heartbeat.lost(), if ending.cut.is_none() => {
                let cut = if lost == LostRun::Deleted { StopReason::Deleted } else { StopReason::Superseded };
                ending.escalate(child.as_ref(), StopLevel::Terminate, cut);
            }
            () = reached(ending.deadline) => ending.time_is_up(child.as_ref()),
            by_hand = ended_by_hand(agent, claim, run, &mut parent), if ending.cut.is_none() => {
                ending.escalate(child.as_ref(), StopLevel::Terminate, StopReason::StoppedEarly);
                verdict = Some(by_hand);
            }
            stop = stopper.decided(), if verdict.is_none() && ending.cut.is_none() => {
                if is_shadow(agent) {
                    (agent.events)(Event::WouldStop { trial: claim.trial, stop: &stop });
                } else {
                    ending.escalate(child.as_ref(), StopLevel::Terminate, StopReason::StoppedEarly);
                }
                verdict = Some(stop);
            }
        }
    };
    let (took, end_time) = (started.elapsed(), agent.machine.clock.now_ms());
    if ending.cut.is_none() {
        ending.cut = engine_cut(agent, ended, &mut stop).await;
    }
    let strays = child.end_strays(ending.grace_left(), Box::pin(killed(&mut stop))).await;
    if strays > 0 && !agent.strays_told.swap(true, Ordering::Relaxed) {
        (agent.events)(Event::Note { trial: claim.trial, text: &left_behind(strays) });
    }
    let note = |text: &str| (agent.events)(Event::Note { trial: claim.trial, text });
    if let Some(error) = tail.broken() {
        note(&format!("its log is cut, and the trial is settled without the rest: {error}"));
    }
    let unsent = match from_output {
        Some(from_output) => from_output.finish(note).await,
        None => Vec::new(),
    };
    Ok(WatchedCommand { ended, cut: ending.cut, verdict, took, tail, end_time, unsent, beside: Vec::new() })
}

fn is_shadow(agent: &Agent) -> bool {
    agent.early.as_ref().is_some_and(|early| early.shadow)
}

/// How far the end of a command has been brought about.
struct Ending {
    cut: Option<StopReason>,
    /// What has been done: nothing, `Terminate` or `Kill`.
    level: StopLevel,
    /// When the next step is due.
    deadline: Option<Instant>,
    grace: Duration,
}

impl Ending {
    fn escalate(&mut self, child: &dyn Process, level: StopLevel, cut: StopReason) {
        self.cut.get_or_insert(cut);
        self.level = level;
        if level == StopLevel::Kill {
            child.kill();
            self.deadline = None;
        } else {
            child.terminate();
            self.deadline = Some(Instant::now() + self.grace);
        }
    }

    /// What is left of the grace for processes that outlive the command.
    fn grace_left(&self) -> Duration {
        match self.level {
            StopLevel::No | StopLevel::Drain => self.grace,
            StopLevel::Terminate => self
                .deadline
                .map_or(self.grace, |deadline| deadline.saturating_duration_since(Instant::now())),
            StopLevel::Kill => Duration::ZERO,
        }
    }

    fn time_is_up(&mut self, child: &dyn Process) {
        let next = if self.level < StopLevel::Terminate { StopLevel::Terminate } else { StopLevel::Kill };
        self.escalate(child, next, StopReason::TimedOut);
    }
}

/// Why a command was ended that seems to have ended by itself. An engine, or a system that is shut down, sends its signal to
/// agents and commands alike, and a command may die of it before its agent has heard of it.
async fn engine_cut(
    agent: &Agent,
    ended: CommandExit,
    stop: &mut watch::Receiver<StopRequest>,
) -> Option<StopReason> {
    let by_signal = ENDING.iter().any(|signal| ended.code() == 128 + *signal as i32);
    if !by_signal && (ended.success() || !agent.options.engine) {
        return None;
    }
    let asked = timeout(HEARD_WITHIN, asked_beyond(stop, StopLevel::No)).await.ok()?;
    Some(if asked.give_back { StopReason::TakenAway } else { StopReason::Stopped })
}

/// Waits until the agent is asked to end its commands more firmly than it has done already.
async fn asked_beyond(stop: &mut watch::Receiver<StopRequest>, done: StopLevel) -> StopRequest {
    let asked =
        stop.wait_for(|stop| stop.level >= StopLevel::Terminate && stop.level > done).await.map(|stop| *stop);
    match asked {
        Ok(stop) => stop,
        // Nobody is left to ask.
        Err(_) => std::future::pending().await,
    }
}

/// Waits until the agent is asked to end its commands at once.
async fn killed(stop: &mut watch::Receiver<StopRequest>) {
    if stop.wait_for(|stop| stop.level == StopLevel::Kill).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn reached(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
