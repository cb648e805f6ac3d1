//! A tracking server that misbehaves: nothing is lost, nothing counts twice.

use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::agent::{AgentProcess, file_in, no_process_is_left, until};
use crate::support::mlflow_server::MlflowServer;
use crate::support::outcome::{Outcome, server};
use crate::support::proxy::Proxy;
use crate::support::sandbox::{Ran, Sandbox};

/// How the program is to try again: at once, up to so many times.
fn retries(number: &'static str) -> [(&'static str, &'static str); 2] {
    [("MLFLOW_HTTP_REQUEST_MAX_RETRIES", number), ("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")]
}

/// A server behind a proxy, and a sweep on it whose agents see the proxy only.
struct Story {
    server: &'static MlflowServer,
    proxy: Proxy,
    sandbox: Sandbox,
    id: String,
}

impl Story {
    fn new(seed: u64, trials: u64, script: &str) -> Self {
        let server = MlflowServer::shared();
        let proxy = Proxy::start(server.url(), seed);
        let sandbox = Sandbox::tracking(&proxy.url());
        sandbox.file("train.sh", script);
        let x: Vec<u64> = (0..trials).collect();
        let id = sandbox.init(&format!(
            "command: [sh, train.sh, '${{x}}']\nexperiment_name: faults\nmethod: grid\nrun_cap: 1000\nparameters:\n  x: {{values: {x:?}}}\n"
        ));
        Self { server, proxy, sandbox, id }
    }

    fn agent(&self, args: &[&str], environment: &[(&str, &str)]) -> AgentProcess {
        AgentProcess::start(&self.sandbox, &[&["run"], args].concat(), environment)
    }

    #[track_caller]
    fn wait_for(&self, file: &str) {
        file_in(self.sandbox.path(), file);
    }

    /// What the server has, asked past the proxy.
    fn outcome(&self) -> Outcome {
        Outcome::read(&server(self.server.url()), &self.id)
    }

    fn journal(&self) -> Vec<String> {
        let folder = self.sandbox.path().join(".sweep/journal").join(&self.id);
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".json")).collect()
    }
}

/// Runs an agent, and another one whenever it stops, until the sweep is over.
fn run_to_the_end(story: &Story) -> Ran {
    for _ in 0..10 {
        let ran = story.agent(&["--lease", "3s"], &retries("10")).finish_within(Duration::from_secs(180));
        // Before its first contact with a server an agent does not try for long: that may be a misspelt name.
        if ran.code != Some(3) {
            return ran;
        }
    }
    panic!("ten agents gave up");
}

#[test]
fn one_request_in_four_goes_wrong_and_each_trial_counts_once() {
    const TRIALS: u64 = 20;
    let seed = std::env::var("SWEEP_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(4);
    let story = Story::new(seed, TRIALS, "echo trial $1 did its work\n");
    story.proxy.faults_in_a_hundred(25);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| run_to_the_end(&story).expect(0));
        }
    });
    assert!(story.proxy.faults() > 20, "only {} faults; seed {seed}", story.proxy.faults());
    let outcome = story.outcome();
    outcome.each_trial_counts_once(TRIALS);
    outcome.every_run_is_over();
    for run in &outcome.runs {
        if !outcome.results.values().any(|result| *result == run.info.id) {
            continue;
        }
        assert_eq!((run.info.status.as_str(), run.tag("sweep.exit_code")), ("FINISHED", Some("0")));
        let x = run.param("x").unwrap();
        assert_eq!(run.tag("sweep.param.x"), Some(x));
        assert_eq!(log_of(&story, run.info.id.as_str()), format!("trial {x} did its work\n"));
    }
}

#[test]
fn the_second_copy_of_a_run_is_removed_when_the_sweep_ends() {
    let story = Story::new(0, 2, "exit 0\n");
    story.proxy.doubles_new_runs();
    story.agent(&["--lease", "1s"], &[]).finish().expect(0);
    let outcome = story.outcome();
    assert_eq!((outcome.states(0), outcome.states(1)), (vec!["FINISHED*".into()], vec!["FINISHED*".into()]));
}

