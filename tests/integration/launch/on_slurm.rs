//! Agents on a real Slurm: arrays, scancel, warnings, requeues, preemption, GPUs.

use std::sync::Arc;

use super::launches;
use crate::support::agent::{file_in, until};
use crate::support::outcome::{self, Outcome};
use crate::support::sandbox::{Ran, Sandbox};
use crate::support::slurm::Slurm;

/// One trial, which runs until the file `go` is there.
const UNTIL_GO: &str = "command: 'echo $$ > running; until [ -e go ]; do sleep 0.05; done'\nmethod: grid\n\
                        grace: 1s\nparameters: {x: {values: [1]}}\n";

/// A cluster, or a word on why the test is skipped.
fn slurm() -> Option<Arc<Slurm>> {
    Slurm::shared().map_err(|why| eprintln!("skipped: {why}")).ok()
}

fn sweep(slurm: &Slurm, sandbox: &Sandbox, args: &[&str]) -> Ran {
    let mut command = sandbox.command(args);
    slurm.reach(&mut command);
    Ran::from(command.output().unwrap())
}

/// Launches on Slurm; the number of the job.
fn launch(slurm: &Slurm, sandbox: &Sandbox, args: &[&str]) -> String {
    sweep(slurm, sandbox, &[&["launch", "slurm"], args].concat()).expect(0);
    launches(sandbox).last().unwrap()["job"].as_str().unwrap().to_owned()
}

fn outcome(sandbox: &Sandbox, id: &str) -> Outcome {
    Outcome::read(&outcome::embedded(sandbox.path()), id)
}

/// Waits until the running trial has written down that it runs, after it was forgotten.
fn runs_again(sandbox: &Sandbox) {
    file_in(sandbox.path(), "running");
}

#[test]
fn an_array_drains_a_grid_exactly_once_and_each_agent_has_its_gpu() {
    let Some(slurm) = slurm() else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(
        "command: 'echo gpu=$CUDA_VISIBLE_DEVICES task=$SLURM_ARRAY_TASK_ID; sleep 0.3'\nmethod: grid\nrun_cap: 16\n\
         parameters: {x: {values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]}}\n",
    );
    let job = launch(&slurm, &sandbox, &["--agents", "3", "--gpus", "1", "--time", "10m", "--cpus", "1"]);
    slurm.is_over(&job);
    let outcome = outcome(&sandbox, &id);
    outcome.each_trial_counts_once(16);
    outcome.every_run_is_over();
    for trial in 0..16 {
        let log = sandbox.run(&["logs", &trial.to_string()]).expect(0).stdout;
        let gpu = log.split(['=', ' ']).nth(1).unwrap();
        assert!(["0", "1", "2", "3"].contains(&gpu), "{log}");
    }
    let agent = outcome.runs[0].tag("sweep.agent").unwrap();
    assert!(agent.starts_with(&format!("slurm-{job}_")), "{agent}");
}

#[test]
fn scancel_gives_a_trial_back_and_costs_it_no_retry() {
    let Some(slurm) = slurm() else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(UNTIL_GO);
    launch(&slurm, &sandbox, &["--agents", "1"]);
    file_in(sandbox.path(), "running");
    sweep(&slurm, &sandbox, &["launch", "cancel"]).expect(0);
    let job = launches(&sandbox)[0]["job"].as_str().unwrap().to_owned();
    slurm.is_over(&job);
    assert_eq!(outcome(&sandbox, &id).states(0), ["KILLED"]);
    sandbox.file("go", "");
    sandbox.run(&["run"]).expect(0);
    assert_eq!(outcome(&sandbox, &id).states(0), ["KILLED", "FINISHED*"]);
}

#[test]
fn an_agent_that_is_preempted_gives_its_trial_back_and_runs_again() {
    // Of its own: the whole node is taken from the job that has it.
    let slurm = match Slurm::own() {
        Ok(slurm) => slurm,
        Err(why) => return eprintln!("skipped: {why}"),
    };
    let sandbox = Sandbox::new();
    let id = sandbox.init(UNTIL_GO);
    let job = launch(&slurm, &sandbox, &["--agents", "1", "--", "--exclusive"]);
    file_in(sandbox.path(), "running");
    std::fs::remove_file(sandbox.path().join("running")).unwrap();
    slurm.ask("sbatch", &["--partition=high", "--exclusive", "--output=/dev/null", "--wrap=sleep 1"]);
    runs_again(&sandbox);
    sandbox.file("go", "");
    slurm.is_over(&job);
    assert_eq!(outcome(&sandbox, &id).states(0), ["KILLED", "FINISHED*"]);
}

