//! Imports that are cut off, and what they find in their way.

use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};

use crate::support::agent::until;
use crate::support::sandbox::{Ran, Sandbox, finish};

const IMPORT: [&str; 6] = ["import", "runs.csv", "--metric", "loss", "--goal", "minimize"];

fn table(rows: usize) -> String {
    let mut text = "lr,depth,loss\n".to_owned();
    for row in 0..rows {
        text += &format!("0.{row},{},1.{row}\n", row % 7);
    }
    text
}

fn sweeps(sandbox: &Sandbox) -> Vec<(String, String)> {
    let listed = sandbox.run(&["list", "--format", "json"]).expect(0).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    listed.as_array().unwrap().iter().map(|entry| (text(&entry["id"]), text(&entry["state"]))).collect()
}

/// Starts an import, and sends a signal to it once it has made a parent run.
fn cut_off(sandbox: &Sandbox, signal: Signal) -> Ran {
    let child = sandbox.command(&IMPORT).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the parent run of the import", || {
        let file = sandbox.path().join("mlflow.db");
        let database =
            rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        database
            .query_row("SELECT 1 FROM tags WHERE key = 'sweep.importing' AND value != ''", [], |_| Ok(()))
            .ok()
    });
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
    finish(child)
}

#[test]
fn what_a_killed_import_left_is_run_by_no_agent_and_replaced_by_the_next() {
    let sandbox = Sandbox::new();
    sandbox.file("runs.csv", &table(4_000));
    let killed = cut_off(&sandbox, Signal::SIGKILL);
    assert_eq!(killed.code, None, "it had ended before it was killed: {killed:?}");
    let half = sweeps(&sandbox);
    assert_eq!(half.iter().map(|(_, state)| state.as_str()).collect::<Vec<_>>(), ["importing"]);
    let id = half[0].0.as_str();
    let shown = sandbox.run(&["list"]).expect(0).stdout;
    assert!(shown.contains("importing"), "{shown}");
    for verb in ["run", "resume", "finalize"] {
        let refused = sandbox.run(&[verb, id]);
        // Half of the halves have no ledger or config yet, and are refused for that.
        assert_eq!(refused.code, Some(2), "{verb}: {refused:?}");
    }
    sandbox.file("other.csv", &table(3));
    let other = ["import", "other.csv", "--metric", "loss", "--goal", "minimize"];
    sandbox.run(&other).expect(0);
    assert_eq!(sweeps(&sandbox).len(), 2, "an import of something else leaves it");

    let again = sandbox.run(&IMPORT).expect(0);
    assert!(again.stderr.contains("An earlier import of this was cut off"), "{}", again.stderr);
    let states: Vec<String> = sweeps(&sandbox).into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, ["finished", "finished"]);
}

#[test]
fn an_interrupted_import_takes_away_what_it_made() {
    let sandbox = Sandbox::new();
    sandbox.file("runs.csv", &table(4_000));
    let ended = cut_off(&sandbox, Signal::SIGINT).expect(130);
    assert!(ended.stderr.contains("the import was interrupted"), "{}", ended.stderr);
    assert_eq!(sweeps(&sandbox), []);
}

#[test]
fn an_import_is_the_latest_sweep_of_its_directory() {
    let sandbox = Sandbox::new();
    sandbox.init("command: 'true'\nmethod: grid\nparameters: {x: {values: [1]}}\n");
    sandbox.file("runs.csv", &table(3));
    let ran = sandbox.run(&IMPORT).expect(0);
    let id = ran.stdout.lines().last().unwrap().rsplit(' ').next().unwrap();
    let listed = sandbox.run(&["list", "--format", "json"]).expect(0).json();
    let latest: Vec<&str> = listed
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["latest"] == true)
        .map(|entry| entry["id"].as_str().unwrap())
        .collect();
    assert_eq!(latest, [id]);
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_refused_and_never_waited_for() {
    let sandbox = Sandbox::new();
    mkfifo(&sandbox.path().join("pipe"), Mode::S_IRWXU).unwrap();
    for args in [
        &["import", "pipe", "--metric", "loss", "--goal", "minimize"][..],
        &["init", "pipe"],
        &["check", "pipe"],
        &["sample", "pipe"],
        &["analyze", "--csv", "pipe", "--metric", "loss"],
    ] {
        let refused = sandbox.run(args);
        assert_ne!(refused.code, Some(0), "{args:?}");
        assert!(refused.stderr.contains("a named pipe, not a regular file"), "{args:?}: {}", refused.stderr);
    }
}

