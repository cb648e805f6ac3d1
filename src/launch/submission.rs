//! What is submitted, and the questions and orders that follow it.

use super::refusal::LaunchRefusal;
use super::request::{LaunchEngine, LaunchRequest};
use super::step::{Submission, SubmissionStep};
use super::{hyperqueue, kubernetes, shell, skypilot, slurm};

/// What is submitted for a request. `inherited` looks up the caller's variables, where the engine does not pass them on.
///
/// # Errors
/// Where the request is nothing that the engine can be given.
pub fn submission(
    request: &LaunchRequest,
    inherited: &dyn Fn(&str) -> Option<String>,
) -> Result<Submission, LaunchRefusal> {
    check(request)?;
    match request.engine {
        LaunchEngine::Slurm => slurm::submission(request),
        LaunchEngine::Hq => hyperqueue::submission(request),
        LaunchEngine::K8s => kubernetes::submission(request),
        LaunchEngine::Sky => skypilot::submission(request),
        LaunchEngine::Local | LaunchEngine::Ssh => shell::submission(request, inherited),
    }
}

fn check(request: &LaunchRequest) -> Result<(), LaunchRefusal> {
    let is_name = |name: &str| {
        let mut all = name.chars();
        all.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && all.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    if let Some((bad, _)) = request.env.iter().find(|(name, _)| !is_name(name)) {
        return Err(LaunchRefusal::new(
            format!("`{bad}` is not the name of a variable"),
            "Write --env NAME=VALUE, or --env NAME for the value that it has here.",
        ));
    }
    let texts = [&request.log_dir, &request.folder].into_iter().chain(&request.setup).chain(&request.extra);
    if texts.into_iter().any(|text| text.contains('\0')) {
        return Err(LaunchRefusal::new("a NUL cannot be part of an argument", "Remove it."));
    }
    Ok(())
}

/// Asks how many agents of a launch are queued or running; `None`: it can't be asked. For `local` and `ssh`:
/// [`alive_step`](super::alive_step).
#[must_use]
pub fn count_step(request: &LaunchRequest, job: &str) -> Option<SubmissionStep> {
    let namespace = request.namespace.iter().map(|namespace| format!("--namespace={namespace}"));
    let name = request.job_name();
    match request.engine {
        // By its name: what was submitted by a program that was killed before it could write the number down is found, too.
        LaunchEngine::Slurm => Some(SubmissionStep::call(
            &["squeue", "--noheader", "--array", "--me", "--format=%j"],
            [format!("--name={name}")],
        )),
        LaunchEngine::Hq if !job.is_empty() => {
            Some(SubmissionStep::call(&["hq", "--output-mode=json", "job", "info"], [job.to_owned()]))
        }
        LaunchEngine::K8s => Some(SubmissionStep::call(
            &["kubectl", "get", "--ignore-not-found", "--output=jsonpath={.status.active}"],
            namespace.chain([format!("job/{name}")]),
        )),
        _ => None,
    }
}

/// Cancels the agents of a launch.
#[must_use]
pub fn cancel_step(request: &LaunchRequest, job: &str) -> Option<SubmissionStep> {
    let namespace = request.namespace.iter().map(|namespace| format!("--namespace={namespace}"));
    match request.engine {
        LaunchEngine::Slurm if job.is_empty() => {
            Some(SubmissionStep::call(&["scancel", "--me"], [format!("--name={}", request.job_name())]))
        }
        LaunchEngine::Slurm => Some(SubmissionStep::call(&["scancel"], [job.to_owned()])),
        LaunchEngine::Hq => Some(SubmissionStep::call(&["hq", "job", "cancel"], [job.to_owned()])),
        LaunchEngine::K8s => Some(SubmissionStep::call(
            &["kubectl", "delete", "--wait=false"],
            namespace.chain([format!("job/{}", request.job_name())]),
        )),
        LaunchEngine::Sky => Some(SubmissionStep::call(
            &["sky", "jobs", "cancel", "--yes"],
            [format!("--name={}", request.job_name())],
        )),
        LaunchEngine::Local | LaunchEngine::Ssh => None,
    }
}

/// Changes how many agents of a launch may run at a time.
///
/// # Errors
/// Where the engine has no such thing.
pub fn scale_step(request: &LaunchRequest, job: &str, most: u32) -> Result<SubmissionStep, LaunchRefusal> {
    let namespace = request.namespace.iter().map(|namespace| format!("--namespace={namespace}"));
    match request.engine {
        LaunchEngine::Slurm => Ok(SubmissionStep::call(
            &["scontrol", "update"],
            [format!("JobId={job}"), format!("ArrayTaskThrottle={most}")],
        )),
        LaunchEngine::K8s => Ok(SubmissionStep::call(
            &["kubectl", "patch", "--type=merge"],
            namespace.chain([
                format!("job/{}", request.job_name()),
                format!("--patch={{\"spec\":{{\"parallelism\":{most}}}}}"),
            ]),
        )),
        engine => Err(LaunchRefusal::new(
            format!("agents on {} cannot be throttled", engine.name()),
            "`sweep launch cancel` ends them, `sweep launch top-up --agents N` adds some.",
        )),
    }
}
