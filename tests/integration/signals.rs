//! Signals, time limits, retries and orders: the real program with real processes below it.

use std::time::Duration;

use nix::fcntl::OFlag;
use nix::sys::signal::Signal;

use crate::support::agent::{AgentProcess, file_in, no_process_is_left, processes_of, until};
use crate::support::outcome::{Outcome, embedded};
use crate::support::python::mlflow_python;
use crate::support::sandbox::Sandbox;

/// Says that it runs, and waits for leave to end.
const WAITS: &str = "echo $$ > started-$SWEEP_TRIAL-$SWEEP_ATTEMPT\nuntil [ -e go ]; do sleep 0.02; done\n";

/// Ends neither by itself nor by SIGTERM, and has a child that does not either.
const STUBBORN: &str = "trap '' TERM\n(trap '' TERM; while :; do sleep 1000; done) &\n\
                        echo $$ > started-$SWEEP_TRIAL-$SWEEP_ATTEMPT\nwhile :; do sleep 1000; done\n";

/// A sweep whose trials run this script, one after another.
struct Story {
    sandbox: Sandbox,
    id: String,
}

impl Story {
    fn new(trials: u64, script: &str) -> Self {
        Self::with(trials, script, "")
    }

    fn with(trials: u64, script: &str, more: &str) -> Self {
        let sandbox = Sandbox::new();
        sandbox.file("train.sh", script);
        let x: Vec<u64> = (0..trials).collect();
        let id = sandbox.init(&format!(
            "command: [sh, train.sh, '${{x}}']\nmethod: grid\nrun_cap: 5000\n{more}parameters:\n  x: {{values: {x:?}}}\n"
        ));
        Self { sandbox, id }
    }

    fn agent(&self, args: &[&str]) -> AgentProcess {
        AgentProcess::start(&self.sandbox, &[&["run"], args].concat(), &[])
    }

    #[track_caller]
    fn wait_for(&self, file: &str) -> String {
        file_in(self.sandbox.path(), file).trim().to_owned()
    }

    fn go(&self) {
        self.sandbox.file("go", "now");
    }

    fn outcome(&self) -> Outcome {
        Outcome::read(&embedded(self.sandbox.path()), &self.id)
    }

    /// Waits until the agent has looked for orders: it does so as often as it beats.
    #[track_caller]
    fn some_heartbeats_later(&self) {
        let beat = || {
            let beat = self.tag(0, 1, "sweep.heartbeat");
            beat.split(' ').next().and_then(|count| count.parse::<u64>().ok()).unwrap_or(0)
        };
        let before = beat();
        until("further heartbeats", || (beat() >= before + 3).then_some(()));
    }

    #[track_caller]
    fn tag(&self, trial: u64, attempt: usize, tag: &str) -> String {
        self.outcome().attempts(trial)[attempt - 1].tag(tag).unwrap_or("none").to_owned()
    }
}

#[test]
fn the_first_ctrl_c_lets_the_running_trial_finish_and_starts_no_more() {
    let story = Story::new(3, WAITS);
    let agent = story.agent(&[]);
    story.wait_for("started-0-1");
    agent.signal(Signal::SIGINT);
    agent.says("Finishing the running trials");
    story.go();
    agent.finish().expect(130);
    assert_eq!(story.outcome().states(0), ["FINISHED*"]);
    assert_eq!(story.outcome().runs.len(), 1);
}

#[test]
fn the_second_ctrl_c_ends_the_running_trial_with_grace_and_says_why() {
    let story = Story::new(2, &format!("trap 'echo saved > saved; exit 1' TERM\n{WAITS}"));
    let agent = story.agent(&["--grace", "1h"]);
    story.wait_for("started-0-1");
    agent.signal(Signal::SIGINT);
    agent.says("Finishing the running trials");
    agent.signal(Signal::SIGINT);
    agent.finish().expect(130);
    // It had the time to save what it had.
    story.wait_for("saved");
    assert_eq!(story.outcome().states(0), ["KILLED*"]);
    assert_eq!(story.tag(0, 1, "sweep.reason"), "stopped");
    no_process_is_left(&story.id);
}

#[test]
fn the_third_ctrl_c_kills_even_what_ignores_sigterm() {
    let story = Story::new(2, STUBBORN);
    let agent = story.agent(&["--grace", "1h"]);
    story.wait_for("started-0-1");
    for words in ["Finishing the running trials", "Ending the running trials", "Killing the running trials"] {
        agent.signal(Signal::SIGINT);
        agent.says(words);
    }
    agent.finish().expect(130);
    no_process_is_left(&story.id);
    assert_eq!(story.outcome().states(0), ["KILLED*"]);
    assert_eq!(story.tag(0, 1, "sweep.signal"), "SIGKILL");
}

