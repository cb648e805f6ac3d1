//! A new sweep learns from old ones.

use serde_json::Value as Json;

use crate::support::outcome::{Outcome, embedded};
use crate::support::sandbox::Sandbox;

/// A bowl with its bottom at x = 0.3, y = 3.
const BOWL: &str = "\
command: awk 'BEGIN { printf \"loss=%.12g\\n\", (${x} - 0.3)^2 + (${y} - 3)^2 / 10 }'
name: bowl
method: bayes
metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}
parameters:
  x: {min: 0.0, max: 1.0}
  y: {min: 0, max: 10}
run_cap: 14
seed: 3
";

fn old_sweep() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let id = sandbox.init(BOWL);
    sandbox.run(&["run", "--jobs", "2"]).expect(0);
    sandbox.run(&["export", "old"]).expect(0);
    (sandbox, id)
}

/// `sweep init` of this config with these priors: its id, and what it said.
fn init(sandbox: &Sandbox, config: &str, priors: &[&str]) -> (String, String) {
    sandbox.file("new.yaml", config);
    let mut args = vec!["init", "new.yaml"];
    args.extend(priors.iter().flat_map(|prior| ["--prior", prior]));
    let ran = sandbox.run(&args).expect(0);
    let id = ran.stdout.lines().last().unwrap().rsplit(' ').next().unwrap().to_owned();
    (id, ran.stderr)
}

/// The first point of a sweep, its loss, and what its run says it was made from.
fn first_trial(sandbox: &Sandbox, id: &str) -> (String, f64) {
    sandbox.run(&["run", id, "--count", "1"]).expect(0);
    let outcome = Outcome::read(&embedded(sandbox.path()), id);
    let run = outcome.attempts(0)[0];
    (run.tag("sweep.point").unwrap().to_owned(), run.metric("loss").unwrap().value)
}

#[test]
fn a_bayes_sweep_starts_where_the_old_one_had_come_to_wherever_it_is_told_of_it() {
    let (sandbox, old) = old_sweep();
    let new = BOWL.replace("seed: 3", "seed: 8");
    let (ignorant, _) = init(&sandbox, &new, &[]);
    let (blind, _) = first_trial(&sandbox, &ignorant);

    let (knowing, said) = init(&sandbox, &new, &[&old]);
    assert!(said.contains("14 of 14 trials known"), "{said}");
    let (point, loss) = first_trial(&sandbox, &knowing);
    assert_ne!(point, blind);
    let best: f64 = {
        let outcome = Outcome::read(&embedded(sandbox.path()), &old);
        outcome.runs.iter().map(|run| run.metric("loss").unwrap().value).fold(f64::INFINITY, f64::min)
    };
    assert!(loss < best + 0.3, "{loss}, where {best} was known");

    // A folder and a table tell the same, in a store that has never heard of the old sweep.
    for source in ["old", "old/trials.csv"] {
        let there = Sandbox::new();
        let source = sandbox.path().join(source).display().to_string();
        let (id, said) = init(&there, &new, &[&source]);
        assert!(said.contains("14 of 14 trials known"), "{said}");
        assert_eq!(first_trial(&there, &id), (point.clone(), loss), "{source}");
    }

    let replayed =
        sandbox.run(&["sample", "--replay", &knowing, "--trial", "0", "--format", "json"]).expect(0);
    assert_eq!(replayed.json()["same"], true);
    let kept = sandbox.path().join(format!("mlruns/0/{knowing}/artifacts/sweep/prior.json"));
    let kept: Json = serde_json::from_slice(&std::fs::read(kept).unwrap()).unwrap();
    assert_eq!(kept["trials"].as_array().unwrap().len(), 14);
}

#[test]
fn what_does_not_fit_the_new_space_is_left_out_and_said() {
    let (sandbox, old) = old_sweep();
    let outcome = Outcome::read(&embedded(sandbox.path()), &old);
    let below =
        outcome.runs.iter().filter(|run| run.param("y").unwrap().parse::<u64>().unwrap() <= 5).count();
    assert!(below > 0 && below < 14, "{below}");
    let narrow = BOWL.replace("max: 10}", "max: 5}\n  width: {value: 7}");
    let (_, said) = init(&sandbox, &narrow, &[&old]);
    assert!(said.contains(&format!("{below} of 14 trials known")), "{said}");
    assert!(said.contains(&format!("{} left out: `y` outside the space", 14 - below)), "{said}");

    let without = BOWL.replace("  y: {min: 0, max: 10}\n", "").replace("(${y} - 3)^2 / 10", "0");
    let (_, said) = init(&sandbox, &without, &[&old]);
    assert!(said.contains("the new space has no y"), "{said}");

    sandbox.file("other.yaml", &BOWL.replace("  y:", "  z:").replace("${y}", "${z}"));
    let ran = sandbox.run(&["init", "other.yaml", "--prior", &old]).expect(2);
    assert!(
        ran.stderr.contains("none of its 14 trials fits") && ran.stderr.contains("no `z` (14)"),
        "{}",
        ran.stderr
    );
}

#[test]
fn another_direction_or_metric_is_refused_with_what_to_do() {
    let (sandbox, old) = old_sweep();
    let refused = |config: String, prior: &str, words: &[&str]| {
        sandbox.file("new.yaml", &config);
        let ran = sandbox.run(&["init", "new.yaml", "--prior", prior]).expect(2);
        for word in words {
            assert!(ran.stderr.contains(word), "{word} in: {}", ran.stderr);
        }
        assert!(!ran.stdout.contains("initialized"), "{}", ran.stdout);
    };
    refused(
        BOWL.replace("minimize", "maximize"),
        &old,
        &["there `loss` was minimized, here it is to be maximized"],
    );
    refused(
        BOWL.replace("name: loss", "name: error"),
        &old,
        &["no trial has logged `error`", "Logged are: loss."],
    );
    refused(
        BOWL.to_owned(),
        "nowhere",
        &["is not a sweep in", "a folder that `sweep export` wrote, or a file of another program"],
    );
}

#[test]
fn a_method_that_does_not_look_at_old_sweeps_says_so() {
    let (sandbox, old) = old_sweep();
    let (_, said) = init(&sandbox, &BOWL.replace("method: bayes", "method: random"), &[&old]);
    assert!(said.contains("`method: random` does not look at old sweeps: --prior changes nothing"), "{said}");
}
