//! The environment that a trial's command is given.

use std::ffi::OsString;
use std::path::Path;

use crate::record::Claim;
use crate::tracking::RunInfo;

/// Inherited variables that would send a script elsewhere. The experiment's name would make the client look for, and
/// make, an experiment; the run id is set again.
pub(in crate::agent) const REMOVED: [&str; 2] = ["MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID"];

/// What the environment is made from.
pub(in crate::agent) struct TrialEnvironment<'a> {
    pub(in crate::agent) tracking_uri: &'a str,
    pub(in crate::agent) loopback: bool,
    pub(in crate::agent) run: &'a RunInfo,
    pub(in crate::agent) sweep_id: &'a str,
    pub(in crate::agent) claim: Claim,
    pub(in crate::agent) trial_seed: u32,
    pub(in crate::agent) params_json: String,
    pub(in crate::agent) checkpoint_dir: &'a Path,
    /// Where `sweep log` keeps what the store does not take.
    pub(in crate::agent) journal: &'a Path,
    pub(in crate::agent) agent: &'a str,
    /// This program, for scripts that call `sweep log` where `sweep` is not on the path.
    pub(in crate::agent) program: Option<&'a Path>,
    /// The GPU of this trial alone.
    pub(in crate::agent) gpu: Option<&'a str>,
    /// The config's own additions.
    pub(in crate::agent) additions: &'a [(String, String)],
}

/// The variables to set: the config's additions first, so that they can't break the hand-over.
/// `inherited` looks up what the agent itself was given.
pub(in crate::agent) fn variables(
    given: TrialEnvironment<'_>,
    inherited: impl Fn(&str) -> Option<String>,
) -> Vec<(String, OsString)> {
    let run_id = given.run.id.as_str();
    let trial = given.claim.trial.to_string();
    let context = serde_json::json!({ "mlflow.parentRunId": run_id, "sweep.trial_of_run": trial });
    let mut all: Vec<(String, OsString)> =
        given.additions.iter().map(|(name, value)| (name.clone(), value.into())).collect();
    let mut set = |name: &str, value: OsString| all.push((name.to_owned(), value));
    set("MLFLOW_TRACKING_URI", given.tracking_uri.into());
    set("MLFLOW_RUN_ID", run_id.into());
    set("MLFLOW_EXPERIMENT_ID", given.run.experiment_id.as_str().into());
    set("MLFLOW_RUN_CONTEXT", context.to_string().into());
    set("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true".into());
    set("SWEEP_ID", given.sweep_id.into());
    set("SWEEP_TRIAL", trial.into());
    set("SWEEP_ATTEMPT", given.claim.attempt.to_string().into());
    set("SWEEP_TRIAL_SEED", given.trial_seed.to_string().into());
    set("SWEEP_PARAMS", given.params_json.into());
    set("SWEEP_CHECKPOINT_DIR", given.checkpoint_dir.into());
    set("SWEEP_JOURNAL", given.journal.into());
    set("SWEEP_PARENT_RUN_ID", given.sweep_id.into());
    set("SWEEP_RUN_ID", run_id.into());
    set("SWEEP_AGENT_ID", given.agent.into());
    if let Some(program) = given.program {
        set("SWEEP_BIN", program.into());
    }
    if let Some(gpu) = given.gpu {
        set("CUDA_VISIBLE_DEVICES", gpu.into());
    }
    if given.loopback {
        for name in ["NO_PROXY", "no_proxy"] {
            set(name, past_proxies(inherited(name)).into());
        }
    }
    all
}

/// MLflow's client sends even loopback calls to a proxy unless `NO_PROXY` names the host.
fn past_proxies(inherited: Option<String>) -> String {
    let ours = "127.0.0.1,localhost";
    match inherited.filter(|list| !list.is_empty()) {
        Some(list) => format!("{list},{ours}"),
        None => ours.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::ExperimentId;
    use crate::trial::{RunStatus, TrialIndex};

    fn handed_over(loopback: bool) -> Vec<(String, OsString)> {
        let experiment_id = ExperimentId("3".into());
        let run = RunInfo { experiment_id, ..RunInfo::sample("abc", RunStatus::Running) };
        let given = TrialEnvironment {
            tracking_uri: "http://127.0.0.1:1/t/s",
            loopback,
            run: &run,
            sweep_id: "parent",
            claim: Claim { trial: TrialIndex(7), attempt: 2, round: 1, preemptions: 0 },
            trial_seed: 5,
            params_json: r#"{"lr":0.1}"#.into(),
            checkpoint_dir: Path::new("/c"),
            journal: Path::new("/j"),
            agent: "me",
            program: Some(Path::new("/bin/sweep")),
            gpu: Some("1"),
            additions: &[("MLFLOW_RUN_ID".into(), "wrong".into()), ("OMP_NUM_THREADS".into(), "1".into())],
        };
        variables(given, |name| (name == "NO_PROXY").then(|| "corp.example".to_owned()))
    }

    fn last<'a>(all: &'a [(String, OsString)], name: &str) -> Option<&'a str> {
        all.iter().rfind(|(key, _)| key == name).and_then(|(_, value)| value.to_str())
    }

    #[test]
    fn the_hand_over_wins_over_the_config_and_keeps_its_other_additions() {
        let all = handed_over(true);
        assert_eq!(last(&all, "MLFLOW_RUN_ID"), Some("abc"));
        assert_eq!(last(&all, "OMP_NUM_THREADS"), Some("1"));
        assert_eq!(last(&all, "SWEEP_ATTEMPT"), Some("2"));
        assert_eq!(last(&all, "SWEEP_BIN"), Some("/bin/sweep"));
        assert_eq!(last(&all, "CUDA_VISIBLE_DEVICES"), Some("1"));
    }

    #[test]
    fn loopback_calls_go_past_proxies() {
        assert_eq!(last(&handed_over(true), "NO_PROXY"), Some("corp.example,127.0.0.1,localhost"));
        assert_eq!(last(&handed_over(true), "no_proxy"), Some("127.0.0.1,localhost"));
        assert_eq!(last(&handed_over(false), "NO_PROXY"), None);
    }
}
