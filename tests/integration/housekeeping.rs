//! Sweeps are deleted, restored and renamed, on every store; and the report of one is found.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::agent::{AgentProcess, file_in};
use crate::support::mlflow_server::MlflowServer;
use crate::support::pty::TypingSession;
use crate::support::sandbox::{Ran, Sandbox};
use crate::support::sweep_server::SweepServer;

/// Four trials, each of which logs its value, and of which the last one makes a run below its own.
const CONFIG: &str = "\
sweep_name: first
command: [sh, train.sh, '${x}']
experiment_name: housekeeping
method: grid
metric: {name: loss, goal: minimize}
parameters: {x: {values: [1, 2, 3, 4]}}
";

/// Runs the four trials; the id of the sweep.
fn swept(sandbox: &Sandbox) -> String {
    sandbox.file("train.sh", &format!("{} log metric loss $1\n", env!("CARGO_BIN_EXE_sweep")));
    let id = sandbox.init(CONFIG);
    sandbox.run(&["run", "-q"]).expect(0);
    id
}

fn listed(sandbox: &Sandbox) -> Vec<String> {
    let list = sandbox.run(&["list", "--format", "json"]).expect(0).json();
    list.as_array().unwrap().iter().map(|sweep| sweep["name"].as_str().unwrap().to_owned()).collect()
}

fn finished(sandbox: &Sandbox, sweep: &str) -> (u64, u64) {
    let status = sandbox.run(&["status", sweep, "--format", "json"]).expect(0).json();
    let count = |name: &str| status["trials"][name].as_u64().unwrap();
    (count("finished"), count("deleted"))
}

/// The whole life on a store.
fn a_sweep_is_deleted_restored_and_renamed(sandbox: &Sandbox) {
    let id = swept(sandbox);
    let trial = sandbox.run(&["show", "3", "--format", "json"]).expect(0).json();
    let trial = trial["run_id"].as_str().unwrap().to_owned();
    sandbox.run(&["rerun", "0", "--seeds", "1", "-q"]).expect(0);

    let asked = sandbox.run(&["delete", "first"]).expect(2);
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    let dry = sandbox.run(&["delete", "first", "--dry-run"]).expect(0);
    assert!(dry.stdout.contains("first (") && dry.stdout.contains("4 of 4 trials done"), "{}", dry.stdout);
    assert_eq!(listed(sandbox), ["first"]);

    let deleted = sandbox.run(&["delete", "first", "--yes"]).expect(0);
    assert!(deleted.stderr.contains(&format!("sweep delete --restore {id}")), "{}", deleted.stderr);
    // A ledger, four trials and a rerun.
    assert!(deleted.stderr.contains("with 6 runs"), "{}", deleted.stderr);
    assert!(listed(sandbox).is_empty());
    assert!(sandbox.run(&["status", &id]).expect(3).stderr.contains("was deleted"));
    assert!(sandbox.run(&["run", &id]).expect(3).stderr.contains("--restore"));
    assert!(sandbox.run(&["show", &trial]).expect(3).stderr.contains("--restore"));
    let again = sandbox.run(&["delete", &id, "--yes"]).expect(2);
    assert!(again.stderr.contains("already deleted"), "{}", again.stderr);

    let which = sandbox.run(&["delete", "--restore"]).expect(2);
    assert!(which.stderr.contains(&id) && which.stderr.contains("first"), "{}", which.stderr);
    sandbox.run(&["delete", "--restore", "first"]).expect(0);
    assert_eq!(listed(sandbox), ["first"]);
    assert_eq!(finished(sandbox, &id), (4, 0));
    // Every trial has its result: nothing is run again.
    sandbox.run(&["run", &id]).expect(0);
    assert_eq!(finished(sandbox, &id), (4, 0));

    let renamed = sandbox.run(&["rename", "first", "lr search"]).expect(0);
    assert!(renamed.stderr.contains("is now lr search"), "{}", renamed.stderr);
    assert_eq!(finished(sandbox, "lr search"), (4, 0));
    sandbox.run(&["status", "first"]).expect(2);
    let mut asked = sandbox.command(&["--", "sweep", "rename", ""]);
    let offered = Ran::from(asked.env("SWEEP_COMPLETE", "fish").output().unwrap()).expect(0).stdout;
    assert!(offered.contains(&format!("{id}\tlr search, ")), "{offered}");
    sandbox.run(&["rename", "lr search", "a\u{1b}b"]).expect(2);
}

