//! What engines answer.

use super::request::{LaunchEngine, LaunchedProcess};

/// The engine's own number or name of what was submitted.
#[must_use]
pub fn job_of(engine: LaunchEngine, name: &str, answer: &str) -> String {
    let last = answer.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    match engine {
        // `12;cluster`.
        LaunchEngine::Slurm => last.split(';').next().unwrap_or_default().to_owned(),
        LaunchEngine::Hq => last.rsplit(' ').next().unwrap_or_default().to_owned(),
        LaunchEngine::K8s | LaunchEngine::Sky => name.to_owned(),
        LaunchEngine::Local | LaunchEngine::Ssh => String::new(),
    }
}

/// The processes that a host's shell has started.
#[must_use]
pub fn processes_of(host: &str, answer: &str) -> Vec<LaunchedProcess> {
    let lines = answer.lines().filter_map(|line| line.strip_prefix("agent "));
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (pid, born) = (words.next()?.parse().ok()?, words.next()?.to_owned());
            Some(LaunchedProcess { host: host.to_owned(), pid, born, gpu: words.next().map(str::to_owned) })
        })
        .collect()
}

/// How many agents of a launch are queued or running, by the answer to [`count_step`](super::count_step) or
/// [`alive_step`](super::alive_step); `None`: it says nothing of it.
#[must_use]
pub fn count_of(engine: LaunchEngine, name: &str, answer: &str) -> Option<u64> {
    let lines =
        |wanted: &dyn Fn(&str) -> bool| answer.lines().filter(|line| wanted(line.trim())).count() as u64;
    match engine {
        LaunchEngine::Slurm => Some(lines(&|line| line == name)),
        LaunchEngine::Local | LaunchEngine::Ssh => Some(lines(&|line| line.starts_with("alive "))),
        LaunchEngine::Hq => {
            let json: serde_json::Value = serde_json::from_str(answer).ok()?;
            let job = json.get(0).unwrap_or(&json);
            let stats = job.get("info")?.get("task_stats")?;
            Some(["waiting", "running"].iter().filter_map(|state| stats.get(state)?.as_u64()).sum())
        }
        LaunchEngine::K8s => answer.trim().parse().ok().or(answer.trim().is_empty().then_some(0)),
        LaunchEngine::Sky => None,
    }
}