#[test]
fn what_ignores_sigterm_is_killed_when_the_grace_is_over() {
    let story = Story::new(1, STUBBORN);
    let agent = story.agent(&["--grace", "200ms"]);
    story.wait_for("started-0-1");
    agent.signal(Signal::SIGTERM);
    agent.finish().expect(143);
    no_process_is_left(&story.id);
    assert_eq!(story.tag(0, 1, "sweep.signal"), "SIGKILL");
}

#[test]
fn sigterm_gives_the_trial_back_and_the_next_attempt_finds_its_checkpoint() {
    let story = Story::new(
        2,
        "echo step-7 >> \"$SWEEP_CHECKPOINT_DIR/state\"\n\
         echo \"$SWEEP_CHECKPOINT_DIR\" > checkpoints-$SWEEP_TRIAL-$SWEEP_ATTEMPT\n\
         [ $SWEEP_TRIAL = 0 ] || exit 0\n\
         [ $SWEEP_ATTEMPT = 1 ] && sleep 1000\nwc -l < \"$SWEEP_CHECKPOINT_DIR/state\" > lines\n",
    );
    let agent = story.agent(&[]);
    let first = story.wait_for("checkpoints-0-1");
    agent.signal(Signal::SIGTERM);
    agent.finish().expect(143);
    assert_eq!(story.outcome().states(0), ["KILLED"]);
    // It needs no lease to run out.
    story.agent(&["--lease", "1h"]).finish().expect(0);
    assert_eq!(story.wait_for("checkpoints-0-2"), first);
    assert_eq!(story.wait_for("lines"), "2");
    assert_eq!(story.outcome().states(0), ["KILLED", "FINISHED*"]);
    assert_eq!(story.outcome().states(1), ["FINISHED*"]);
    assert_eq!(story.tag(0, 1, "sweep.reason"), "given back");
}

#[test]
fn every_signal_that_announces_the_end_gives_the_trial_back() {
    let story = Story::new(1, WAITS);
    let announced =
        [Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGXCPU, Signal::SIGALRM];
    for (signal, attempt) in announced.into_iter().zip(1..) {
        let agent = story.agent(&["--lease", "1h"]);
        story.wait_for(&format!("started-0-{attempt}"));
        agent.signal(signal);
        agent.finish().expect(128 + signal as i32);
        assert_eq!(story.tag(0, attempt, "sweep.reason"), "given back", "{signal}");
    }
    no_process_is_left(&story.id);
}

#[test]
fn a_terminal_that_is_closed_gives_the_trial_back() {
    let story = Story::new(1, WAITS);
    // No program that is started meanwhile may hold it open.
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let terminal = nix::pty::posix_openpt(flags).unwrap();
    nix::pty::grantpt(&terminal).unwrap();
    nix::pty::unlockpt(&terminal).unwrap();
    let inside = std::fs::File::open(nix::pty::ptsname_r(&terminal).unwrap()).unwrap();
    let mut command = story.sandbox.wrapped(&["setsid", "--ctty"], &["run"]);
    command.stdin(inside);
    let agent = AgentProcess::of(&story.sandbox, command);
    story.wait_for("started-0-1");
    drop(terminal);
    agent.finish().expect(129);
    assert_eq!(story.tag(0, 1, "sweep.reason"), "given back");
}

#[test]
fn what_nohup_ignores_stays_ignored() {
    let story = Story::new(1, WAITS);
    let command = story.sandbox.wrapped(&["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"], &["run"]);
    let agent = AgentProcess::of(&story.sandbox, command);
    story.wait_for("started-0-1");
    agent.signal(Signal::SIGHUP);
    story.go();
    agent.finish().expect(0);
    assert_eq!(story.outcome().states(0), ["FINISHED*"]);
}

#[test]
fn a_limit_of_file_size_ends_neither_the_agent_nor_goes_unnoticed_by_commands() {
    let story = Story::new(1, "grep SigIgn /proc/self/status > ignored\nhead -c 8000000 /dev/zero\n");
    let command = story.sandbox.wrapped(&["sh", "-c", "ulimit -f 4000; exec \"$@\"", "sh"], &["run"]);
    let ran = AgentProcess::of(&story.sandbox, command).finish();
    assert!(ran.code.is_some(), "ended by a signal: {}", ran.stderr);
    let ignored = story.wait_for("ignored");
    let mask = u64::from_str_radix(ignored.split_whitespace().last().unwrap(), 16).unwrap();
    assert_eq!(mask & (1 << (Signal::SIGXFSZ as u32 - 1)), 0, "{ignored}");
}