#[test]
fn a_run_whose_making_was_never_answered_is_removed_at_once() {
    let story = Story::new(0, 1, "exit 0\n");
    story.proxy.loses_the_next_new_run();
    story.agent(&["--no-wait"], &[]).finish().expect(0);
    assert_eq!(story.outcome().states(0), ["FINISHED*"]);

    // A sweep itself, too: one with no ledger would look like one that was cut off.
    let sweeps = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime
            .block_on(sweep::testing::Sweep::all(&server(story.server.url())))
            .unwrap()
            .into_iter()
            .filter(|run| run.info.name == "named-once")
            .count()
    };
    story.sandbox.file("sweep.yaml", "name: named-once\ncommand: 'true'\nparameters:\n  x: {values: [1]}\n");
    story.proxy.loses_the_next_new_run();
    story.sandbox.run(&["init", "sweep.yaml"]).expect(0);
    assert_eq!(sweeps(), 1);
}

fn log_of(story: &Story, run: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store: &dyn sweep::testing::Store = &server(story.server.url());
        let run = store.run(&sweep::testing::RunId(run.to_owned())).await.unwrap();
        String::from_utf8(store.artifact(&run.info, "logs/output.txt").await.unwrap()).unwrap()
    })
}

#[test]
fn a_server_that_is_away_for_a_while_holds_trials_up_and_nothing_else() {
    let story = Story::new(0, 5, "echo $1 > started-$SWEEP_TRIAL\n");
    let environment =
        [("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "10"), ("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")];
    // A lease that is shorter than the time the server is away: nobody is lost for that.
    let agents =
        [story.agent(&["--lease", "2s"], &environment), story.agent(&["--lease", "2s"], &environment)];
    story.wait_for("started-1");
    story.proxy.is_away(true);
    let before = story.proxy.requests();
    until("tries while the server is away", || (story.proxy.requests() >= before + 6).then_some(()));
    story.proxy.is_away(false);
    for agent in agents {
        agent.finish().expect(0);
    }
    let outcome = story.outcome();
    outcome.each_trial_counts_once(5);
    outcome.every_run_is_over();
}

#[test]
fn nobody_is_taken_for_lost_because_the_server_was_away() {
    let story = Story::new(0, 1, "echo $1 > started-$SWEEP_TRIAL\nuntil [ -e go ]; do sleep 0.02; done\n");
    // Who works waits long until it tries again; who watches does not.
    let patient =
        |factor| [("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "10"), ("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", factor)];
    let works = story.agent(&["--lease", "4s"], &patient("60"));
    story.wait_for("started-0");
    let waits = story.agent(&["--lease", "4s"], &patient("1"));
    waits.says("waiting for 1 trial");
    let beat = || {
        let outcome = story.outcome();
        let beat = outcome.attempts(0)[0].tag("sweep.heartbeat");
        beat.and_then(|beat| beat.split(' ').next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    story.proxy.is_away(true);
    std::thread::sleep(Duration::from_secs(6));
    story.proxy.is_away(false);
    // More than a lease.
    let before = beat();
    until("further heartbeats", || (beat() >= before + 6).then_some(()));
    story.sandbox.file("go", "now");
    works.finish().expect(0);
    waits.finish().expect(0);
    assert_eq!(story.outcome().states(0), ["FINISHED*"]);
}

#[test]
fn a_result_that_can_not_be_delivered_is_kept_and_delivered_by_the_next_agent() {
    let story =
        Story::new(0, 2, "echo $1 > started-$SWEEP_TRIAL\nuntil [ -e go ]; do sleep 0.02; done\necho done\n");
    let agent = story.agent(&[], &retries("1"));
    story.wait_for("started-0");
    story.proxy.is_away(true);
    story.sandbox.file("go", "now");
    let ran = agent.finish().expect(3);
    assert!(ran.stderr.contains("could not be delivered and is kept here"), "{}", ran.stderr);
    assert_eq!(story.journal().len(), 1);
    assert_eq!(story.outcome().states(0), ["RUNNING"]);

    story.proxy.is_away(false);
    let ran = story.agent(&[], &retries("1")).finish().expect(0);
    assert!(ran.stderr.contains("Delivered 1 result"), "{}", ran.stderr);
    assert_eq!(story.journal(), [""; 0]);
    let outcome = story.outcome();
    assert_eq!((outcome.states(0), outcome.states(1)), (vec!["FINISHED*".into()], vec!["FINISHED*".into()]));
    assert_eq!(log_of(&story, outcome.attempts(0)[0].info.id.as_str()), "done\n");
}

#[test]
fn wrong_credentials_end_the_agent_at_once_and_it_says_what_to_set() {
    let story = Story::new(0, 3, "echo $1 > started-$SWEEP_TRIAL\nuntil [ -e go ]; do sleep 0.02; done\n");
    for (status, words) in [(401, "MLFLOW_TRACKING_USERNAME"), (403, "no permission")] {
        story.proxy.answers(Some(status));
        let before = story.proxy.requests();
        let ran = story.agent(&[], &[]).finish().expect(3);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
        assert_eq!(story.proxy.requests() - before, 1, "a refusal was tried again");
        story.proxy.answers(None);
    }
    // In mid-sweep, too; what the running trial has given is not lost.
    let agent = story.agent(&[], &[]);
    story.wait_for("started-0");
    story.proxy.answers(Some(401));
    story.sandbox.file("go", "now");
    let ran = agent.finish().expect(3);
    assert!(ran.stderr.contains("MLFLOW_TRACKING_USERNAME"), "{}", ran.stderr);
    no_process_is_left(&story.id);
    story.proxy.answers(None);
    story.agent(&[], &[]).finish().expect(0);
    story.outcome().each_trial_counts_once(3);
    assert_eq!(story.outcome().states(0), ["FINISHED*"]);
}

#[test]
fn the_third_ctrl_c_does_not_wait_for_a_server_that_is_away() {
    let story = Story::new(0, 1, "echo $1 > started-$SWEEP_TRIAL\nuntil [ -e go ]; do sleep 0.02; done\n");
    let environment =
        [("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "10"), ("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "60")];
    let agent = story.agent(&[], &environment);
    story.wait_for("started-0");
    story.proxy.is_away(true);
    for words in ["Finishing the running trials", "Ending the running trials", "Killing the running trials"] {
        agent.signal(Signal::SIGINT);
        agent.says(words);
    }
    agent.finish();
    assert_eq!(story.journal().len(), 1);
    story.proxy.is_away(false);
    story.agent(&[], &[]).finish().expect(0);
    assert_eq!(story.outcome().states(0), ["KILLED*"]);
}

#[test]
fn credentials_reach_no_output_no_store_no_file_and_no_command_line() {
    const SECRETS: [&str; 3] = ["hunter2-in-env", "hunter2-in-url", "hunter2-token"];
    let story = Story::new(
        0,
        1,
        "cat /proc/*/cmdline > cmdlines.txt 2>/dev/null; ps axww 2>/dev/null; env | grep -c . \n",
    );
    let ways: [&[(&str, &str)]; 3] = [
        &[("MLFLOW_TRACKING_USERNAME", "me"), ("MLFLOW_TRACKING_PASSWORD", SECRETS[0])],
        &[("MLFLOW_TRACKING_URI", &story.proxy.url().replace("http://", "http://me:hunter2-in-url@"))],
        &[("MLFLOW_TRACKING_TOKEN", SECRETS[2])],
    ];
    for way in ways {
        let environment = [way, &[("SWEEP_LOG", "trace")]].concat();
        story.sandbox.file("sweep.yaml", "command: [sh, train.sh, '${x}']\nexperiment_name: faults\nmethod: grid\nparameters:\n  x: {values: [1]}\n");
        for args in [&["start", "sweep.yaml", "-vv"][..], &["run", "-vv"], &["finalize", "-vv"]] {
            let ran = AgentProcess::start(&story.sandbox, args, &environment).finish();
            for secret in SECRETS {
                assert!(!ran.stderr.contains(secret) && !ran.stdout.contains(secret), "{args:?}: {secret}");
            }
        }
        story.proxy.answers(Some(401));
        let ran = AgentProcess::start(&story.sandbox, &["run", "-vv"], &environment).finish().expect(3);
        assert!(SECRETS.iter().all(|secret| !ran.stderr.contains(secret)), "{}", ran.stderr);
        story.proxy.answers(None);
    }
    for folder in [story.sandbox.path(), story.server.folder()] {
        no_file_holds(folder, &SECRETS);
    }
}

fn no_file_holds(folder: &Path, secrets: &[&str]) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_file_holds(&path, secrets);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        for secret in secrets {
            assert!(!text.contains(secret), "{} holds {secret}", path.display());
        }
    }
}
