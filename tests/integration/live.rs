//! What people and other agents learn of a sweep while it runs.

use crate::support::sandbox::{Ran, Sandbox};

/// A grid over `x`, one trial after the other in the order of the list, whose command is this line of shell; `log VALUE…` logs
/// values of the metric.
pub fn grid(metric: &str, values: &str, command: &str) -> String {
    let sweep = env!("CARGO_BIN_EXE_sweep");
    let log = format!(
        "log() {{ step=0; for v in \"$@\"; do {sweep} log metric loss $v --step $step; step=$((step+1)); done; }}"
    );
    format!(
        "command: |\n  {log}\n  {command}\nmethod: grid\nsweep_name: live\nmetric: {{name: loss, {metric}}}\n\
         parameters:\n  x: {{values: [{values}]}}\n"
    )
}

fn run(config: &str, code: i32) -> Ran {
    let sandbox = Sandbox::new();
    sandbox.init(config);
    sandbox.run(&["run"]).expect(code)
}

#[test]
fn an_infinity_reaches_no_target_and_is_no_best() {
    for (metric, infinity) in
        [("goal: minimize, target: 0.5", "-inf"), ("goal: maximize, target: 100", "inf")]
    {
        let command = format!("if [ ${{x}} = 1.0 ]; then log {infinity}; else log ${{x}}; fi");
        let ran = run(&grid(metric, "1.0, 2.0, 3.0", &command), 0);
        assert!(ran.stderr.contains("3 finished; the grid is exhausted"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("1.79769e308"), "{}", ran.stderr);
    }
}

#[test]
fn the_target_looks_at_the_value_that_the_summary_names() {
    let reached = |ran: &Ran| ran.stderr.contains("metric.target is reached");
    // It was at 0.95 and ended at 0.85.
    let metric = "goal: maximize, target: 0.9";
    assert!(reached(&run(&grid(&format!("{metric}, summary: best"), "1, 2, 3", "log 0.5 0.95 0.85"), 0)));
    assert!(!reached(&run(&grid(metric, "1, 2", "log 0.5 0.95 0.85"), 0)));
    // It ended at 0.95, and its mean is 0.5.
    assert!(!reached(&run(&grid(&format!("{metric}, summary: mean"), "1, 2", "log 0.05 0.95"), 0)));
    assert!(reached(&run(&grid(metric, "1, 2, 3", "log 0.05 0.95"), 0)));
}

#[test]
fn a_metric_that_is_not_logged_is_noticed_at_the_first_trial_and_ends_the_agent_after_the_third() {
    let config =
        grid("goal: minimize", "1, 2, 3, 4, 5, 6", "log ${x}").replace("name: loss", "name: val_loss");
    let ran = run(&config, 1);
    assert!(
        ran.stderr.contains("trial 0 did not log `val_loss`; it logged: `loss` – did you mean `loss`?"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("3 trials in a row did not log `val_loss`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("3 finished, 3 without the metric"), "{}", ran.stderr);
}
