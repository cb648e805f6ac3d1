//! Submitting a launch, and keeping it with the sweep.

use super::super::shared::launching::{call_engine, hosts_of};
use super::super::shared::{CommandFailure, Context, Exit, host, workspace};
use crate::launch::{
    LaunchEngine, LaunchRequest, LaunchedProcess, Submission, job_of, processes_of, submission,
};
use crate::process::now_ms;
use crate::record::{LaunchRecord, Sweep, claim_launch, keep_launch, last_launch};
use crate::ui::{printable, words};

/// A variable of the caller.
pub(super) fn inherited(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Submits a launch under the next free number.
pub(super) async fn claim_and_submit(
    context: &Context,
    sweep: &Sweep,
    mut request: LaunchRequest,
) -> Result<Exit, CommandFailure> {
    // What is refused claims no number.
    submission(&request, &inherited)?;
    let (store, by) = (context.store.as_ref(), context.identity().agent);
    loop {
        request.number = last_launch(store, sweep).await? + 1;
        if claim_launch(store, sweep, request.number, &by).await? {
            return submit(context, sweep, request).await;
        }
    }
}

/// Submits a launch whose number is claimed.
pub(super) async fn submit(
    context: &Context,
    sweep: &Sweep,
    request: LaunchRequest,
) -> Result<Exit, CommandFailure> {
    let given = submission(&request, &inherited)?;
    make_logs(context, &request)?;
    let (job, processes, failure) = call_all(&request, &given).await;
    let engine = request.engine;
    if let (Some(failure), true) = (&failure, processes.is_empty()) {
        let CommandFailure { exit, message, causes, hint } = failure;
        return Err(CommandFailure {
            exit: *exit,
            message: message.clone(),
            causes: causes.clone(),
            hint: hint.clone(),
        });
    }
    let launch = LaunchRecord {
        job,
        processes,
        at: now_ms(),
        by: context.identity().user,
        host: host(),
        cancelled: false,
        request,
    };
    keep_launch(context.store.as_ref(), sweep, &launch).await?;
    say(context, sweep, &launch);
    match failure {
        // Some hosts have their agents.
        Some(failure) => Err(failure),
        None if engine == LaunchEngine::Sky || !launch.job.is_empty() || !launch.processes.is_empty() => {
            Ok(Exit::Done)
        }
        None => Err(CommandFailure::new(Exit::WorkFailed, "the engine has not said which job it made")),
    }
}

/// Calls what submits it; the last failure, where there was one.
async fn call_all(
    request: &LaunchRequest,
    given: &Submission,
) -> (String, Vec<LaunchedProcess>, Option<CommandFailure>) {
    let (mut job, mut processes, mut failure) = (String::new(), Vec::new(), None);
    for step in &given.steps {
        match call_engine(step).await {
            Ok(answer) => {
                job = job_of(request.engine, &request.job_name(), &answer.stdout);
                processes.extend(processes_of(&step.host, &answer.stdout));
            }
            Err(failed) => failure = Some(failed),
        }
    }
    (job, processes, failure)
}

/// Slurm ends a job at once whose output has no place.
fn make_logs(context: &Context, request: &LaunchRequest) -> Result<(), CommandFailure> {
    if !matches!(request.engine, LaunchEngine::Slurm | LaunchEngine::Hq) {
        return Ok(());
    }
    workspace::make_folder(&context.folder, &request.log_dir).map_err(|error| {
        CommandFailure::new(Exit::WorkFailed, format!("cannot create {}", request.log_dir))
            .caused_by(&error)
            .hint("--log-dir names another place for the output of agents.")
    })
}

fn say(context: &Context, sweep: &Sweep, launch: &LaunchRecord) {
    let request = &launch.request;
    let count = match launch.processes.len() as u64 {
        0 => u64::from(request.agents),
        started => started,
    };
    let agents = words::count(count, "agent");
    let place = match request.engine {
        LaunchEngine::Local => "here".to_owned(),
        LaunchEngine::Ssh => format!("on {}", words::count(hosts_of(launch).len() as u64, "host")),
        engine => format!("on {}, job {}", engine.name(), printable(&launch.job)),
    };
    let name = printable(&sweep.parent.info.name);
    context.ui.say(&format!("Launch {} of {name}: {agents} {place}.", request.number));
    let id = sweep.id().short();
    let logs = match request.engine {
        LaunchEngine::K8s | LaunchEngine::Sky => String::new(),
        _ => format!(" Their output: {}/{}-*.log", request.log_dir, request.job_name()),
    };
    context.ui.say(&format!("Progress: sweep status -w {id}; agents: sweep launches {id}.{logs}"));
}
