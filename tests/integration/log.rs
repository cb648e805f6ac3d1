//! Scripts without any MLflow client: `sweep log` inside a trial, and `metric.from_output`.

use std::io::Write as _;
use std::process::Stdio;

use sweep::testing::{Run, Store};

use crate::embedded_sweep::runs;
use crate::support::mlflow_server::MlflowServer;
use crate::support::outcome;
use crate::support::sandbox::{Ran, Sandbox, finish};

/// A shell script that logs all there is to log.
const SHELL: &str = r#"
set -e
log() { "$SWEEP" log "$@"; }
log metric loss 0.5
log metric loss -1e-3 --step 7 --timestamp 5
log metric acc=0.9 f1=nan --step 3
log param depth 3
log params width=4 kind='a=b c'
log tag note 'some words'
log tags a=1 b=-2
printf '{"loss":0.25,"acc":0.95,"step":8}\n\n{"key":"other","value":"Infinity"}\n' | log metrics
printf 'hello' > note.txt
mkdir -p out/deep && printf x > out/deep/x.bin
log artifact note.txt out
log artifact note.txt --to folder/sub
"#;

fn script(sandbox: &Sandbox, text: &str) -> String {
    let path = sandbox.file("script.sh", text);
    format!("command: ['sh', '{}']\n", path.display())
}

/// Runs a sweep of one trial in an experiment of this name; returns what it said.
fn one_trial(sandbox: &Sandbox, name: &str, config: &str) -> String {
    one_trial_that_ends_with(0, sandbox, name, config)
}

fn one_trial_that_ends_with(code: i32, sandbox: &Sandbox, name: &str, config: &str) -> String {
    let config =
        format!("experiment_name: {name}\nmethod: grid\nparameters: {{x: {{values: [1]}}}}\n{config}");
    sandbox.init(&config);
    let mut command = sandbox.command(&["run"]);
    let ran = Ran::from(command.env("SWEEP", env!("CARGO_BIN_EXE_sweep")).output().unwrap());
    ran.expect(code).stderr
}

/// The one trial's run.
fn child(store: &dyn Store, name: &str) -> Run {
    let mut children: Vec<_> =
        runs(store, name).into_iter().filter(|run| run.tag("sweep.trial").is_some()).collect();
    assert_eq!(children.len(), 1);
    children.remove(0)
}

fn history(store: &dyn Store, run: &Run, key: &str) -> Vec<(i64, f64)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let history = runtime.block_on(store.metric_history(&run.info.id, key)).unwrap();
    history.into_iter().map(|metric| (metric.step, metric.value)).collect()
}

fn artifact(store: &dyn Store, run: &Run, path: &str) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(store.artifact(&run.info, path)).unwrap()
}

fn holds_everything(store: &dyn Store, name: &str) {
    let run = child(store, name);
    assert_eq!(run.info.status.as_str(), "FINISHED");
    let mut losses = history(store, &run, "loss");
    losses.sort_by_key(|(step, _)| *step);
    assert_eq!(losses, [(0, 0.5), (7, -1e-3), (8, 0.25)]);
    assert_eq!(history(store, &run, "acc"), [(3, 0.9), (8, 0.95)]);
    assert!(run.metric("f1").unwrap().value.is_nan());
    assert_eq!(run.metric("other").unwrap().value, f64::INFINITY);
    let params = ["depth", "width", "kind", "x"].map(|name| run.param(name));
    assert_eq!(params, [Some("3"), Some("4"), Some("a=b c"), Some("1")]);
    assert_eq!(["note", "a", "b"].map(|name| run.tag(name)), [Some("some words"), Some("1"), Some("-2")]);
    for path in ["note.txt", "folder/sub/note.txt"] {
        assert_eq!(artifact(store, &run, path), b"hello", "{path}");
    }
    assert_eq!(artifact(store, &run, "out/deep/x.bin"), b"x");
}