#[test]
fn a_killed_agent_leaves_no_process_behind_and_its_trial_is_run_by_another() {
    let story = Story::new(2, &format!("[ $SWEEP_ATTEMPT = 2 ] && exit 0\n[ $1 = 1 ] && exit 0\n{STUBBORN}"));
    let agent = story.agent(&["--lease", "1s"]);
    story.wait_for("started-0-1");
    assert!(processes_of(&story.id).len() >= 2);
    agent.kill();
    no_process_is_left(&story.id);
    assert_eq!(story.outcome().states(0), ["RUNNING"]);
    story.agent(&["--lease", "1s"]).finish().expect(0);
    assert_eq!(story.outcome().states(0), ["KILLED", "FINISHED*"]);
    assert_eq!(story.tag(0, 1, "sweep.reason"), "its agent was lost");
    assert_eq!(story.tag(0, 1, "sweep.superseded_by"), "2");
    story.outcome().each_trial_counts_once(2);
}

#[test]
fn a_trial_that_takes_too_long_is_ended() {
    let story = Story::with(2, &format!("[ $1 = 1 ] && exit 0\n{STUBBORN}"), "trial_timeout: 500ms\n");
    story.agent(&["--grace", "200ms"]).finish().expect(0);
    assert_eq!(story.outcome().states(0), ["KILLED*"]);
    assert_eq!(story.tag(0, 1, "sweep.reason"), "trial_timeout");
    assert_eq!(story.outcome().states(1), ["FINISHED*"]);
    no_process_is_left(&story.id);
}

#[test]
fn no_trial_is_started_after_max_duration() {
    let story = Story::with(5_000, "exit 0\n", "max_duration: 1s\n");
    let ran = story.agent(&[]).finish().expect(0);
    assert!(ran.stderr.contains("max_duration has run out"), "{}", ran.stderr);
    story.outcome().every_run_is_over();
    assert!(story.outcome().runs.len() < 5_000);
}

#[test]
fn a_failed_trial_is_tried_again_as_often_as_asked_for() {
    let story = Story::new(2, "[ $SWEEP_ATTEMPT -ge 3 ] || [ $1 = 1 ]\n");
    story.agent(&["--retries", "2"]).finish().expect(0);
    assert_eq!(story.outcome().states(0), ["FAILED", "FAILED", "FINISHED*"]);
    assert_eq!(story.outcome().states(1), ["FINISHED*"]);

    let story = Story::new(1, "exit 3\n");
    story.agent(&["--retries", "1"]).finish().expect(1);
    assert_eq!(story.outcome().states(0), ["FAILED", "FAILED*"]);
}

#[test]
fn an_attempt_that_was_given_back_is_no_failure_to_be_held_against_the_trial() {
    let story = Story::new(1, &format!("case $SWEEP_ATTEMPT in 1) {WAITS};; 2) exit 3;; esac\n"));
    let agent = story.agent(&["--retries", "1"]);
    story.wait_for("started-0-1");
    agent.signal(Signal::SIGTERM);
    agent.finish().expect(143);
    story.agent(&["--retries", "1"]).finish().expect(0);
    assert_eq!(story.outcome().states(0), ["KILLED", "FAILED", "FINISHED*"]);
}

#[test]
fn failed_trials_can_be_run_again_later_and_the_failed_attempts_stay_visible() {
    let story = Story::new(3, "[ -e data-$1 ]\n");
    story.sandbox.file("data-1", "there");
    story.agent(&[]).finish().expect(1);
    story.sandbox.file("data-0", "there");
    let ran = story.sandbox.run(&["retry", &story.id, "--failed"]).expect(0);
    assert!(ran.stderr.contains("2 trials can be run again"), "{}", ran.stderr);
    story.agent(&[]).finish().expect(1);
    let outcome = story.outcome();
    assert_eq!(outcome.states(0), ["FAILED", "FINISHED*"]);
    assert_eq!(outcome.states(1), ["FINISHED*"]);
    assert_eq!(outcome.states(2), ["FAILED", "FAILED*"]);
    story.sandbox.file("data-2", "there");
    story.sandbox.run(&["retry", &story.id, "2"]).expect(0);
    story.agent(&[]).finish().expect(0);
    assert_eq!(story.outcome().states(2), ["FAILED", "FAILED", "FINISHED*"]);
}

/// Writes down all that the agent would: its param, and that it ended well.
const SELF_SUFFICIENT: &str = r"
import json, os, sys, time, urllib.request
def post(path, **body):
    url = os.environ['MLFLOW_TRACKING_URI'] + '/api/2.0/mlflow/runs/' + path
    body['run_id'] = os.environ['MLFLOW_RUN_ID']
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), {'Content-Type': 'application/json'}))
post('log-parameter', key='x', value=sys.argv[1])
post('update', status='FINISHED', end_time=int(time.time() * 1000))
";