#[test]
fn a_pipe_among_exported_files_is_left_out_or_refused() {
    let sandbox = Sandbox::new();
    sandbox.init("command: 'true'\nmethod: grid\nparameters: {x: {values: [1]}}\n");
    sandbox.run(&["run"]).expect(0);
    sandbox.run(&["export", "out"]).expect(0);
    let trial = std::fs::read_dir(sandbox.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    let artifacts = trial.join("artifacts");
    std::fs::create_dir_all(&artifacts).unwrap();
    mkfifo(&artifacts.join("pipe"), Mode::S_IRWXU).unwrap();
    let ran = sandbox.run(&["import", "out"]).expect(0);
    assert!(ran.stderr.contains("left out") && ran.stderr.contains("pipe"), "{}", ran.stderr);
    std::fs::remove_file(trial.join("metrics.csv")).unwrap();
    mkfifo(&trial.join("metrics.csv"), Mode::S_IRWXU).unwrap();
    // It ends, whichever way.
    sandbox.run(&["import", "out"]);
}

#[test]
fn what_another_program_ran_is_shown_as_imported_and_has_no_times_that_nobody_knows() {
    let sandbox = Sandbox::new();
    sandbox.file("runs.csv", &table(3));
    let refused = sandbox.run(&["import", "runs.csv", "--metric", "loss"]).expect(2).stderr;
    assert!(refused.contains("`--goal` is missing: minimize or maximize `loss`?"), "{refused}");
    sandbox.run(&IMPORT).expect(0);
    let listed = sandbox.run(&["list", "--format", "json"]).expect(0).json();
    assert_eq!(listed[0]["method"], "imported");
    let shown = sandbox.run(&["show", "1"]).expect(0).stdout;
    assert!(shown.contains("\nimported  now (") && !shown.contains("0 ms"), "{shown}");
    let report = sandbox.path().join("report.html");
    sandbox.run(&["finalize", "-o", report.to_str().unwrap()]).expect(0);
    let page = std::fs::read_to_string(report).unwrap();
    assert!(page.contains("<dt>Method</dt><dd>imported</dd>"));
}

/// A file or folder that another program wrote.
fn foreign(name: &str) -> String {
    format!("{}/tests/data/imports/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn what_other_programs_kept_is_imported_by_what_it_holds_and_not_by_its_name() {
    let sandbox = Sandbox::new();
    // A name that says nothing, or the wrong thing.
    for (name, called) in
        [("optuna.db", "study.csv"), ("optuna.journal", "journal"), ("wandb-runs.json", "runs.db")]
    {
        std::fs::copy(foreign(name), sandbox.path().join(called)).unwrap();
    }
    let ray = foreign("ray/exp");
    let neptune = foreign("neptune.csv");
    let imports: [(&[&str], &str, usize); 5] = [
        (&["import", "study.csv", "--metric", "loss"], "Optuna's database", 12),
        (&["import", "journal", "--metric", "loss"], "Optuna's journal", 8),
        (&["import", "runs.db", "--metric", "val_loss", "--goal", "minimize"], "runs of W&B's API", 2),
        (&["import", &ray, "--metric", "loss", "--goal", "minimize"], "results of Ray Tune", 3),
        (&["import", &neptune, "--metric", "metrics/val_loss", "--goal", "minimize"], "Neptune's table", 2),
    ];
    for (args, dialect, trials) in imports {
        let ran = sandbox.run(args).expect(0);
        assert!(ran.stderr.contains(&format!("Read as {dialect}")), "{}", ran.stderr);
        let listed = sandbox.run(&["trials", "--format", "json"]).expect(0).json();
        assert_eq!(listed["trials"].as_array().unwrap().len(), trials, "{args:?}");
    }
    assert!(sweeps(&sandbox).iter().all(|(_, state)| state == "finished"));
    let page = sandbox.run(&["finalize", "-o", "report.html"]);
    assert!(matches!(page.code, Some(0 | 1)), "{page:?}");
    let missing = sandbox.run(&["import", "nothing.db", "--metric", "loss"]).expect(2).stderr;
    assert!(missing.contains("nothing.db"), "{missing}");
    let several = foreign("optuna-several.db");
    let refused = sandbox.run(&["import", &several]).expect(2).stderr;
    assert!(refused.contains("--study NAME"), "{refused}");
    sandbox.run(&["import", &several, "--study", "second"]).expect(0);
}

#[test]
fn a_new_sweep_learns_from_a_study_of_optunas() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "sweep.yaml",
        "command: 'true'\nmethod: bayes\nmetric: {name: loss, goal: minimize}\nrun_cap: 1\nparameters:\n  \
         lr: {distribution: log_uniform_values, min: 1.0e-5, max: 0.1}\n  layers: {min: 1, max: 5}\n",
    );
    let study = foreign("optuna.db");
    let ran = sandbox.run(&["init", "sweep.yaml", "--prior", &study]).expect(0);
    assert!(ran.stderr.contains("12"), "{}", ran.stderr);
    let other = sandbox.file("other.yaml", "command: 'true'\nmethod: bayes\nmetric: {name: loss, goal: maximize}\nrun_cap: 1\nparameters: {lr: {min: 0.0, max: 0.1}}\n");
    let refused = sandbox.run(&["init", other.to_str().unwrap(), "--prior", &study]).expect(2).stderr;
    assert!(refused.contains("was minimized, here it is to be maximized"), "{refused}");
}
