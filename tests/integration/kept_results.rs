//! What a trial has given is never lost, whatever becomes of the server, the agent, the disk and the runs.

use std::time::Duration;

use nix::sys::signal::Signal;
use sweep::testing::{Run, RunId, Store};

use crate::support::agent::{AgentProcess, file_in, until};
use crate::support::outcome::{Outcome, embedded, server};
use crate::support::proxy::Proxy;
use crate::support::sandbox::{Ran, Sandbox};
use crate::support::sweep_server::SweepServer;

/// A store that fails at once: one that is away is tried again once.
const IMPATIENT: [(&str, &str); 2] =
    [("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1"), ("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")];
const PATIENT: [(&str, &str); 2] =
    [("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "10"), ("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")];

/// A script that says that it runs, waits for `go`, and then does its work.
fn script(work: &str) -> String {
    format!("echo $1 >> started-$SWEEP_TRIAL\nuntil [ -e go-$SWEEP_TRIAL ]; do sleep 0.02; done\n{work}\n")
}

/// A sweep, and where it is kept.
struct Story {
    /// `None`: in `./mlflow.db`.
    server: Option<(SweepServer, Proxy)>,
    sandbox: Sandbox,
    id: String,
}

impl Story {
    fn on_a_server(trials: u64, metric: &str, work: &str) -> Self {
        let folder = Sandbox::new();
        let server = SweepServer::start_in(folder.path());
        let proxy = Proxy::start(server.url(), 0);
        let sandbox = Sandbox::tracking(&proxy.url());
        // Kept as long as the sandbox.
        std::mem::forget(folder);
        Self::begin(Some((server, proxy)), sandbox, trials, metric, work)
    }

    fn in_a_file(trials: u64, work: &str) -> Self {
        Self::begin(None, Sandbox::new(), trials, "", work)
    }

    fn begin(
        server: Option<(SweepServer, Proxy)>,
        sandbox: Sandbox,
        trials: u64,
        metric: &str,
        work: &str,
    ) -> Self {
        sandbox.file("train.sh", &script(work));
        let x: Vec<u64> = (0..trials).collect();
        let id = sandbox.init(&format!(
            "command: [sh, train.sh, '${{x}}']\nexperiment_name: kept\nmethod: grid\n{metric}parameters:\n  x: {{values: {x:?}}}\n"
        ));
        Self { server, sandbox, id }
    }

    fn proxy(&self) -> &Proxy {
        &self.server.as_ref().unwrap().1
    }

    fn store(&self) -> Box<dyn Store> {
        match &self.server {
            Some((at, _)) => Box::new(server(at.url())),
            None => Box::new(embedded(self.sandbox.path())),
        }
    }

    fn agent(&self, args: &[&str], environment: &[(&str, &str)]) -> AgentProcess {
        let sweep = ("SWEEP", env!("CARGO_BIN_EXE_sweep"));
        AgentProcess::start(&self.sandbox, &[&["run"], args].concat(), &[environment, &[sweep]].concat())
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.agent(args, &IMPATIENT).finish()
    }

    #[track_caller]
    fn is_running(&self, trial: u64) {
        file_in(self.sandbox.path(), &format!("started-{trial}"));
    }

    fn go(&self, trial: u64) {
        self.sandbox.file(&format!("go-{trial}"), "now");
    }

    /// How often the trial's command was run.
    fn executions(&self, trial: u64) -> usize {
        file_in(self.sandbox.path(), &format!("started-{trial}")).lines().count()
    }

    fn journal(&self) -> Vec<String> {
        let folder = self.sandbox.path().join(".sweep/journal").join(&self.id);
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn outcome(&self) -> Outcome {
        Outcome::read(self.store().as_ref(), &self.id)
    }

    fn trial_run(&self, trial: u64) -> Run {
        let outcome = self.outcome();
        outcome.attempts(trial)[0].clone()
    }

    fn artifact(&self, trial: u64, path: &str) -> String {
        let run = self.trial_run(trial).info;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let bytes = runtime.block_on(self.store().artifact(&run, path)).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn delete(&self, run: &RunId) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.store().delete_run(run)).unwrap();
    }
}

/// What stands in a server's place for a while: it is away, or something else answers.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Away,
    Answers(u16),
}

const FAULTS: [Fault; 6] = [
    Fault::Away,
    Fault::Answers(401),
    Fault::Answers(403),
    Fault::Answers(404),
    Fault::Answers(302),
    // A login page.
    Fault::Answers(200),
];

impl Fault {
    fn begins(self, proxy: &Proxy) {
        match self {
            Self::Away => proxy.is_away(true),
            Self::Answers(status) => proxy.answers(Some(status)),
        }
    }

    fn ends(proxy: &Proxy) {
        proxy.is_away(false);
        proxy.answers(None);
    }
}

/// Trials work while something is wrong with the server; the next agent of the directory delivers what they gave.
fn outlives_every_fault(metric: &str, work: &str, files: &[(&str, &str)]) {
    let trials = FAULTS.len() as u64;
    let story = Story::on_a_server(trials, metric, work);
    for (trial, fault) in (0..).zip(FAULTS) {
        let agent = story.agent(&["--count", "1"], &IMPATIENT);
        story.is_running(trial);
        fault.begins(story.proxy());
        story.go(trial);
        let ran = agent.finish();
        assert_eq!(ran.code, Some(3), "{fault:?}: {}", ran.stderr);
        assert!(!story.journal().is_empty(), "{fault:?}: {}", ran.stderr);
        Fault::ends(story.proxy());
        // Delivers, and runs nothing.
        let ran = story.run(&["--count", "0"]).expect(0);
        assert!(ran.stderr.contains("Delivered 1 result"), "{fault:?}: {}", ran.stderr);
        assert_eq!(story.journal(), [""; 0], "{fault:?}");
        let run = story.trial_run(trial);
        let loss = run.metrics.iter().find(|metric| metric.key == "loss").map(|metric| metric.value);
        assert_eq!(loss, Some(0.25), "{fault:?}");
        for (path, text) in files {
            assert_eq!(story.artifact(trial, path), *text, "{fault:?}: {path}");
        }
        assert_eq!(story.outcome().states(trial), ["FINISHED*"], "{fault:?}");
        assert_eq!(story.executions(trial), 1, "{fault:?}");
    }
}

#[test]
fn values_read_from_the_output_outlive_whatever_answers_in_the_servers_place() {
    let metric = "metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}\n";
    outlives_every_fault(metric, "echo loss=0.25", &[]);
}

#[test]
fn values_of_sweep_log_outlive_it_too_wherever_the_script_is() {
    let metric = "metric: {name: loss, goal: minimize}\n";
    // Fails unless all of it is taken, kept or not.
    let work = "cd / && \"$SWEEP\" log metric loss 0.5 --step 1 && \"$SWEEP\" log metric loss 0.25 --step 2 && \
                \"$SWEEP\" log param deep 3 && \"$SWEEP\" log tag note kept";
    outlives_every_fault(metric, work, &[]);
}

#[test]
fn files_of_sweep_log_outlive_it_too_as_they_were_when_they_were_logged() {
    let metric = "metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}\n";
    let work = "d=$(mktemp -d) && mkdir $d/model && echo one > $d/model/a && echo two > $d/b && \
                \"$SWEEP\" log artifact $d/model $d/b --to out && rm -r $d && echo loss=0.25";
    outlives_every_fault(metric, work, &[("out/model/a", "one\n"), ("out/b", "two\n")]);
}

#[test]
fn sweep_log_waits_for_a_server_that_restarts() {
    let story = Story::on_a_server(1, "", "\"$SWEEP\" log metric loss 0.25; echo $? > logged");
    let agent = story.agent(&[], &PATIENT);
    story.is_running(0);
    story.proxy().is_away(true);
    let before = story.proxy().requests();
    story.go(0);
    // More than it would try at an address that has never answered.
    until("further tries", || (story.proxy().requests() >= before + 4).then_some(()));
    story.proxy().is_away(false);
    agent.finish().expect(0);
    assert_eq!(file_in(story.sandbox.path(), "logged").trim(), "0");
    assert_eq!(story.trial_run(0).metrics[0].value.to_bits(), 0.25_f64.to_bits());
}

#[test]
fn an_agent_that_is_killed_between_the_end_of_a_command_and_its_delivery_loses_nothing() {
    let story = Story::on_a_server(2, "", "echo done");
    let agent = story.agent(&[], &PATIENT);
    story.is_running(0);
    story.proxy().is_away(true);
    story.go(0);
    until("the result in the journal", || story.journal().iter().any(|f| f.ends_with(".json")).then_some(()));
    agent.kill();
    story.proxy().is_away(false);
    story.go(1);
    let ran = story.run(&[]).expect(0);
    assert!(ran.stderr.contains("Delivered 1 result"), "{}", ran.stderr);
    assert_eq!((story.executions(0), story.executions(1)), (1, 1));
    assert_eq!(story.outcome().states(0), ["FINISHED*"]);
}

#[test]
fn a_signal_ends_an_agent_within_its_grace_whatever_the_server_does() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let story = Story::on_a_server(1, "", "echo done");
        let agent = story.agent(&["--grace", "1s"], &PATIENT);
        story.is_running(0);
        story.proxy().is_away(true);
        story.go(0);
        until("the result in the journal", || (story.journal().len() > 1).then_some(()));
        agent.signal(signal);
        // Left alone it would try for minutes.
        let ran = agent.finish_within(Duration::from_secs(20));
        assert!(ran.stderr.contains("kept here"), "{}", ran.stderr);
        assert_eq!(ran.code, Some(128 + signal as i32), "{}", ran.stderr);
        story.proxy().is_away(false);
        story.run(&[]).expect(0);
        assert_eq!((story.executions(0), story.outcome().states(0)), (1, vec!["FINISHED*".to_owned()]));
    }
}

