//! Trials that are stopped early: the real program, with scripts that report over plain HTTP and continue for ever unless
//! they are stopped.

mod cost;
mod curves;
mod server;

use nix::sys::signal::Signal;
use sweep::testing::Run;

use crate::support::agent::{AgentProcess, file_in, no_process_is_left};
use crate::support::outcome::{Outcome, embedded};
use crate::support::sandbox::Sandbox;

/// `report.py X STEPS HANGS`: reports X with each step. HANGS is a list of x:step: there it waits to be stopped. In the
/// file `steps` it leaves a line for each step.
const REPORT: &str = r#"
import json, os, sys, time, urllib.request
http = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def log(step, value):
    body = {'run_id': os.environ['MLFLOW_RUN_ID'], 'key': 'loss', 'value': value, 'step': step,
            'timestamp': int(time.time() * 1000)}
    url = os.environ['MLFLOW_TRACKING_URI'] + '/api/2.0/mlflow/runs/log-metric'
    http.open(urllib.request.Request(url, json.dumps(body).encode(), {'Content-Type': 'application/json'})).read()
x, steps, hangs = sys.argv[1], int(sys.argv[2]), sys.argv[3].split(',')
for step in range(1, steps + 1):
    with open('steps', 'a') as file:
        file.write(f'{x}:{step}\n')
    # It may be stopped before this returns.
    log(step, 'NaN' if x == '-1.0' else float(x))
    if f'{x}:{step}' in hangs:
        time.sleep(60)
        sys.exit('it was not stopped')
"#;

/// A sweep over these values of x, in this order.
struct Story {
    sandbox: Sandbox,
    id: String,
}

impl Story {
    fn new(rule: &str, values: &[f64], steps: u64, hangs: &str, more: &str) -> Self {
        Self::with(rule, values, &format!("[python3, report.py, '${{x}}', '{steps}', '{hangs}']"), more)
    }

    fn with(rule: &str, values: &[f64], command: &str, more: &str) -> Self {
        let sandbox = Sandbox::new();
        sandbox.file("report.py", REPORT);
        let id = sandbox.init(&config(rule, values, command, more));
        Self { sandbox, id }
    }

    fn outcome(&self) -> Outcome {
        Outcome::read(&embedded(self.sandbox.path()), &self.id)
    }

    /// The last run of a trial.
    fn run(&self, trial: u64) -> Run {
        (*self.outcome().attempts(trial).last().unwrap()).clone()
    }

    fn states(&self, trials: u64) -> Vec<String> {
        let outcome = self.outcome();
        (0..trials).map(|trial| outcome.states(trial).join(" ")).collect()
    }

    fn steps(&self) -> usize {
        std::fs::read_to_string(self.sandbox.path().join("steps")).unwrap().lines().count()
    }
}

fn config(rule: &str, values: &[f64], command: &str, more: &str) -> String {
    format!(
        "command: {command}\nmethod: grid\nmetric: {{name: loss, goal: minimize}}\nearly_terminate: {rule}\n\
         parameters:\n  x: {{values: {values:?}}}\n{more}"
    )
}

/// What the tags of a run say about its stop.
fn stop_tags(run: &Run, prefix: &str) -> Vec<String> {
    let tag = |key: &str| run.tag(&format!("sweep.{prefix}.{key}")).unwrap_or("-").to_owned();
    ["rule", "rung", "step", "value", "threshold"].map(tag).to_vec()
}

