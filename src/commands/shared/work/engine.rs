//! How an agent ends that an engine runs.

use std::time::Duration;

use super::super::context::Context;
use super::super::exit::Exit;
use super::args::Allocation;
use crate::agent::EndReason;
use crate::launch::{LaunchEngine, slurm_job};
use crate::process::{aside, call_program};

/// How long Slurm may take to be asked for another run.
const PATIENCE: Duration = Duration::from_secs(20);

/// How an agent's work ended.
#[derive(Debug, Clone, Copy)]
pub struct AgentEnding {
    pub end: EndReason,
    /// The exit code of the first signal.
    pub signal: Option<Exit>,
    /// It stopped because its trials fail.
    pub gave_up: bool,
    /// What the trials say.
    pub failed: Exit,
}

impl AgentEnding {
    /// How the program ends. Engines go by exit codes: that a trial failed is no failure of its agent, and one that was
    /// interrupted may be run again.
    pub fn exit(&self, allocation: &Allocation) -> Exit {
        if self.end == EndReason::OutOfTime {
            return Exit::TryAgain;
        }
        if allocation.engine.is_none() {
            return self.signal.unwrap_or(self.failed);
        }
        match (self.signal, self.gave_up) {
            (Some(_), _) if self.end == EndReason::Stopped => Exit::TryAgain,
            (_, true) => Exit::WorkFailed,
            _ => Exit::Done,
        }
    }

    /// Whether its time is up, and nobody wants it to end for good: `scancel` and preemption send SIGTERM.
    fn is_out_of_time(&self) -> bool {
        !matches!(self.signal, Some(Exit::Terminated | Exit::Interrupted))
    }
}

/// Asks Slurm to run the agent again, which ends it.
pub async fn requeue(context: &Context, ending: &AgentEnding, allocation: &Allocation) {
    let job = slurm_job(&|name| std::env::var(name).ok());
    let (true, Some(LaunchEngine::Slurm), Some(job)) = (allocation.requeue, allocation.engine, job) else {
        return;
    };
    if !ending.is_out_of_time() {
        return;
    }
    context.ui.say(&format!("Requeued: job {job} runs again, since trials are left."));
    let argv = ["scontrol", "requeue", &job].map(str::to_owned);
    match aside(move || call_program(&argv, None, PATIENCE)).await {
        Some(Ok(answer)) if answer.success => {}
        Some(Ok(answer)) => context.ui.warn(&format!("`scontrol requeue` failed: {}", answer.stderr.trim())),
        Some(Err(error)) => context.ui.warn(&format!("`scontrol requeue` cannot be called: {error}")),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(engine: Option<LaunchEngine>, end: EndReason, signal: Option<Exit>, failed: Exit) -> u8 {
        let gave_up = matches!(end, EndReason::Failures);
        let allocation = Allocation { engine, ..Allocation::default() };
        AgentEnding { end, signal, gave_up, failed }.exit(&allocation).code()
    }

    #[test]
    fn an_engine_learns_whether_the_agent_is_to_run_again_and_nothing_of_its_trials() {
        use EndReason::{Failures, NothingLeft, OutOfTime, Stopped};
        let slurm = Some(LaunchEngine::Slurm);
        assert_eq!(ends(slurm, NothingLeft, None, Exit::WorkFailed), 0);
        assert_eq!(ends(slurm, Stopped, Some(Exit::Terminated), Exit::Done), 75);
        // `sweep stop`.
        assert_eq!(ends(slurm, Stopped, None, Exit::Done), 0);
        assert_eq!(ends(slurm, OutOfTime, None, Exit::Done), 75);
        assert_eq!(ends(slurm, Failures, None, Exit::WorkFailed), 1);
        // A person reads of the trials, and of the signal.
        assert_eq!(ends(None, NothingLeft, None, Exit::WorkFailed), 1);
        assert_eq!(ends(None, Stopped, Some(Exit::Terminated), Exit::Done), 143);
    }
}