#[test]
fn an_agent_that_is_ended_before_it_has_a_trial_says_which_signal_it_was_though_no_server_answers() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let story = Story::on_a_server(1, "", "echo done");
        let other = story.agent(&[], &PATIENT);
        story.is_running(0);
        // It waits for the trial of the other one.
        let waiting = story.agent(&["--grace", "1s"], &PATIENT);
        waiting.says("waiting for 1 trial");
        story.proxy().is_away(true);
        waiting.says("server away for");
        waiting.signal(signal);
        let ran = waiting.finish_within(Duration::from_secs(20));
        assert_eq!(ran.code, Some(128 + signal as i32), "{}", ran.stderr);
        story.proxy().is_away(false);
        story.go(0);
        other.finish().expect(0);
    }
}

#[test]
fn an_outage_is_shown_while_it_lasts() {
    let story = Story::on_a_server(1, "", "echo done");
    let agent = story.agent(&[], &PATIENT);
    story.is_running(0);
    story.proxy().is_away(true);
    story.go(0);
    agent.says("server away for");
    agent.says("1 result kept here");
    story.proxy().is_away(false);
    let ran = agent.finish().expect(0);
    assert!(ran.stderr.contains("server back after"), "{}", ran.stderr);
}

/// A person deletes the run of a trial while it is running.
fn a_deleted_run_ends_its_trial(story: &Story) {
    let agent = story.agent(&["--lease", "2s"], &IMPATIENT);
    story.is_running(0);
    story.delete(&story.trial_run(0).info.id);
    // It does not have to end by itself: its agent notices.
    story.go(1);
    let ran = agent.finish().expect(0);
    assert_eq!(ran.stderr.matches("its run was deleted meanwhile").count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("1 finished") && ran.stderr.contains("1 dropped"), "{}", ran.stderr);
    assert_eq!(story.journal(), [""; 0]);
    story.run(&[]).expect(0);
    assert_eq!((story.executions(0), story.executions(1)), (1, 1));
}