#[test]
fn a_trial_that_went_well_and_is_run_again_keeps_its_first_run_as_it_was() {
    let story = Story::new(1, &format!("{} train.py $1\n", mlflow_python().display()));
    story.sandbox.file("train.py", SELF_SUFFICIENT);
    story.agent(&[]).finish().expect(0);
    story.sandbox.run(&["retry", &story.id, "0"]).expect(0);
    story.agent(&[]).finish().expect(0);
    assert_eq!(story.outcome().states(0), ["FINISHED", "FINISHED*"]);
}

#[test]
fn a_stopped_sweep_finishes_what_runs_and_can_be_resumed() {
    let story = Story::new(3, WAITS);
    let agent = story.agent(&["--lease", "1s"]);
    story.wait_for("started-0-1");
    story.sandbox.run(&["stop", &story.id]).expect(0);
    story.some_heartbeats_later();
    story.go();
    agent.finish().expect(0);
    assert_eq!(story.outcome().states(0), ["FINISHED*"]);
    assert_eq!(story.outcome().runs.len(), 1);
    story.agent(&[]).finish().expect(2);
    story.sandbox.run(&["resume", &story.id]).expect(0);
    story.agent(&[]).finish().expect(0);
    story.outcome().each_trial_counts_once(3);
}

#[test]
fn a_cancelled_sweep_ends_what_runs() {
    let story = Story::new(3, WAITS);
    let agent = story.agent(&["--lease", "1s"]);
    story.wait_for("started-0-1");
    story.sandbox.run(&["cancel", &story.id]).expect(0);
    agent.finish().expect(0);
    assert_eq!(story.outcome().states(0), ["KILLED*"]);
    assert_eq!(story.tag(0, 1, "sweep.reason"), "stopped");
    no_process_is_left(&story.id);
}

#[test]
fn a_paused_sweep_waits_until_it_is_resumed() {
    let story = Story::new(2, WAITS);
    let mut agent = story.agent(&["--lease", "1s"]);
    story.wait_for("started-0-1");
    story.sandbox.run(&["pause", &story.id]).expect(0);
    story.some_heartbeats_later();
    story.go();
    until("the end of the first trial", || (story.outcome().states(0) == ["FINISHED*"]).then_some(()));
    // That nothing happens can't be waited for: this is a hundred times what a next trial would take to begin.
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(story.outcome().runs.len(), 1);
    assert!(!agent.has_ended());
    story.sandbox.run(&["resume", &story.id]).expect(0);
    agent.finish().expect(0);
    story.outcome().each_trial_counts_once(2);
}

#[test]
fn an_agent_of_a_paused_sweep_starts_nothing() {
    let story = Story::new(1, "exit 0\n");
    story.sandbox.run(&["pause", &story.id]).expect(0);
    let mut agent = story.agent(&["--lease", "1s"]);
    agent.says("1 trial");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(story.outcome().runs.len(), 0);
    assert!(!agent.has_ended());
    agent.signal(Signal::SIGINT);
    agent.finish().expect(130);
}

/// An agent is suspended while it runs trial 0, and another one takes the trial over and finishes it.
fn taken_over_while_suspended(story: &Story) -> AgentProcess {
    let suspended = story.agent(&["--lease", "1s", "--grace", "200ms"]);
    story.wait_for("started-0-1");
    suspended.signal(Signal::SIGSTOP);
    story.agent(&["--lease", "1s"]).finish().expect(0);
    assert_eq!(story.outcome().states(0), ["KILLED", "FINISHED*"]);
    suspended
}

#[test]
fn a_suspended_agent_whose_trial_was_taken_over_stops_its_command_when_it_wakes() {
    let story = Story::new(2, &format!("[ $SWEEP_ATTEMPT = 2 ] && exit 0\n[ $1 = 1 ] && exit 0\n{STUBBORN}"));
    let suspended = taken_over_while_suspended(&story);
    assert!(!processes_of(&story.id).is_empty());
    suspended.signal(Signal::SIGCONT);
    suspended.finish().expect(0);
    no_process_is_left(&story.id);
    assert_eq!(story.outcome().states(0), ["KILLED", "FINISHED*"]);
    story.outcome().each_trial_counts_once(2);
}

#[test]
fn a_suspended_agent_whose_command_ended_in_the_meantime_adds_no_second_result() {
    let story = Story::new(
        2,
        &format!("[ $SWEEP_ATTEMPT = 2 ] && exit 0\n[ $1 = 1 ] && exit 0\n{WAITS}echo over > over\n"),
    );
    let suspended = taken_over_while_suspended(&story);
    story.go();
    story.wait_for("over");
    suspended.signal(Signal::SIGCONT);
    suspended.finish().expect(0);
    assert_eq!(story.outcome().states(0), ["KILLED", "FINISHED*"]);
    story.outcome().each_trial_counts_once(2);
}
