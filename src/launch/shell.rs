//! Processes of this machine, and of machines that ssh reaches: a script for `sh` on each.

use itertools::Itertools as _;

use super::refusal::LaunchRefusal;
use super::request::{HostAgents, LaunchEngine, LaunchRequest, LaunchedProcess};
use super::step::{Submission, SubmissionStep};
use crate::config::command::quoted;

/// Prints when a process was started, in a form that tells it from others with the same number.
const BORN: &str = "born() {\n\
    if [ -r \"/proc/$1/stat\" ]; then cut -d ' ' -f 22 \"/proc/$1/stat\"\n\
    else LC_ALL=C ps -o lstart= -p \"$1\" | tr -s ' ' _; fi 2>/dev/null\n\
    }\n";

/// What each machine's shell is given.
pub(super) fn submission(
    request: &LaunchRequest,
    inherited: &dyn Fn(&str) -> Option<String>,
) -> Result<Submission, LaunchRefusal> {
    let needless = [
        ("--cpus", request.cpus.is_some()),
        ("--mem", request.mem.is_some()),
        ("--max-parallel", request.max_parallel.is_some()),
    ];
    if let Some((name, _)) = needless.iter().find(|(_, given)| *given) {
        return Err(LaunchRefusal::new(
            format!("{name} needs an engine that allocates: agents here are plain processes"),
            format!("Leave {name} out, or launch on slurm, hq or k8s."),
        ));
    }
    let hosts = match request.engine {
        LaunchEngine::Ssh => request.hosts.clone(),
        _ => vec![HostAgents { host: String::new(), agents: request.agents }],
    };
    if let Some(bad) = hosts.iter().find(|host| host.host.starts_with('-')) {
        return Err(LaunchRefusal::new(
            format!("`{}` is not the name of a host", bad.host),
            "Give names as ssh takes them: --hosts a,b:2,user@c.",
        ));
    }
    let gpus = request.gpus.as_deref().map(gpu_names).transpose()?;
    let mut first = 0;
    let mut steps = Vec::new();
    for host in &hosts {
        let script = script(request, first, host.agents, gpus.as_deref(), inherited);
        steps.push(on(request, &host.host, script));
        first += host.agents;
    }
    let mut shown = steps.iter().map(|step: &SubmissionStep| {
        let line = step.argv.iter().map(|word| quoted(word)).join(" ");
        format!("{line} <<'END'\n{}END\n", step.stdin.as_deref().unwrap_or_default())
    });
    let shown = shown.join("");
    Ok(Submission { shown, steps })
}

/// `0-3`, `0,2`: the GPUs that are handed out.
///
/// # Errors
/// Where it names none.
pub fn gpu_names(text: &str) -> Result<Vec<String>, LaunchRefusal> {
    let mut names = Vec::new();
    for piece in text.split(',').map(str::trim).filter(|piece| !piece.is_empty()) {
        match piece.split_once('-').map(|(from, to)| (from.parse::<u16>(), to.parse::<u16>())) {
            Some((Ok(from), Ok(to))) => names.extend((from..=to).map(|gpu| gpu.to_string())),
            _ => names.push(piece.to_owned()),
        }
    }
    if names.is_empty() {
        return Err(LaunchRefusal::new(
            "--gpus names no GPU",
            "Write their numbers: --gpus 0-3, or --gpus 0,2.",
        ));
    }
    Ok(names)
}

impl LaunchRequest {
    /// How many GPUs a list names.
    #[must_use]
    pub fn count_gpus(list: &str) -> u32 {
        gpu_names(list).map_or(1, |names| u32::try_from(names.len()).unwrap_or(u32::MAX))
    }
}

fn on(request: &LaunchRequest, host: &str, script: String) -> SubmissionStep {
    let ssh = ["ssh", "-o", "BatchMode=yes"].map(str::to_owned);
    let shell = ["sh", "-s"].map(str::to_owned);
    let argv = match host {
        "" => shell.to_vec(),
        _ => ssh
            .into_iter()
            .chain(request.extra.iter().cloned())
            .chain([host.to_owned()])
            .chain(shell)
            .collect(),
    };
    SubmissionStep { host: host.to_owned(), argv, stdin: Some(script) }
}

/// Starts agents and prints a line for each. They outlive the shell and its connection.
fn script(
    request: &LaunchRequest,
    first: u32,
    agents: u32,
    gpus: Option<&[String]>,
    inherited: &dyn Fn(&str) -> Option<String>,
) -> String {
    let mut script = format!("set -e\n{BORN}{}", request.preparation(inherited));
    script.push_str(&format!("mkdir -p {}\n", quoted(&request.log_dir)));
    script.push_str("session=$(command -v setsid || true)\n");
    let line = request.agent_line();
    for agent in 0..agents {
        let log = quoted(&format!("{}/{}-{}.log", request.log_dir, request.job_name(), first + agent));
        let gpu = gpus.and_then(|gpus| gpus.get(agent as usize % gpus.len()));
        let pinned = gpu.map_or_else(String::new, |gpu| format!("CUDA_VISIBLE_DEVICES={} ", quoted(gpu)));
        script.push_str(&format!("{pinned}nohup $session {line} >>{log} 2>&1 </dev/null &\n"));
        let word = gpu.map_or_else(String::new, |gpu| format!(" {}", quoted(gpu)));
        script.push_str(&format!("echo agent $! \"$(born $!)\"{word}\n"));
    }
    script
}

/// Prints the numbers of those processes of a host that are still there.
#[must_use]
pub fn alive_step(request: &LaunchRequest, host: &str, processes: &[LaunchedProcess]) -> SubmissionStep {
    on(request, host, for_each(host, processes, "echo \"alive $1\""))
}

/// Asks those processes of a host to end that are still there.
#[must_use]
pub fn end_step(request: &LaunchRequest, host: &str, processes: &[LaunchedProcess]) -> SubmissionStep {
    on(request, host, for_each(host, processes, "kill -TERM \"$1\" && echo \"alive $1\""))
}

fn for_each(host: &str, processes: &[LaunchedProcess], act: &str) -> String {
    let mut script = format!("{BORN}act() {{ if [ \"$(born \"$1\")\" = \"$2\" ]; then {act}; fi; }}\n");
    for process in processes.iter().filter(|process| process.host == host) {
        script.push_str(&format!("act {} {}\n", process.pid, quoted(&process.born)));
    }
    script
}
