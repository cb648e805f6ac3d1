//! HyperQueue: a task array of agents.

use itertools::Itertools as _;

use super::agent_command::passed_on;
use super::refusal::LaunchRefusal;
use super::request::LaunchRequest;
use super::step::{Submission, SubmissionStep};
use crate::config::command::quoted;

/// An agent that is lost so often, with its worker, is not started again.
const CRASH_LIMIT: u32 = 20;

/// What `hq submit` is given.
pub(super) fn submission(request: &LaunchRequest) -> Result<Submission, LaunchRefusal> {
    if request.mem.is_some() || request.max_parallel.is_some() {
        return Err(LaunchRefusal::new(
            "HyperQueue has no option for --mem or --max-parallel",
            "Give its own options after --, such as --resource mem=16000.",
        ));
    }
    let mut argv: Vec<String> = ["hq", "--output-mode=quiet", "submit"].map(str::to_owned).to_vec();
    let log = format!("{}/{}-%{{TASK_ID}}.log", request.log_dir, request.job_name());
    argv.extend([
        format!("--name={}", request.job_name()),
        format!("--array=0-{}", request.agents.saturating_sub(1)),
        format!("--crash-limit={CRASH_LIMIT}"),
        format!("--stdout={log}"),
        format!("--stderr={log}"),
    ]);
    let more = [
        request.cpus.map(|cpus| format!("--cpus={cpus}")),
        request.gpus.as_ref().map(|gpus| format!("--resource=gpus/nvidia={gpus}")),
        request.time.map(|time| format!("--time-limit={time}s")),
    ];
    argv.extend(more.into_iter().flatten());
    argv.extend(request.extra.iter().cloned());
    let gpus = match request.gpus {
        Some(_) => ": \"${CUDA_VISIBLE_DEVICES:?HyperQueue has given this agent no GPU}\"\n",
        None => "",
    };
    let script = format!("set -e\n{}{gpus}exec {}\n", request.preparation(&passed_on), request.agent_line());
    argv.extend(["--", "bash", "-c"].map(str::to_owned));
    argv.push(script.clone());
    let shown = format!(
        "{} \"$(cat <<'END'\n{script}END\n)\"\n",
        argv.iter().take(argv.len() - 1).map(|word| quoted(word)).join(" ")
    );
    Ok(Submission { shown, steps: vec![SubmissionStep { host: String::new(), argv, stdin: None }] })
}
