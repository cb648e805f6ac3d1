//! `method: bayes` with real agents: it learns, never tries a point twice, and can say what it knew.

use std::collections::BTreeSet;

use sweep::testing::Run;

use crate::support::outcome::{Outcome, embedded};
use crate::support::sandbox::{Sandbox, finish};

/// Twelve points; the best is x = 2, y = b.
const FINITE: &str = "\
command: awk 'BEGIN { printf \"loss=%.9g\\n\", (${x} - 2)^2 + (\"${y}\" != \"b\") }'
method: bayes
metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}
parameters:
  x: {min: 0, max: 3}
  y: {values: [a, b, c]}
run_cap: null
seed: 4
";

/// A bowl with its bottom at x = 0.3, y = 3.
const BOWL: &str = "\
command: awk 'BEGIN { printf \"loss=%.12g\\n\", (${x} - 0.3)^2 + (${y} - 3)^2 / 10 }'
method: bayes
metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}
parameters:
  x: {min: 0.0, max: 1.0}
  y: {min: 0, max: 10}
run_cap: 24
seed: 3
";

fn outcome(sandbox: &Sandbox, sweep: &str) -> Outcome {
    Outcome::read(&embedded(sandbox.path()), sweep)
}

fn point(run: &Run) -> String {
    run.tag("sweep.point").unwrap().to_owned()
}

#[test]
fn three_agents_exhaust_a_finite_space_without_a_repeat() {
    let sandbox = Sandbox::new();
    let sweep = sandbox.init(FINITE);
    let agents: Vec<_> = (0..3).map(|_| sandbox.spawn(&["run", "--jobs", "2"])).collect();
    for agent in agents {
        finish(agent).expect(0);
    }
    let outcome = outcome(&sandbox, &sweep);
    outcome.each_trial_counts_once(12);
    let points: BTreeSet<String> = outcome.runs.iter().map(point).collect();
    assert_eq!((outcome.runs.len(), points.len()), (12, 12));
}

#[test]
fn what_each_proposal_knew_is_kept_and_gives_the_same_point_again() {
    let sandbox = Sandbox::new();
    let sweep = sandbox.init(BOWL);
    let agents: Vec<_> = (0..2).map(|_| sandbox.spawn(&["run", "--jobs", "2"])).collect();
    for agent in agents {
        finish(agent).expect(0);
    }
    outcome(&sandbox, &sweep).each_trial_counts_once(24);
    for trial in 0..24 {
        let ran =
            sandbox.run(&["sample", "--replay", &sweep, "--trial", &trial.to_string(), "--format", "json"]);
        let answer = ran.expect(0).json();
        assert_eq!(answer["same"], true, "{answer:#}");
        assert_eq!(answer["params"], answer["replayed"]);
    }
    let missing = sandbox.run(&["sample", "--replay", &sweep, "--trial", "24"]).expect(2);
    assert!(missing.stderr.contains("has no run of trial 24"), "{}", missing.stderr);
}

#[test]
fn a_single_agent_finds_the_bottom_of_a_bowl_and_repeats_itself_exactly() {
    let values = || {
        let sandbox = Sandbox::new();
        let sweep = sandbox.init(BOWL);
        sandbox.run(&["run"]).expect(0);
        let outcome = outcome(&sandbox, &sweep);
        outcome.runs.iter().map(|run| run.metric("loss").unwrap().value).collect::<Vec<f64>>()
    };
    let found = values();
    let best = found.iter().copied().fold(f64::INFINITY, f64::min);
    // A random search of 24 points comes as near once in three hundred times.
    assert!(best < 1e-4, "{found:?}");
    assert_eq!(found, values(), "one agent, one seed, one course");
}

#[test]
fn the_sweep_ends_when_the_target_is_reached() {
    let sandbox = Sandbox::new();
    let config =
        BOWL.replace("goal: minimize,", "goal: minimize, target: 0.01,").replace("run_cap: 24\n", "");
    let sweep = sandbox.init(&config);
    let ran = sandbox.run(&["run"]).expect(0);
    assert!(ran.stderr.contains("metric.target is reached"), "{}", ran.stderr);
    let runs = outcome(&sandbox, &sweep).runs;
    let reached = |run: &Run| run.metric("loss").unwrap().value <= 0.01;
    assert!(reached(runs.last().unwrap()));
    assert_eq!(runs.iter().filter(|run| reached(run)).count(), 1, "no trial started after it");
}

#[test]
fn a_failed_trial_is_tried_again_with_the_same_point() {
    let sandbox = Sandbox::new();
    let flag = sandbox.path().join("failed-once");
    let fails_once = format!("command: test -e {0} || {{ touch {0}; exit 3; }}; awk", flag.display());
    let config = BOWL.replace("command: awk", &fails_once).replace("run_cap: 24", "run_cap: 4\nretries: 1");
    let sweep = sandbox.init(&config);
    sandbox.run(&["run"]).expect(0);
    let outcome = outcome(&sandbox, &sweep);
    assert_eq!(outcome.states(0), ["FAILED", "FINISHED*"]);
    let attempts = outcome.attempts(0);
    assert_eq!(point(attempts[0]), point(attempts[1]));
    assert_eq!(attempts[0].tag("sweep.proposal"), attempts[1].tag("sweep.proposal"));
}