#[test]
fn a_run_that_is_deleted_while_it_runs_ends_its_trial_and_no_more_in_a_file() {
    a_deleted_run_ends_its_trial(&Story::in_a_file(2, "echo done"));
}

#[test]
fn a_run_that_is_deleted_while_it_runs_ends_its_trial_and_no_more_on_a_server() {
    a_deleted_run_ends_its_trial(&Story::on_a_server(2, "", "echo done"));
}

#[test]
fn a_run_that_is_deleted_before_its_result_is_delivered_stops_nobody() {
    let story = Story::in_a_file(2, "echo done");
    let agent = story.agent(&["--count", "1"], &[]);
    story.is_running(0);
    story.delete(&story.trial_run(0).info.id);
    story.go(0);
    agent.finish().expect(0);
    story.go(1);
    story.run(&[]).expect(0);
    assert_eq!((story.executions(0), story.executions(1)), (1, 1));
    let counts = &story.sandbox.run(&["finalize", "--format", "json", &story.id]).expect(0).json()["trials"];
    assert_eq!((&counts["finished"], &counts["deleted"]), (&1.into(), &1.into()), "{counts}");
}

/// A person deletes the whole sweep.
fn a_deleted_sweep_ends_its_agents(story: &Story) {
    let agent = story.agent(&["--lease", "2s", "--grace", "1s"], &IMPATIENT);
    story.is_running(0);
    story.delete(&RunId(story.id.clone()));
    let ran = agent.finish().expect(3);
    assert!(ran.stderr.contains("the sweep was deleted"), "{}", ran.stderr);
    // Told again, and nothing is run.
    let ran = story.run(&[]).expect(3);
    assert!(ran.stderr.contains("the sweep was deleted") && ran.stderr.contains("restore"), "{}", ran.stderr);
    assert_eq!(story.executions(0), 1);
    // The directory is as good as before.
    story.sandbox.file("train.sh", "exit 0\n");
    story.sandbox.init(
        "command: [sh, train.sh]\nexperiment_name: kept\nparameters: {x: {values: [1]}}\nmethod: grid\n",
    );
    story.run(&[]).expect(0);
}