#[test]
fn asha_stops_the_bad_trials_at_a_rung_and_what_they_reached_is_their_result() {
    let story =
        Story::new("{type: asha}", &[0.1, 0.9, 0.5, 0.05, 0.07], 9, "0.9:1,0.5:1,0.07:1", "retries: 2\n");
    let ran = story.sandbox.run(&["run", "--max-failures", "1"]).expect(0);
    let expected = ["FINISHED*", "KILLED*", "KILLED*", "FINISHED*", "KILLED*"];
    assert_eq!(story.states(5), expected, "{}", ran.stderr);
    assert_eq!(story.steps(), 9 + 1 + 1 + 9 + 1);
    let stopped = story.run(1);
    assert_eq!(stop_tags(&stopped, "stopped"), ["asha", "1", "1", "0.9", "0.1"]);
    assert_eq!(stopped.tag("sweep.reason"), Some("stopped early"));
    assert_eq!(stopped.tag("sweep.signal"), Some("SIGTERM"));
    assert_eq!(stopped.metric("loss").unwrap().value, 0.9);
    assert_eq!(stopped.param("x"), Some("0.9"));
    assert_eq!(stop_tags(&story.run(4), "stopped"), ["asha", "1", "1", "0.07", "0.05"]);
    assert_eq!(stop_tags(&story.run(0), "stopped"), ["-"; 5]);
    assert_eq!(story.run(0).tag("sweep.reached"), Some("1:0.1 3:0.1 9:0.1"));
    let line = "STOPPED in";
    let said = ran.stderr.lines().find(|said| said.contains("trial 1  ") && said.contains(line)).unwrap();
    assert!(said.contains("asha at rung 1: loss 0.9, needed at most 0.1"), "{said}");
    assert!(ran.stderr.contains("This agent: 2 finished, 3 stopped early;"), "{}", ran.stderr);
}

#[test]
fn the_analysis_counts_what_was_stopped_and_says_so() {
    let values = [0.1, 0.5, 0.6, 0.7, 0.8, 0.9];
    let story = Story::new("{type: asha}", &values, 3, "0.5:1,0.6:1,0.7:1,0.8:1,0.9:1", "");
    story.sandbox.run(&["run"]).expect(0);
    let answer = story.sandbox.run(&["finalize", "--format", "json"]).expect(0).json();
    assert_eq!(answer["trials"]["finished"], 1);
    assert_eq!(answer["trials"]["stopped_early"], 5);
    assert_eq!(answer["trials"]["killed"], 0);
    assert_eq!(answer["analysis"]["trials_used"], 6);
    assert_eq!(answer["analysis"]["trials_left_out"]["killed"], 0);
    assert_eq!(answer["best"]["metric"], 0.1);
    let notes = answer["analysis"]["notes"].to_string();
    assert!(notes.contains("5 of the trials were stopped early"), "{notes}");
    // They were killed on purpose: nobody who asks for what was killed means them.
    let again = story.sandbox.run(&["retry", "--killed"]);
    assert!(again.stderr.contains("Nothing to run again"), "{again:?}");
}

#[test]
fn hyperband_stops_what_is_worse_than_the_threshold_of_its_band() {
    // At band 2 of three trials the second best passes.
    let rule = "{type: hyperband, min_iter: 2, eta: 2}";
    let story = Story::new(rule, &[0.1, 0.9, 0.95, 0.2], 4, "0.95:2", "");
    story.sandbox.run(&["run"]).expect(0);
    assert_eq!(story.states(4), ["FINISHED*", "FINISHED*", "KILLED*", "FINISHED*"]);
    assert_eq!(stop_tags(&story.run(2), "stopped"), ["hyperband", "2", "2", "0.95", "0.9"]);
}

#[test]
fn median_stops_what_is_worse_than_most_were_at_its_step() {
    let story = Story::new("{type: median, min_trials: 2, warmup: 1}", &[0.1, 0.3, 0.9], 4, "0.9:2", "");
    story.sandbox.run(&["run"]).expect(0);
    assert_eq!(story.states(3), ["FINISHED*", "FINISHED*", "KILLED*"]);
    assert_eq!(stop_tags(&story.run(2), "stopped"), ["median", "-", "2", "0.9", "0.2"]);
}

#[test]
fn patience_stops_what_makes_no_progress_and_it_may_well_be_the_best() {
    let story = Story::new("{type: patience, patience: 3}", &[0.5, 0.25], 9, "0.5:4,0.25:4", "");
    story.sandbox.run(&["run"]).expect(0);
    assert_eq!(story.states(2), ["KILLED*", "KILLED*"]);
    assert_eq!(stop_tags(&story.run(1), "stopped"), ["patience", "-", "4", "0.25", "0.25"]);
    let best = story.sandbox.run(&["finalize", "--format", "json"]).expect(0).json();
    assert_eq!((&best["best"]["trial"], &best["best"]["metric"]), (&1.into(), &0.25.into()));
}

#[test]
fn two_nans_in_a_row_end_a_trial() {
    let story = Story::new("{type: asha, min_iter: 100}", &[-1.0, 0.5], 3, "-1.0:2", "");
    story.sandbox.run(&["run"]).expect(0);
    assert_eq!(story.states(2), ["KILLED*", "FINISHED*"]);
    assert_eq!(stop_tags(&story.run(0), "stopped"), ["stop_on_nan", "-", "2", "NaN", "-"]);
}

