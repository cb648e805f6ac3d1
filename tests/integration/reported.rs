//! `report_metric` and the noise: what is recorded beside the metric, and how far the best can be trusted.

use crate::everyday::shapes::assert_shape;
use crate::support::sandbox::Sandbox;

/// Twelve points; the test error is the validation error, or the opposite of it.
fn config(test: &str) -> String {
    format!(
        "command: 'echo val=${{x}}; echo test={test}'\nmethod: grid\n\
         metric: {{name: val, goal: minimize, from_output: 'val=(\\S+)'}}\n\
         report_metric: {{name: test, from_output: 'test=(\\S+)'}}\n\
         run_cap: 100\nparameters:\n  x: {{min: 1, max: 12}}\n"
    )
}

fn swept(config: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.init(config);
    sandbox.run(&["run", "--quiet"]).expect(0);
    sandbox
}

#[test]
fn a_metric_that_ranks_otherwise_is_a_warning() {
    let sandbox = swept(&config("-${x}"));
    let best = sandbox.run(&["best"]).expect(0);
    assert!(best.stdout.contains("test -1, number 12 of 12 (recorded, not optimised)"), "{}", best.stdout);
    assert!(best.stderr.contains("warning: test ranks the trials otherwise than val"), "{}", best.stderr);
    let json = sandbox.run(&["best", "--format", "json"]).expect(0).json();
    assert_shape("best", &json);
    assert_eq!(json["trials"][0]["params"]["x"], 1, "it decides nothing");
    assert_eq!(
        (&json["report_metric"]["disagrees"], &json["report_metric"]["rank_of_best"]),
        (&true.into(), &12.into())
    );
    let finalized = sandbox.run(&["finalize"]).expect(0);
    assert!(finalized.stderr.contains("test ranks the trials otherwise"), "{}", finalized.stderr);
    let head = sandbox.run(&["trials"]).expect(0).stdout;
    assert!(head.lines().take(3).any(|line| line.contains("val") && line.contains("test")), "{head}");
}

#[test]
fn a_metric_that_ranks_alike_is_shown_without_a_warning() {
    let sandbox = swept(&config("${x}"));
    let best = sandbox.run(&["best"]).expect(0);
    assert!(best.stdout.contains("test 1, number 1 of 12"), "{}", best.stdout);
    assert!(!best.stderr.contains("warning"), "{}", best.stderr);
}

#[test]
fn a_metric_that_decides_is_refused() {
    let sandbox = Sandbox::new();
    let file = |text: &str| {
        let base = "command: t\nmethod: random\nparameters: {x: {values: [1, 2]}}\n";
        sandbox.file("sweep.yaml", &format!("{base}{text}"));
        sandbox.run(&["check", "sweep.yaml"])
    };
    file("metric: {name: val, goal: minimize}\nreport_metric: test\n").expect(0);
    let same = file("metric: {name: val, goal: minimize}\nreport_metric: val\n").expect(2).stderr;
    assert!(
        same.contains("`val` is a metric by which trials are chosen")
            || same.contains("is a metric by which"),
        "{same}"
    );
    let limited =
        file("metric: {name: val, goal: minimize, subject_to: ['test < 1']}\nreport_metric: test\n")
            .expect(2);
    assert!(limited.stderr.contains("decides in `subject_to`"), "{}", limited.stderr);
    let alone = file("report_metric: test\n").expect(2).stderr;
    assert!(alone.contains("recorded beside `metric`"), "{alone}");
}

/// Three points, each run four times; the value depends on the run.
const REPEATS: &str = "\
command: 'echo loss=$((${x} * 10 + SWEEP_TRIAL % 4))'
method: random
seed: 3
run_cap: 16
metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}
parameters:
  x: {values: [1, 2, 9]}
";

#[test]
fn repeats_of_points_show_the_noise_and_what_is_within_it() {
    let sandbox = swept(REPEATS);
    let best = sandbox.run(&["best"]).expect(0).stdout;
    assert!(best.contains("(noise ") && best.contains("within the noise"), "{best}");
    let json = sandbox.run(&["best", "--format", "json"]).expect(0).json();
    assert_shape("best", &json);
    assert_eq!(json["noise"]["source"], "repeats");
    let status = sandbox.run(&["status"]).expect(0).stdout;
    assert!(status.contains("(noise "), "{status}");
    assert_shape("status", &sandbox.run(&["status", "--format", "json"]).expect(0).json());
}