#[test]
fn a_sweep_that_is_deleted_ends_its_agents_in_a_file() {
    a_deleted_sweep_ends_its_agents(&Story::in_a_file(2, "echo done"));
}

#[test]
fn a_sweep_that_is_deleted_ends_its_agents_on_a_server() {
    a_deleted_sweep_ends_its_agents(&Story::on_a_server(2, "", "echo done"));
}

#[test]
fn files_of_comfort_that_can_not_be_made_cost_a_warning_and_no_trial() {
    let story = Story::in_a_file(2, "echo done; \"$SWEEP\" log metric loss 0.25");
    // A folder of somebody else's, as far as this user can tell.
    std::fs::remove_dir_all(story.sandbox.path().join(".sweep")).unwrap();
    story.sandbox.file(".sweep", "in the way");
    story.go(0);
    story.go(1);
    let ran =
        story.agent(&[&format!("--sweep-id={}", story.id)], &[("TMPDIR", "/nonexistent")]).finish().expect(0);
    for words in ["cannot create .sweep/logs", "SWEEP_CHECKPOINT_DIR", ".sweep/journal"] {
        assert_eq!(ran.stderr.matches(words).count(), 1, "{words}: {}", ran.stderr);
    }
    assert_eq!(
        (story.outcome().states(0), story.outcome().states(1)),
        (vec!["FINISHED*".into()], vec!["FINISHED*".into()])
    );
}

#[test]
fn an_agent_that_has_to_end_gives_its_trial_back_first() {
    let sandbox = Sandbox::new();
    let id = sandbox.init("command: [./train.sh, '${x}']\nmethod: grid\nparameters: {x: {values: [1]}}\n");
    assert_ne!(sandbox.run(&["run"]).code, Some(0));
    let program = sandbox.file("train.sh", "#!/bin/sh\nexit 0\n");
    std::fs::set_permissions(program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    // Nobody waits for a lease.
    let agent = AgentProcess::start(&sandbox, &["run", "--lease", "1h"], &[]);
    agent.finish().expect(0);
    Outcome::read(&embedded(sandbox.path()), &id).each_trial_counts_once(1);
}

/// Sends a file that is larger than the memory that there is.
fn sends_a_file_piece_by_piece(story: &Story) {
    std::fs::File::create(story.sandbox.path().join("model.bin")).unwrap().set_len(200 << 20).unwrap();
    story.go(0);
    story.run(&[]).expect(0);
    let run = story.trial_run(0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let files = runtime.block_on(async { story.store().artifacts(&run.info, "").await.unwrap() });
    assert!(files.iter().any(|file| file.path == "model.bin" && file.size == Some(200 << 20)), "{files:?}");
}

const SENDS: &str = "ulimit -v 180000; \"$SWEEP\" log artifact model.bin || exit 1";

#[test]
fn a_large_file_takes_no_memory_in_a_file() {
    sends_a_file_piece_by_piece(&Story::in_a_file(1, SENDS));
}

#[test]
fn a_large_file_takes_no_memory_on_a_server() {
    // Past the proxy of these tests, which keeps what it passes on.
    let folder = Sandbox::new();
    let server = SweepServer::start_in(folder.path());
    let proxy = Proxy::start(server.url(), 0);
    let sandbox = Sandbox::tracking(server.url());
    sends_a_file_piece_by_piece(&Story::begin(Some((server, proxy)), sandbox, 1, "", SENDS));
}

/// Makes a run of its own, as a second `start_run()` and a forked child do, logs the metric there, and leaves it running.
const BESIDE: &str = r#"
import json, os, urllib.request
def call(path, body):
    url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/" + path
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))
made = call("runs/create", {"experiment_id": os.environ["MLFLOW_EXPERIMENT_ID"], "start_time": 1})
run = made["run"]["info"]["run_id"]
call("runs/log-metric", {"run_id": run, "key": "loss", "value": 0.5, "timestamp": 1, "step": 0})
open("made", "w").write(run)
"#;

#[test]
fn runs_that_a_script_makes_beside_its_trials_end_with_it_and_are_named_where_the_metric_is_in_them() {
    let sandbox = Sandbox::new();
    sandbox.file("beside.py", BESIDE);
    sandbox.init(
        "command: [python3, beside.py]\nmethod: grid\nmetric: {name: loss, goal: minimize}\nparameters: {x: {values: [1]}}\n",
    );
    let ran = sandbox.run(&["run"]);
    let made = RunId(file_in(sandbox.path(), "made"));
    assert!(ran.stderr.contains(&format!("`loss` was logged in run {made}")), "{}", ran.stderr);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let run = runtime.block_on(async { embedded(sandbox.path()).run(&made).await.unwrap() });
    assert_eq!(run.info.status.as_str(), "FINISHED");
}
