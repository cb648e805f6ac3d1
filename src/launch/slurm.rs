//! Slurm: an array of agents as a batch script.

use itertools::Itertools as _;

use super::agent_command::passed_on;
use super::refusal::LaunchRefusal;
use super::request::LaunchRequest;
use super::step::{Submission, SubmissionStep};
use crate::config::command::is_plain;

/// What `sbatch` is given.
pub(super) fn submission(request: &LaunchRequest) -> Result<Submission, LaunchRefusal> {
    if request.time.is_some_and(|time| time <= request.warn) {
        return Err(LaunchRefusal::new(
            "--time leaves an agent no time before --warn",
            "Give a longer --time, or a shorter --warn.",
        ));
    }
    let (inside, outside): (Vec<String>, Vec<String>) =
        directives(request).into_iter().partition(|option| is_plain(option));
    let all_plain = request.extra.iter().all(|word| is_plain(word) && !word.is_empty());
    let mut argv = vec!["sbatch".to_owned(), "--parsable".to_owned()];
    argv.extend(outside);
    let mut lines = inside;
    if all_plain && !request.extra.is_empty() {
        lines.push(request.extra.join(" "));
    } else {
        argv.extend(request.extra.iter().cloned());
    }
    let script = script(request, &lines);
    Ok(Submission {
        shown: script.clone(),
        steps: vec![SubmissionStep { host: String::new(), argv, stdin: Some(script) }],
    })
}

fn directives(request: &LaunchRequest) -> Vec<String> {
    let throttle = request.max_parallel.map_or_else(String::new, |most| format!("%{most}"));
    let mut all = vec![
        format!("--job-name={}", request.job_name()),
        format!("--array=0-{}{throttle}", request.agents.saturating_sub(1)),
        format!("--comment=sweep:{}", request.sweep),
        "--open-mode=append".to_owned(),
        format!("--output={}/%x-%a.log", request.log_dir),
    ];
    if request.requeue {
        all.push("--requeue".to_owned());
    }
    if let Some(time) = request.time {
        all.push(format!("--time={}", clock(time)));
        all.push(format!("--signal=B:USR1@{}", request.warn));
    }
    let more = [
        request.cpus.map(|cpus| format!("--cpus-per-task={cpus}")),
        request.mem.as_ref().map(|mem| format!("--mem={mem}")),
        request.gpus.as_ref().map(|gpus| format!("--gres=gpu:{gpus}")),
    ];
    all.extend(more.into_iter().flatten());
    all
}

/// `04:00:00`.
fn clock(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn script(request: &LaunchRequest, directives: &[String]) -> String {
    let directives = directives.iter().map(|option| format!("#SBATCH {option}\n")).join("");
    let began = if request.time.is_some() { "started=$(date +%s)\n" } else { "" };
    let gpus = match request.gpus {
        Some(_) => ": \"${CUDA_VISIBLE_DEVICES:?Slurm has given this agent no GPU}\"\n",
        None => "",
    };
    let time = request
        .time
        .map(|time| format!("\"$(( ${{SLURM_JOB_END_TIME:-$((started + {time}))}} - $(date +%s) ))s\""));
    let requeue = if request.requeue { " --requeue" } else { "" };
    // With `exec`: a warning reaches the batch shell alone, which would die of it.
    format!(
        "#!/bin/bash\n{directives}set -e\n{began}{}{gpus}exec {}{requeue}\n",
        request.preparation(&passed_on),
        request.agent_words(time.as_deref()).join(" ")
    )
}