#[test]
fn an_agent_whose_time_is_nearly_up_gives_its_trial_back_and_is_requeued() {
    let Some(slurm) = slurm() else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(UNTIL_GO);
    // The time that the agent has is shortened in the script: Slurm's own shortest is a minute.
    let script = sweep(&slurm, &sandbox, &["launch", "slurm", "--agents", "1", "--time", "1h", "--print"]);
    let script = script.expect(0).stdout.replace("started + 3600", "started + 9");
    sandbox.file("job.sh", &script);
    std::fs::create_dir_all(sandbox.path().join(".sweep/launch")).unwrap();
    let mut submit = std::process::Command::new("sbatch");
    submit.args(["--parsable", "job.sh"]).current_dir(sandbox.path());
    slurm.reach(&mut submit);
    let job = Ran::from(submit.output().unwrap()).expect(0).stdout.trim().to_owned();
    file_in(sandbox.path(), "running");
    until("the trial is given back", || (outcome(&sandbox, &id).states(0) == ["KILLED"]).then_some(()));
    std::fs::remove_file(sandbox.path().join("running")).unwrap();
    sandbox.file("go", "");
    until("its result", || (outcome(&sandbox, &id).results.len() == 1).then_some(()));
    slurm.is_over(&job);
    let outcome = outcome(&sandbox, &id);
    assert_eq!(outcome.states(0), ["KILLED", "FINISHED*"]);
    let again = outcome.attempts(0)[1].tag("sweep.agent").unwrap();
    assert!(again.starts_with(&format!("slurm-{job}_0-r1-")), "{again}");
}

#[test]
fn a_warned_agent_finishes_what_can_be_finished_and_starts_no_more() {
    let Some(slurm) = slurm() else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(
        "command: 'echo $$ > running; until [ -e go ]; do sleep 0.05; done'\nmethod: grid\n\
         parameters: {x: {values: [1, 2]}}\n",
    );
    let job = launch(&slurm, &sandbox, &["--agents", "1", "--time", "20m", "--no-requeue"]);
    file_in(sandbox.path(), "running");
    slurm.ask("scancel", &["--batch", "--signal=USR1", &format!("{job}_0")]);
    let log = sandbox.path().join(".sweep/launch");
    until("the agent hears it", || {
        let log = std::fs::read_dir(&log).ok()?.next()?.ok()?.path();
        std::fs::read_to_string(log).ok()?.contains("no more are started").then_some(())
    });
    sandbox.file("go", "");
    slurm.is_over(&job);
    let outcome = outcome(&sandbox, &id);
    assert_eq!((outcome.results.len(), outcome.runs.len()), (1, 1));
}

#[test]
fn what_slurm_refuses_is_said_and_kept_nowhere() {
    let Some(slurm) = slurm() else { return };
    let sandbox = Sandbox::new();
    sandbox.init(UNTIL_GO);
    let refused =
        sweep(&slurm, &sandbox, &["launch", "slurm", "--agents", "1", "--", "--partition=none"]).expect(1);
    assert!(
        refused.stderr.contains("`sbatch` failed") && refused.stderr.contains("partition"),
        "{}",
        refused.stderr
    );
    assert!(launches(&sandbox).is_empty());
}

#[test]
fn a_queue_is_topped_up_to_what_was_asked_for() {
    let Some(slurm) = slurm() else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(
        "command: 'until [ -e go ]; do sleep 0.05; done'\nmethod: grid\nparameters: {x: {values: [1, 2, 3]}}\n",
    );
    let first = launch(&slurm, &sandbox, &["--agents", "2"]);
    let full = sweep(&slurm, &sandbox, &["launch", "top-up"]).expect(0);
    assert!(full.stderr.contains("2 agents queued or running of 2"), "{}", full.stderr);
    slurm.ask("scancel", &[&format!("{first}_1")]);
    until("one is gone", || (slurm.states(&first).len() < 2).then_some(()));
    sweep(&slurm, &sandbox, &["launch", "top-up"]).expect(0);
    let all = launches(&sandbox);
    assert_eq!((all.len(), &all[1]["agents"]), (2, &1.into()));
    sandbox.file("go", "");
    for launch in &all {
        slurm.is_over(launch["job"].as_str().unwrap());
    }
    outcome(&sandbox, &id).each_trial_counts_once(3);
}
