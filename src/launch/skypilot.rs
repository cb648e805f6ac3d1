//! SkyPilot: managed jobs of a task file, whose `run:` starts an agent.

use itertools::Itertools as _;

use super::agent_command::passed_on;
use super::refusal::LaunchRefusal;
use super::request::LaunchRequest;
use super::step::{Submission, SubmissionStep};
use crate::config::command::quoted;

/// What `sky jobs launch` is given. The task gets the sweep's id as `SWEEP_ID`.
pub(super) fn submission(request: &LaunchRequest) -> Result<Submission, LaunchRefusal> {
    let Some(task) = &request.task else {
        return Err(LaunchRefusal::new(
            "SkyPilot needs a task file",
            "Write one whose `run:` has `sweep run \"$SWEEP_ID\" --engine sky`, and name it.",
        ));
    };
    let mut argv: Vec<String> =
        ["sky", "jobs", "launch", "--yes", "--detach-run"].map(str::to_owned).to_vec();
    argv.extend([format!("--name={}", request.job_name()), format!("--num-jobs={}", request.agents)]);
    let id = ("SWEEP_ID".to_owned(), request.sweep.clone());
    let set = request.variables(&passed_on).into_iter().chain([id]);
    argv.extend(set.map(|(name, value)| format!("--env={name}={value}")));
    let passed = request.env.iter().filter(|(_, value)| value.is_none());
    argv.extend(passed.map(|(name, _)| format!("--env={name}")));
    argv.extend(request.extra.iter().cloned());
    argv.push(task.clone());
    let shown = argv.iter().map(|word| quoted(word)).join(" ") + "\n";
    Ok(Submission { shown, steps: vec![SubmissionStep { host: String::new(), argv, stdin: None }] })
}
