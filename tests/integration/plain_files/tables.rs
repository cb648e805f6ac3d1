//! Tables of other programs, entered as sweeps.

use crate::plain_files::{id_of, tree};
use crate::support::outcome::{Outcome, embedded};
use crate::support::sandbox::Sandbox;

/// As W&B's web page exports a run table.
fn wandb() -> String {
    let mut text = "\"Name\",\"State\",\"Notes\",\"User\",\"Tags\",\"Created\",\"Runtime\",\"Sweep\",\"lr\",\"opt\",\"val_loss\",\"acc\"\n".to_owned();
    for k in 0..12 {
        let (state, opt) =
            (if k == 3 { "crashed" } else { "finished" }, if k % 2 == 0 { "adam" } else { "sgd" });
        text += &format!(
            "\"run-{k}\",\"{state}\",\"-\",\"me\",\"\",\"2024-05-01T12:{k:02}:00.000Z\",\"30\",\"abc\",\"{}\",\"{opt}\",\"{}\",\"0.{k}\"\n",
            10f64.powi(-(k % 5)),
            1.0 / f64::from(k + 1),
        );
    }
    text += "\"late\",\"running\",\"-\",\"me\",\"\",\"2024-05-01T13:00:00.000Z\",\"30\",\"abc\",\"1\",\"adam\",\"\",\"\"\n";
    text
}

#[test]
fn a_wandb_table_becomes_a_sweep_that_can_be_finalized_and_exported() {
    let sandbox = Sandbox::new();
    sandbox.file("runs.csv", &wandb());
    let ran = sandbox
        .run(&["import", "runs.csv", "--metric", "val_loss", "--goal", "minimize", "--params", "lr,opt"])
        .expect(0);
    assert!(ran.stderr.contains("W&B's export of a run table"), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 run left out; line 14: it is running: not over"), "{}", ran.stderr);
    let id = id_of(&ran.stdout);
    let outcome = Outcome::read(&embedded(sandbox.path()), &id);
    outcome.each_trial_counts_once(12);
    let run = outcome.attempts(3)[0];
    assert_eq!((run.info.name.as_str(), run.info.status.as_str()), ("run-3", "FAILED"));
    assert_eq!((run.info.start_time, run.info.end_time), (1_714_564_980_000, Some(1_714_565_010_000)));
    assert_eq!((run.param("lr"), run.param("opt")), (Some("0.001"), Some("sgd")));
    assert_eq!((run.metric("val_loss").unwrap().value, run.metric("acc").unwrap().value), (0.25, 0.3));

    let answer = sandbox.run(&["finalize", &id, "--format", "json"]).expect(0).json();
    assert_eq!(answer["analysis"]["trials_used"], 11);
    assert_eq!(answer["best"]["trial"], 11);
    sandbox.run(&["export", "out", "--sweep-id", &id]).expect(0);
    let there = Sandbox::new();
    let from = sandbox.path().join("out").display().to_string();
    let again = id_of(&there.run(&["import", &from]).expect(0).stdout);
    there.run(&["export", "out", "--sweep-id", &again]).expect(0);
    assert_eq!(tree(&there.path().join("out")), tree(&sandbox.path().join("out")));
}

#[test]
fn an_optuna_table_keeps_pruned_trials_as_stopped_ones() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "study.csv",
        ",number,value,datetime_start,datetime_complete,duration,params_x,state\n\
         0,0,0.5,2024-05-01 12:00:00.250000,2024-05-01 12:00:10.750000,0 days 00:00:10.5,1e-05,COMPLETE\n\
         1,1,,2024-05-01 12:00:11.000000,2024-05-01 12:00:12.000000,0 days 00:00:01,0.1,PRUNED\n",
    );
    let ran = sandbox.run(&["import", "study.csv", "--metric", "loss"]).expect(2);
    assert!(ran.stderr.contains("--goal minimize or --goal maximize"), "{}", ran.stderr);
    let ran = sandbox.run(&["import", "study.csv", "--metric", "loss", "--goal", "minimize"]).expect(0);
    let outcome = Outcome::read(&embedded(sandbox.path()), &id_of(&ran.stdout));
    let pruned = outcome.attempts(1)[0];
    assert_eq!((pruned.info.status.as_str(), pruned.tag("sweep.stopped.rule")), ("KILLED", Some("imported")));
    assert_eq!(outcome.attempts(0)[0].metric("loss").unwrap().value, 0.5);
}

#[test]
fn a_table_that_cant_be_read_makes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.file("t.csv", "a,b\n1,2\n");
    let ran = sandbox.run(&["import", "t.csv", "--metric", "loss", "--goal", "minimize"]).expect(2);
    assert!(
        ran.stderr.contains("there is no column `loss`") && ran.stderr.contains("a, b"),
        "{}",
        ran.stderr
    );
    sandbox.run(&["import", "nowhere.csv", "--metric", "a", "--goal", "minimize"]).expect(2);
    assert!(!sandbox.path().join("mlflow.db").exists());
}

#[test]
fn more_trials_than_one_run_of_the_ledger_holds_are_entered_and_followed_to_their_end() {
    let sandbox = Sandbox::new();
    let rows: String = (0..1200).map(|k| format!("r{k},FINISHED,{k},0.{k}\n")).collect();
    sandbox.file("runs.csv", &format!("run,status,x,loss\n{rows}"));
    let ran = sandbox.run(&["import", "runs.csv", "--metric", "loss", "--goal", "minimize"]).expect(0);
    let id = id_of(&ran.stdout);
    let outcome = Outcome::read(&embedded(sandbox.path()), &id);
    outcome.each_trial_counts_once(1200);
    outcome.every_run_is_over();
    let ran = sandbox.run(&["export", "out", "--follow"]).expect(0);
    assert!(ran.stderr.contains("Exported 1200 trials to "), "{}", ran.stderr);
    let table = std::fs::read_to_string(sandbox.path().join("out/trials.csv")).unwrap();
    assert_eq!(table.lines().count(), 1201);
}
