//! The command of an agent, and the lines of shell before it. Every value is quoted: none is read as code.

use itertools::Itertools as _;

use super::request::LaunchRequest;
use crate::config::command::quoted;

/// Agents that start at once do not ask the store all at once: so many seconds for each of them, up to the most.
const AGENTS_A_SECOND: u32 = 4;
const MOST_SECONDS: u32 = 30;

/// The variable that says which launch an agent is of.
const LAUNCH: &str = "SWEEP_LAUNCH";

impl LaunchRequest {
    /// The words of the agent's command. `time` is a word that is put there as it is.
    pub(super) fn agent_words(&self, time: Option<&str>) -> Vec<String> {
        let mut words = vec![
            quoted(&self.program),
            "run".to_owned(),
            quoted(&self.sweep),
            "--engine".to_owned(),
            self.engine.word().to_owned(),
        ];
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        if let Some(time) = time {
            option("--time-limit", time.to_owned());
        }
        if let Some(count) = self.trials_per_agent {
            option("--count", count.to_string());
        }
        if let Some(jobs) = self.jobs {
            option("--jobs", jobs.to_string());
        }
        let delay = (self.agents / AGENTS_A_SECOND).min(MOST_SECONDS);
        if delay > 0 {
            option("--start-delay", format!("{delay}s"));
        }
        if self.no_wait {
            words.push("--no-wait".to_owned());
        }
        words
    }

    /// The same, where the time is known now.
    pub(super) fn agent_line(&self) -> String {
        let time = self.time.map(|seconds| format!("{seconds}s"));
        self.agent_words(time.as_deref()).join(" ")
    }

    /// What the agent's environment gets. `inherited` looks up what the caller has, where the engine does not pass it on.
    pub(super) fn variables(&self, inherited: &dyn Fn(&str) -> Option<String>) -> Vec<(String, String)> {
        let own = self
            .env
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.clone().or_else(|| inherited(name))?)));
        let uri = self.tracking_uri.iter().map(|uri| ("MLFLOW_TRACKING_URI".to_owned(), uri.clone()));
        uri.chain(own).chain([(LAUNCH.to_owned(), self.number.to_string())]).collect()
    }

    /// Lines of shell before the agent's command.
    pub(super) fn preparation(&self, inherited: &dyn Fn(&str) -> Option<String>) -> String {
        let folder = Some(&self.folder).filter(|folder| !folder.is_empty());
        let go = folder.map(|folder| format!("cd {}", quoted(folder)));
        let set = self.variables(inherited).into_iter();
        let set = set.map(|(name, value)| format!("export {name}={}", quoted(&value)));
        go.into_iter().chain(self.setup.iter().cloned()).chain(set).map(|line| line + "\n").join("")
    }
}

/// What the caller has is passed on by the engine itself.
pub(super) fn passed_on(_: &str) -> Option<String> {
    None
}
