//! Calls of an engine's programs, and what they say of launches.

use std::collections::BTreeSet;
use std::time::Duration;

use super::context::host;
use super::exit::Exit;
use super::failure::CommandFailure;
use crate::launch::{LaunchEngine, LaunchRefusal, SubmissionStep, alive_step, count_of, count_step};
use crate::process::{ProgramAnswer, aside, call_program};
use crate::record::LaunchRecord;

/// How long an engine may take for an answer.
const PATIENCE: Duration = Duration::from_secs(120);

impl From<LaunchRefusal> for CommandFailure {
    fn from(refusal: LaunchRefusal) -> Self {
        Self::new(Exit::Usage, refusal.message).hint(refusal.hint)
    }
}

/// Calls a program of an engine.
///
/// # Errors
/// Where it can't be called, or complains.
pub async fn call_engine(step: &SubmissionStep) -> Result<ProgramAnswer, CommandFailure> {
    let SubmissionStep { argv, stdin, host } = step.clone();
    let program = argv.first().cloned().unwrap_or_default();
    let place = if host.is_empty() { String::new() } else { format!(" on {host}") };
    let called = aside(move || call_program(&argv, stdin.as_deref(), PATIENCE)).await;
    match called {
        Some(Ok(answer)) if answer.success => Ok(answer),
        Some(Ok(answer)) => {
            let why = answer.stderr.trim();
            let why = if why.is_empty() { answer.stdout.trim() } else { why };
            Err(CommandFailure::new(Exit::WorkFailed, format!("`{program}`{place} failed: {why}"))
                .hint("--print shows what is submitted; what stands after -- goes to the engine as it is."))
        }
        Some(Err(error)) => {
            let failure =
                CommandFailure::new(Exit::WorkFailed, format!("`{program}`{place} cannot be called"));
            let failure = failure.caused_by(&error);
            Err(match error.kind() {
                std::io::ErrorKind::NotFound => failure.hint(format!(
                    "Run this where `{program}` is, or keep what it would be given: --save FILE."
                )),
                _ => failure,
            })
        }
        None => Err(CommandFailure::new(Exit::WorkFailed, "no thread could be started")),
    }
}

/// The machines on which the processes of a launch are.
pub fn hosts_of(launch: &LaunchRecord) -> BTreeSet<String> {
    launch.processes.iter().map(|process| process.host.clone()).collect()
}

/// Whether this machine can ask for the processes of a launch.
pub fn is_in_reach(launch: &LaunchRecord) -> bool {
    launch.request.engine != LaunchEngine::Local || launch.host == host()
}

/// The numbers of those processes of a launch that are there, on one of its machines.
///
/// # Errors
/// Where the machine does not answer.
pub async fn alive_on(launch: &LaunchRecord, host: &str) -> Result<BTreeSet<u32>, CommandFailure> {
    let answer = call_engine(&alive_step(&launch.request, host, &launch.processes)).await?;
    let numbers = answer.stdout.lines().filter_map(|line| line.strip_prefix("alive ")?.trim().parse().ok());
    Ok(numbers.collect())
}

/// How many agents of a launch are queued or running, as its engine says now; `None`: it can't be asked from here.
pub async fn agents_alive(launch: &LaunchRecord) -> Option<u64> {
    let engine = launch.request.engine;
    if matches!(engine, LaunchEngine::Local | LaunchEngine::Ssh) {
        if !is_in_reach(launch) {
            return None;
        }
        let mut alive = 0;
        for host in hosts_of(launch) {
            alive += alive_on(launch, &host).await.ok()?.len() as u64;
        }
        return Some(alive);
    }
    let answer = call_engine(&count_step(&launch.request, &launch.job)?).await.ok()?;
    count_of(engine, &launch.request.job_name(), &answer.stdout)
}
