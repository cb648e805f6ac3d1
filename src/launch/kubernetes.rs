//! Kubernetes: an indexed job of agents as a manifest. JSON texts are YAML, too: each value is written as one.

use itertools::Itertools as _;
use serde_json::Value as Json;

use super::agent_command::passed_on;
use super::refusal::LaunchRefusal;
use super::request::LaunchRequest;
use super::step::{Submission, SubmissionStep};

/// An agent whose pod fails so often is not started again.
const FAILURES: u32 = 10;
/// Time between SIGTERM and SIGKILL: results and checkpoints are saved in it.
const GRACE_SECONDS: u32 = 120;
/// A job that is over is kept so long.
const KEPT_SECONDS: u32 = 86_400;
/// Exit codes of agents that no other pod would do better: usage or config.
const HOPELESS: &str = "[2, 64, 78]";

/// What `kubectl apply` is given.
pub(super) fn submission(request: &LaunchRequest) -> Result<Submission, LaunchRefusal> {
    let manifest = manifest(request)?;
    let mut argv = vec!["kubectl".to_owned(), "apply".to_owned()];
    argv.extend(request.namespace.iter().map(|namespace| format!("--namespace={namespace}")));
    argv.extend(request.extra.iter().cloned());
    argv.extend(["-f", "-"].map(str::to_owned));
    let steps = vec![SubmissionStep { host: String::new(), argv, stdin: Some(manifest.clone()) }];
    Ok(Submission { shown: manifest, steps })
}

/// A text as YAML.
fn text(value: &str) -> String {
    Json::from(value).to_string()
}

fn list(words: &[String]) -> String {
    format!("[{}]", words.iter().map(|word| text(word)).join(", "))
}

fn manifest(request: &LaunchRequest) -> Result<String, LaunchRefusal> {
    let Some(image) = &request.image else {
        return Err(LaunchRefusal::new(
            "Kubernetes needs an image",
            "--image names one in which `sweep` and the trials' command are.",
        ));
    };
    let parallel = request.max_parallel.unwrap_or(request.agents).min(request.agents);
    let job = |name: &str, value: String| format!("  {name}: {value}\n");
    let mut yaml = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {name}\n{namespace}  labels:\n    \
         app.kubernetes.io/name: sweep\n    sweep/id: {id}\nspec:\n",
        name = text(&request.job_name()),
        namespace = request
            .namespace
            .as_ref()
            .map_or_else(String::new, |namespace| format!("  namespace: {}\n", text(namespace))),
        id = text(&request.sweep),
    );
    yaml.push_str(&job("completionMode", "Indexed".to_owned()));
    yaml.push_str(&job("completions", request.agents.to_string()));
    yaml.push_str(&job("parallelism", parallel.to_string()));
    yaml.push_str(&job("backoffLimitPerIndex", FAILURES.to_string()));
    yaml.push_str(&job("maxFailedIndexes", request.agents.to_string()));
    yaml.push_str(&job("ttlSecondsAfterFinished", KEPT_SECONDS.to_string()));
    yaml.push_str(&job("podReplacementPolicy", "Failed".to_owned()));
    yaml.push_str(&format!(
        "  podFailurePolicy:\n    rules:\n    - action: Ignore\n      onPodConditions:\n      - type: DisruptionTarget\n        \
         status: \"True\"\n    - action: FailJob\n      onExitCodes:\n        containerName: agent\n        operator: In\n        \
         values: {HOPELESS}\n"
    ));
    yaml.push_str(&format!(
        "  template:\n    metadata:\n      labels:\n        sweep/id: {}\n    spec:\n      restartPolicy: Never\n      \
         terminationGracePeriodSeconds: {GRACE_SECONDS}\n      containers:\n      - name: agent\n        image: {}\n",
        text(&request.sweep),
        text(image)
    ));
    yaml.push_str(&container(request));
    Ok(yaml)
}

fn container(request: &LaunchRequest) -> String {
    let line = request.agent_line();
    // The agent is PID 1, and is sent the signals: `sh` replaces itself.
    let mut script: String = request.setup.iter().map(|line| format!("{line}\n")).collect();
    script = format!("set -e\n{script}exec {line}\n");
    let mut yaml = format!("        command: {}\n", list(&["sh".to_owned(), "-c".to_owned(), script]));
    if !request.folder.is_empty() {
        yaml.push_str(&format!("        workingDir: {}\n", text(&request.folder)));
    }
    yaml.push_str("        env:\n");
    for (name, value) in request.variables(&passed_on) {
        yaml.push_str(&format!("        - name: {}\n          value: {}\n", text(&name), text(&value)));
    }
    if let Some(secret) = &request.secret {
        yaml.push_str(&format!(
            "        envFrom:\n        - secretRef:\n            name: {}\n",
            text(secret)
        ));
    }
    let requests = [
        request.cpus.map(|cpus| ("cpu", cpus.to_string())),
        request.mem.as_ref().map(|mem| ("memory", mem.clone())),
    ];
    let requests: Vec<(&str, String)> = requests.into_iter().flatten().collect();
    if !requests.is_empty() || request.gpus.is_some() {
        yaml.push_str("        resources:\n");
    }
    if !requests.is_empty() {
        yaml.push_str("          requests:\n");
        for (name, value) in requests {
            yaml.push_str(&format!("            {name}: {}\n", text(&value)));
        }
    }
    if let Some(gpus) = &request.gpus {
        yaml.push_str(&format!("          limits:\n            nvidia.com/gpu: {}\n", text(gpus)));
    }
    yaml
}