#[test]
fn a_sweep_in_a_file_is_deleted_restored_and_renamed() {
    a_sweep_is_deleted_restored_and_renamed(&Sandbox::new());
}

#[test]
fn a_sweep_on_sweep_server_is_deleted_restored_and_renamed() {
    let folder = Sandbox::new();
    let server = SweepServer::start_in(folder.path());
    a_sweep_is_deleted_restored_and_renamed(&Sandbox::tracking(server.url()));
}

#[test]
fn a_sweep_on_mlflow_server_is_deleted_restored_and_renamed() {
    // Of its own: the test counts the sweeps.
    let server = MlflowServer::start();
    a_sweep_is_deleted_restored_and_renamed(&Sandbox::tracking(server.url()));
}

#[test]
fn a_trial_that_was_deleted_before_its_sweep_stays_deleted() {
    let sandbox = Sandbox::new();
    let id = swept(&sandbox);
    let trial = sandbox.run(&["show", "2", "--format", "json"]).expect(0).json();
    let db = rusqlite::Connection::open(sandbox.path().join("mlflow.db")).unwrap();
    let run = trial["run_id"].as_str().unwrap();
    db.execute("UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = ?1", [run]).unwrap();
    assert_eq!(finished(&sandbox, &id), (3, 1));
    for _ in 0..2 {
        sandbox.run(&["delete", &id, "-y"]).expect(0);
        sandbox.run(&["delete", "--restore", &id]).expect(0);
        assert_eq!(finished(&sandbox, &id), (3, 1));
    }
}

#[test]
fn a_deletion_that_was_cut_off_is_continued() {
    let sandbox = Sandbox::new();
    let id = swept(&sandbox);
    let db = rusqlite::Connection::open(sandbox.path().join("mlflow.db")).unwrap();
    db.execute("UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = ?1", [&id]).unwrap();
    let dry = sandbox.run(&["delete", &id, "--dry-run"]).expect(0).stdout;
    assert!(dry.contains("cut off: 5 runs"), "{dry}");
    sandbox.run(&["delete", &id, "--yes"]).expect(0);
    let active: i64 = db
        .query_row("SELECT count(*) FROM runs WHERE lifecycle_stage = 'active'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(active, 0);
    sandbox.run(&["delete", "--restore", &id]).expect(0);
    assert_eq!(finished(&sandbox, &id), (4, 0));
}

#[test]
fn the_runs_that_a_script_made_below_a_trial_go_and_come_with_it() {
    let sandbox = Sandbox::new();
    let id = swept(&sandbox);
    let trial = sandbox.run(&["show", "2", "--format", "json"]).expect(0).json();
    let db = rusqlite::Connection::open(sandbox.path().join("mlflow.db")).unwrap();
    let run = trial["run_id"].as_str().unwrap();
    let columns: Vec<String> = db
        .prepare("SELECT name FROM pragma_table_info('runs')")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let listed = columns.join(", ");
    let taken = listed.replacen("run_uuid", "'f00d' || substr(run_uuid, 5)", 1);
    let copy = format!("INSERT INTO runs ({listed}) SELECT {taken} FROM runs WHERE run_uuid = ?1");
    db.execute(&copy, [run]).unwrap();
    let below = format!("f00d{}", &run[4..]);
    db.execute(
        "INSERT INTO tags (key, value, run_uuid) VALUES ('mlflow.parentRunId', ?1, ?2)",
        [run, &below],
    )
    .unwrap();
    let stage = || -> String {
        let sql = "SELECT lifecycle_stage FROM runs WHERE run_uuid = ?1";
        db.query_row(sql, [&below], |row| row.get(0)).unwrap()
    };
    sandbox.run(&["delete", &id, "--yes"]).expect(0);
    assert_eq!(stage(), "deleted");
    sandbox.run(&["delete", "--restore", &id]).expect(0);
    assert_eq!(stage(), "active");
}

#[test]
fn a_sweep_whose_agents_run_is_deleted_by_force_alone_and_its_agents_end() {
    let sandbox = Sandbox::new();
    sandbox.file("train.sh", "echo started > started; sleep 600\n");
    let id = sandbox.init(CONFIG);
    let agent = AgentProcess::start(&sandbox, &["run", "--grace", "1s"], &[]);
    file_in(sandbox.path(), "started");
    let refused = sandbox.run(&["delete", &id, "--yes"]).expect(2);
    assert!(
        refused.stderr.contains("1 agent is running") && refused.stderr.contains("sweep cancel"),
        "{}",
        refused.stderr
    );
    sandbox.run(&["delete", &id, "--yes", "--force"]).expect(0);
    let ended = agent.finish().expect(3);
    assert!(ended.stderr.contains("the sweep was deleted"), "{}", ended.stderr);
    // Nothing was decided that a restored sweep would suffer from.
    sandbox.run(&["delete", "--restore", &id]).expect(0);
    sandbox.file("train.sh", &format!("{} log metric loss $1\n", env!("CARGO_BIN_EXE_sweep")));
    sandbox.run(&["run", &id, "-q", "--lease", "2s"]).expect(0);
    assert_eq!(finished(&sandbox, &id), (4, 0));
}

#[test]
fn a_person_at_a_terminal_is_asked_before_a_sweep_is_deleted() {
    let sandbox = Sandbox::new();
    let id = swept(&sandbox);
    let answered = |answer: &str| {
        let mut session = TypingSession::start(&mut sandbox.command(&["delete", &id]), 80, 24);
        session.wait_for("[y/N]");
        session.type_keys(answer);
        session.finish()
    };
    let (code, shown) = answered("\n");
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("nothing was deleted"), "{shown}");
    assert_eq!(listed(&sandbox), ["first"]);
    let (code, shown) = answered("y\n");
    assert_eq!(code, Some(0), "{shown}");
    assert!(listed(&sandbox).is_empty());
}

