//! Very many agents on one sweep.

use std::time::{Duration, Instant};

use crate::support::agent::AgentProcess;
use crate::support::outcome::{Outcome, embedded};
use crate::support::sandbox::Sandbox;

#[test]
fn thirty_two_processes_on_2000_trials_end_with_2000_results() {
    const TRIALS: u64 = 2_000;
    let sandbox = Sandbox::new();
    let id = sandbox.init(&format!(
        "command: ['true']\nmethod: random\nrun_cap: {TRIALS}\nparameters:\n  x: {{min: 0.0, max: 1.0}}\n"
    ));
    let begun = Instant::now();
    let agents: Vec<_> = (0..32).map(|_| AgentProcess::start(&sandbox, &["run"], &[])).collect();
    for agent in agents {
        agent.finish_within(Duration::from_secs(600)).expect(0);
    }
    eprintln!("{:.1?}", begun.elapsed());
    let outcome = Outcome::read(&embedded(sandbox.path()), &id);
    outcome.each_trial_counts_once(TRIALS);
    outcome.every_run_is_over();
    assert_eq!(outcome.runs.len() as u64, TRIALS, "a trial was run twice");
}
