//! Which trials fail, and where: rules over the parameters, from real trials that fail.

use crate::everyday::shapes::assert_shape;
use crate::support::sandbox::Sandbox;

/// Forty points; the eight with a large batch and a deep network run out of memory.
const CONFIG: &str = "\
command: 'if [ ${batch} -ge 256 ] && [ ${depth} -gt 6 ]; then echo begins; echo \"CUDA out of memory at ${depth}\"; exit 137; fi; echo loss=${depth}'
method: grid
metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}
run_cap: 100
parameters:
  batch: {values: [32, 64, 256, 512]}
  depth: {min: 1, max: 10}
";

const RULE: &str = "8 of 8 trials with batch ≥ 256 and depth ≥ 7 failed";

/// A rule with its conditions in either order.
#[track_caller]
fn assert_rule(text: &str) {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let turned = "8 of 8 trials with depth ≥ 7 and batch ≥ 256 failed";
    assert!(text.contains(RULE) || text.contains(turned), "{text}");
}

#[test]
fn where_trials_fail_is_said_with_their_last_line_of_output() {
    let sandbox = Sandbox::new();
    sandbox.init(CONFIG);
    sandbox.run(&["run", "-j", "2", "--quiet", "--max-failures", "100"]).expect(1);
    let told = sandbox.run(&["analyze", "--failures"]).expect(0).stdout;
    assert_rule(&told);
    assert!(told.contains("exit code 137") && told.contains("elsewhere 0 of 32"), "{told}");
    assert!(told.contains("Last line: CUDA out of memory at "), "{told}");
    assert_rule(&sandbox.run(&["analyze"]).expect(0).stdout);
    let analyzed = sandbox.run(&["analyze", "--format", "json"]).expect(0).json();
    assert_shape("analyze", &analyzed);
    let only = sandbox.run(&["analyze", "--failures", "--format", "json"]).expect(0).json();
    assert_eq!(analyzed["failures"], only);
    assert_eq!((&only["trials"], &only["failed"]), (&40.into(), &8.into()));
    let csv = sandbox.run(&["analyze", "--failures", "--format", "csv"]).expect(0).stdout;
    assert_eq!(csv.lines().count(), 2, "{csv}");
    let status = sandbox.run(&["status"]).expect(0).stdout;
    assert!(status.contains("8 of 8 with "), "{status}");
    let status = sandbox.run(&["status", "--format", "json"]).expect(0).json();
    assert_shape("status", &status);
    assert_eq!(status["failing"][0]["failed"], 8);
    assert_rule(&sandbox.run(&["finalize", "-o", "report.html"]).expect(0).stdout);
    let report = std::fs::read_to_string(sandbox.path().join("report.html")).unwrap();
    assert!(report.contains("id=\"failures\"") && report.contains("CUDA out of memory at "));
}

#[test]
fn nothing_is_said_where_failures_do_not_depend_on_the_parameters() {
    let sandbox = Sandbox::new();
    sandbox
        .init(&CONFIG.replace("[ ${batch} -ge 256 ] && [ ${depth} -gt 6 ]", "[ $((SWEEP_TRIAL % 8)) = 3 ]"));
    sandbox.run(&["run", "-j", "2", "--quiet", "--max-failures", "100"]).expect(1);
    let told = sandbox.run(&["analyze", "--failures"]).expect(0).stdout;
    assert!(told.contains("5 of 40 trials failed. No parameter shows where"), "{told}");
    assert!(!sandbox.run(&["analyze"]).expect(0).stdout.contains("Failures"));
    assert!(!sandbox.run(&["status"]).expect(0).stdout.contains("failures"));
}