#[test]
fn in_the_shadow_nothing_is_stopped_and_the_tags_say_what_would_have_been() {
    let command = "[sh, train.sh, '${x}']";
    let story = Story::with("{type: asha}", &[0.1, 0.9], command, "");
    let script =
        "python3 report.py $1 1 none\nif [ $1 = 0.9 ]; then until [ -e go ]; do sleep 0.02; done; fi\n";
    story.sandbox.file("train.sh", script);
    let agent = AgentProcess::start(&story.sandbox, &["run", "--shadow"], &[]);
    agent.says("trial 1 would have been stopped early: asha at rung 1: loss 0.9, needed at most 0.1");
    story.sandbox.file("go", "now");
    let ran = agent.finish().expect(0);
    assert!(ran.stderr.contains("This agent: 2 finished;"), "{}", ran.stderr);
    assert_eq!(story.states(2), ["FINISHED*", "FINISHED*"]);
    assert_eq!(stop_tags(&story.run(1), "would_stop"), ["asha", "1", "1", "0.9", "0.1"]);
    assert_eq!(stop_tags(&story.run(1), "stopped"), ["-"; 5]);
}

/// Reports, and then does not end by SIGTERM.
const STUBBORN: &str = "trap 'echo heard > heard' TERM\npython3 report.py $1 1 none\n[ $1 = 0.9 ] || exit 0\n\
                        (trap '' TERM; while :; do sleep 1000; done) &\nwhile :; do wait; sleep 0.05; done\n";

#[test]
fn a_script_that_ignores_sigterm_is_killed_after_the_grace_with_all_that_it_started() {
    let story = Story::with("{type: asha}", &[0.1, 0.9], "[sh, train.sh, '${x}']", "grace: 300ms\n");
    story.sandbox.file("train.sh", STUBBORN);
    let ran = story.sandbox.run(&["run"]).expect(0);
    assert_eq!(story.states(2), ["FINISHED*", "KILLED*"], "{}", ran.stderr);
    let run = story.run(1);
    assert_eq!(run.tag("sweep.signal"), Some("SIGKILL"));
    assert_eq!(stop_tags(&run, "stopped")[0], "asha");
    assert!(story.sandbox.path().join("heard").exists());
    no_process_is_left(&story.id);
}

#[test]
fn ctrl_c_in_the_grace_ends_the_agent_and_the_trial_was_stopped_early_all_the_same() {
    let story = Story::with("{type: asha}", &[0.1, 0.9, 0.2], "[sh, train.sh, '${x}']", "grace: 1h\n");
    story.sandbox.file("train.sh", STUBBORN);
    let agent = AgentProcess::start(&story.sandbox, &["run"], &[]);
    file_in(story.sandbox.path(), "heard");
    agent.signal(Signal::SIGINT);
    agent.says("Finishing the running trials");
    agent.signal(Signal::SIGINT);
    agent.says("Ending the running trials");
    agent.signal(Signal::SIGINT);
    let ran = agent.finish().expect(130);
    assert_eq!(story.states(3), ["FINISHED*", "KILLED*", ""], "{}", ran.stderr);
    assert_eq!(stop_tags(&story.run(1), "stopped")[0], "asha");
    no_process_is_left(&story.id);
}

#[test]
fn a_script_that_saves_its_work_on_sigterm_and_ends_well_was_stopped_early_all_the_same() {
    let story = Story::with("{type: asha}", &[0.1, 0.9], "[sh, train.sh, '${x}']", "");
    let saves = "trap 'echo work > $SWEEP_CHECKPOINT_DIR/model; exit 0' TERM\npython3 report.py $1 1 none\n\
                 [ $1 = 0.9 ] || exit 0\nwhile :; do sleep 0.05; done\n";
    story.sandbox.file("train.sh", saves);
    story.sandbox.run(&["run"]).expect(0);
    assert_eq!(story.states(2), ["FINISHED*", "KILLED*"]);
    assert_eq!(story.run(1).tag("sweep.exit_code"), Some("0"));
    assert_eq!(stop_tags(&story.run(1), "stopped")[0], "asha");
}
