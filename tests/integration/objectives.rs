//! Several metrics and limits with real agents: the answer is a front, and no verb calls one trial the best.

use serde_json::Value as Json;

use crate::support::sandbox::Sandbox;

/// Seven points; loss and time pull in two directions, and x = 6 is beaten by x = 5.
const TWO: &str = "\
command: awk 'BEGIN { printf \"loss=%.9g\\ntime=%.9g\\n\", (${x} - 5)^2, ${x} + 1 }'
method: grid
metrics:
  - {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}
  - {name: time, goal: minimize, from_output: 'time=(\\S+)'}
parameters:
  x: {values: [0, 1, 2, 3, 4, 5, 6]}
seed: 1
";

/// The best loss needs more time than the limit allows.
const LIMIT: &str = "\
command: awk 'BEGIN { printf \"loss=%.9g\\n\", (${x} - 5)^2 }'; SWEEP log metric time ${x}
method: METHOD
metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)', subject_to: [\"time <= 3\"]}
parameters:
  x: {min: 0, max: 6}
run_cap: 7
seed: 2
";

fn limit(method: &str) -> String {
    LIMIT.replace("METHOD", method).replace("SWEEP", env!("CARGO_BIN_EXE_sweep"))
}

fn run(config: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.init(config);
    sandbox.run(&["run"]).expect(0);
    sandbox
}

fn json(sandbox: &Sandbox, arguments: &[&str]) -> Json {
    sandbox.run(&[arguments, &["--format", "json"]].concat()).expect(0).json()
}

fn points(best: &Json) -> Vec<i64> {
    best["trials"].as_array().unwrap().iter().map(|trial| trial["params"]["x"].as_i64().unwrap()).collect()
}

#[test]
fn the_best_of_two_metrics_is_their_front() {
    let sandbox = run(TWO);
    let best = json(&sandbox, &["best"]);
    assert_eq!(points(&best), [5, 4, 3, 2, 1, 0]);
    assert_eq!(best["trials"][0]["values"], serde_json::json!([0.0, 6.0]));
    assert_eq!(best["metrics"][1], serde_json::json!({ "name": "time", "goal": "minimize" }));
    assert_eq!(points(&json(&sandbox, &["best", "--knee"])), [3]);
    assert_eq!(points(&json(&sandbox, &["best", "--prefer", "time=1"])), [0]);
    assert_eq!(points(&json(&sandbox, &["best", "--metric", "loss"])), [5]);
    assert_eq!(points(&json(&sandbox, &["trials", "--pareto"])), [5, 4, 3, 2, 1, 0]);
    let text = sandbox.run(&["best"]).expect(0).stdout;
    assert!(text.contains("time") && text.lines().count() >= 7, "{text}");
    let status = json(&sandbox, &["status"]);
    assert_eq!((status["best"].is_null(), status["front"].as_array().unwrap().len()), (true, 6));
    assert_eq!(json(&sandbox, &["list"])[0]["front"], 6);
}

#[test]
fn with_several_metrics_no_verb_names_one_trial_as_the_best() {
    let sandbox = run(TWO);
    for arguments in [&["show", "best"][..], &["best", "--as", "command"], &["trials", "--top", "2"]] {
        let ran = sandbox.run(arguments).expect(2);
        assert!(
            ran.stderr.contains("hint") || ran.stderr.contains("--knee"),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
    assert!(sandbox.run(&["best", "--prefer", "speed=1"]).expect(2).stderr.contains("speed"));
    let command = sandbox.run(&["best", "--knee", "--as", "args"]).expect(0).stdout;
    assert_eq!(command.trim(), "--x=3");
    let done = json(&sandbox, &["finalize"]);
    assert!(done["best"].is_null());
    assert_eq!(done["front"]["trials"].as_array().unwrap().len(), 6);
    assert_eq!(json(&sandbox, &["finalize", "--metric", "time"])["best"]["params"]["x"], 0);
}

#[test]
fn a_trial_that_breaks_a_limit_is_no_candidate_for_the_best() {
    for method in ["random", "sobol", "bayes"] {
        let sandbox = run(&limit(method));
        let best = json(&sandbox, &["best", "-n", "9"]);
        let found = points(&best);
        assert!(!found.is_empty() && found.iter().all(|x| *x <= 3), "{method}: {found:?}");
        let status = json(&sandbox, &["status"]);
        assert_eq!(status["best"]["value"], best["trials"][0]["value"], "{method}");
        assert_eq!(status["limits"], serde_json::json!(["time <= 3"]));
        let shown = json(&sandbox, &["finalize"]);
        assert_eq!(shown["best"]["metric"], best["trials"][0]["value"], "{method}");
    }
}

#[test]
fn bayes_with_two_metrics_exhausts_a_finite_space_and_gives_the_same_points_again() {
    let sandbox = Sandbox::new();
    let bayes = TWO
        .replace("method: grid", "method: bayes\nrun_cap: null")
        .replace("values: [0, 1, 2, 3, 4, 5, 6]", "min: 0, max: 12");
    let sweep = sandbox.init(&bayes);
    let agents: Vec<_> = (0..2).map(|_| sandbox.spawn(&["run", "--jobs", "2"])).collect();
    for agent in agents {
        crate::support::sandbox::finish(agent).expect(0);
    }
    assert_eq!(points(&json(&sandbox, &["best"])), [5, 4, 3, 2, 1, 0]);
    for trial in 0..13 {
        let answer = json(&sandbox, &["sample", "--replay", &sweep, "--trial", &trial.to_string()]);
        assert_eq!(answer["same"], true, "{answer:#}");
    }
}

#[test]
fn check_says_what_several_metrics_and_limits_mean() {
    let sandbox = Sandbox::new();
    let checked = |config: &str| {
        sandbox.file("file.yaml", config);
        sandbox.run(&["check", "file.yaml"])
    };
    let text = checked(TWO).expect(0).stdout;
    assert!(text.contains("minimize loss, minimize time") && text.contains("front"), "{text}");
    let text = checked(&limit("bayes")).expect(0).stdout;
    assert!(text.contains("minimize loss, subject to time <= 3"), "{text}");
    for (from, to, what) in [
        ("method: grid", "metric: {name: a, goal: minimize}\nmethod: grid", "exclude each other"),
        ("name: time", "name: loss", "named twice"),
        ("seed: 1", "hooks: {on_best: ./x}", "on_best"),
        (
            "goal: minimize, from_output: 'time",
            "goal: minimize, subject_to: [mem], from_output: 'time",
            "is not a limit",
        ),
        ("seed: 1", "early_terminate: {type: asha, metric: tme}", "did you mean `time`"),
    ] {
        let refused = checked(&TWO.replace(from, to)).expect(2).stderr;
        assert!(refused.contains(what), "{what}: {refused}");
    }
}

#[test]
fn a_sweep_ends_when_one_trial_meets_the_targets_of_all_metrics() {
    let config = TWO
        .replace("goal: minimize, from_output: 'loss", "goal: minimize, target: 9, from_output: 'loss")
        .replace("goal: minimize, from_output: 'time", "goal: minimize, target: 4, from_output: 'time");
    let sandbox = run(&config);
    // x = 2 is the first with a loss of 9 or less, and its time is 3.
    assert_eq!(json(&sandbox, &["status"])["trials"]["finished"], 3);
}