#[test]
fn a_shell_script_logs_to_its_trial_with_no_server() {
    let sandbox = Sandbox::new();
    let command = script(&sandbox, SHELL);
    one_trial(&sandbox, "shell", &command);
    holds_everything(&outcome::embedded(sandbox.path()), "shell");
}

#[test]
fn a_shell_script_logs_to_its_trial_on_a_server() {
    let server = MlflowServer::shared();
    let sandbox = Sandbox::tracking(server.url());
    let command = script(&sandbox, SHELL);
    one_trial(&sandbox, "shell", &command);
    holds_everything(&outcome::server(server.url()), "shell");
}

#[test]
fn outside_a_trial_it_says_what_is_missing() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["log", "metric", "loss", "0.3"]).expect(2);
    assert!(
        ran.stderr.contains("MLFLOW_RUN_ID is not set") && ran.stderr.contains("--run-id"),
        "{}",
        ran.stderr
    );
    assert!(!sandbox.path().join("mlflow.db").exists());
    let ran = sandbox.run(&["log", "metric", "loss", "high", "--run-id", "x"]).expect(2);
    assert!(ran.stderr.contains("`high` is not a number"), "{}", ran.stderr);
    let mut child = sandbox
        .command(&["log", "metrics", "--run-id", "x"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"{\"step\": 1}\n").unwrap();
    let ran = finish(child).expect(2);
    assert!(ran.stderr.contains("stdin, line 1: it names no metric"), "{}", ran.stderr);
    let uri = format!("sqlite:///{}", sandbox.path().join("other.db").display());
    let ran = sandbox.run(&["--tracking-uri", &uri, "log", "tag", "a=b", "--run-id", "unknown"]).expect(2);
    assert!(ran.stderr.contains("Run with id=unknown not found"), "{}", ran.stderr);
}

/// Prints a value every way that people's scripts do: to both streams, in colour, on a redrawn line, with no end.
const PRINTS: &str = r#"
printf 'epoch 1 val_acc=0.5\n'
printf '\033[32mval_acc=\033[0m0.625\n' >&2
printf 'val_acc=9\rval_acc=8\rval_acc=0.75\n'
printf 'val_acc=? nothing here\n'
printf 'the end: val_acc=8.75e-1'
"#;
const METRIC: &str = "metric: {name: acc, goal: maximize, from_output: 'val_acc=([0-9.eE+-]+)'}\n";

#[test]
fn a_metric_is_read_from_what_a_command_prints() {
    let sandbox = Sandbox::new();
    let command = script(&sandbox, PRINTS);
    let said = one_trial(&sandbox, "prints", &format!("{METRIC}{command}"));
    assert!(!said.contains("warning"), "{said}");
    let store = outcome::embedded(sandbox.path());
    let run = child(&store, "prints");
    assert_eq!(history(&store, &run, "acc"), [(0, 0.5), (1, 0.625), (2, 0.75), (3, 0.875)]);
}

#[test]
fn many_values_from_the_output_are_all_there_when_the_trial_is_settled() {
    let server = MlflowServer::shared();
    let sandbox = Sandbox::tracking(server.url());
    let text = "i=0; while [ $i -lt 2000 ]; do echo \"val_acc=$i\"; i=$((i+1)); done\n";
    let command = script(&sandbox, text);
    one_trial(&sandbox, "prints", &format!("{METRIC}{command}"));
    let store = outcome::server(server.url());
    let found = history(&store, &child(&store, "prints"), "acc");
    assert_eq!(found.len(), 2000);
    assert!(found.iter().all(|(step, value)| (*value - *step as f64).abs() < 1e-9));
}

#[test]
fn a_command_that_prints_nothing_of_the_kind_is_told_of() {
    let sandbox = Sandbox::new();
    let command = script(&sandbox, "echo acc is fine\n");
    let said = one_trial_that_ends_with(1, &sandbox, "prints", &format!("{METRIC}{command}"));
    assert!(said.contains("nothing that it printed matches metric.from_output"), "{said}");
}