#[test]
fn the_report_is_made_where_there_is_none_that_is_up_to_date() {
    let sandbox = Sandbox::new();
    let id = swept(&sandbox);
    let made = sandbox.run(&["report"]).expect(0);
    let path = made.stdout.trim_end().to_owned();
    assert!(path.ends_with(&format!(".sweep/reports/{id}.html")), "{path}");
    assert!(std::fs::read_to_string(&path).unwrap().contains("<html"));
    assert!(made.stderr.contains("sweep finalize"), "{}", made.stderr);
    assert_eq!(sandbox.run(&["status", "--format", "json"]).expect(0).json()["state"], "complete");
    sandbox.run(&["finalize", "-q"]).expect(0);
    let saved = sandbox.run(&["report"]).expect(0);
    assert!(saved.stdout.trim_end().ends_with("/artifacts/report.html"), "{}", saved.stdout);
    // One more result: it is out of date.
    sandbox.run(&["retry", "0", "-q"]).expect(0);
    assert!(sandbox.run(&["report"]).expect(0).stdout.contains(".sweep/reports"));
}

#[test]
fn the_report_opens_in_the_browser_of_the_environment() {
    let sandbox = Sandbox::new();
    swept(&sandbox);
    let browser = sandbox.file("my-browser", "#!/bin/sh\nprintf '%s|%s' \"$1\" \"$2\" > opened\n");
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = sandbox.command(&["report", "-o", "my report.html", "--open"]);
    let named = format!("nothing-of-this-name:{} --new", browser.display());
    Ran::from(command.env("BROWSER", named).output().unwrap()).expect(0);
    let opened = std::fs::read_to_string(sandbox.path().join("opened")).unwrap();
    assert!(opened.starts_with("--new|file:///") && opened.ends_with("/my%20report.html"), "{opened}");
}

#[test]
fn a_report_of_a_sweep_without_results_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.file("train.sh", "exit 1\n");
    sandbox.init(CONFIG);
    let refused = sandbox.run(&["report"]).expect(1);
    assert!(
        refused.stderr.contains("no trial was run") && refused.stderr.contains("sweep run"),
        "{}",
        refused.stderr
    );
}
