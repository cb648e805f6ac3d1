//! One database file, one machine: what happens to agents whose file is taken away, shared or read-only.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use rusqlite::Connection;

use crate::support::agent::{AgentProcess, until};
use crate::support::sandbox::{Ran, Sandbox};

/// Each trial says that it runs, and waits until it may end.
const WAITING: &str = "command: 'sweep_trial=${x}; touch began-$sweep_trial; while [ ! -e go ]; do sleep 0.02; done'\n\
                       method: grid\nparameters: {x: {values: [1, 2, 3]}}\n";

#[test]
fn an_agent_whose_database_is_moved_ends_and_says_so() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(WAITING);
    let agent = AgentProcess::start(&sandbox, &["run", &id], &[]);
    until("a trial", || (1..4).any(|x| sandbox.path().join(format!("began-{x}")).exists()).then_some(()));
    for ending in ["", "-wal", "-shm"] {
        let file = sandbox.path().join(format!("mlflow.db{ending}"));
        let _ = std::fs::rename(&file, sandbox.path().join(format!("moved.db{ending}")));
    }
    sandbox.file("go", "");
    let ended = agent.finish().expect(3);
    assert!(ended.stderr.contains("was deleted or moved while it was in use"), "{}", ended.stderr);
    assert!(!sandbox.path().join("mlflow.db").exists(), "an empty file took its place");

    // Put back, it continues: the result that was kept counts, and nothing is run twice.
    for ending in ["", "-wal", "-shm"] {
        let file = sandbox.path().join(format!("moved.db{ending}"));
        let _ = std::fs::rename(&file, sandbox.path().join(format!("mlflow.db{ending}")));
    }
    sandbox.run(&["run", &id, "--lease", "1s"]).expect(0);
    let list = sandbox.run(&["list", "--format", "json"]).expect(0).json();
    assert_eq!(list[0]["trials"]["finished"], 3, "{list:#}");
}

#[test]
fn an_agent_of_a_second_machine_is_refused_while_the_first_works_and_told_the_way_out() {
    let sandbox = Sandbox::new();
    sandbox.file("go", "");
    let id = sandbox.init(WAITING);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let database = Connection::open(sandbox.path().join("mlflow.db")).unwrap();
    let mark = |text: &str| {
        let sql = "INSERT INTO tags (key, value, run_uuid) VALUES ('sweep.machine', ?1, ?2)
                   ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value";
        database.execute(sql, [text, &id]).unwrap();
    };
    mark(&format!("0123456789ab node7 {now}"));
    let refused = sandbox.run(&["run", &id]).expect(3);
    assert!(refused.stderr.contains("agents of another machine, node7"), "{}", refused.stderr);
    assert!(refused.stderr.contains("sweep server"), "{}", refused.stderr);
    let doctor = sandbox.run(&["doctor"]).expect(1);
    assert!(doctor.stdout.contains("node7"), "{}", doctor.stdout);
    // It ended long ago.
    mark(&format!("0123456789ab node7 {}", now - 600_000));
    sandbox.run(&["run", &id]).expect(0);
    let machine: String = database
        .query_row("SELECT value FROM tags WHERE key = 'sweep.machine' AND run_uuid = ?1", [&id], |row| {
            row.get(0)
        })
        .unwrap();
    assert!(!machine.contains("node7"), "{machine}");
}

/// Takes all rights to write away from a folder and what lies in it.
fn read_only(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            read_only(&entry.path());
        } else {
            std::fs::set_permissions(entry.path(), PermissionsExt::from_mode(0o444)).unwrap();
        }
    }
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o555)).unwrap();
}

/// As somebody who may read and not write; root may always, so it becomes nobody. `None`: nobody may run the program.
fn as_reader(sandbox: &Sandbox, args: &[&str]) -> Option<Ran> {
    let mut command = sandbox.command(args);
    if nix::unistd::geteuid().is_root() {
        command.uid(65534).gid(65534);
    }
    command.output().ok().map(Ran::from)
}

#[test]
fn whoever_may_only_read_a_store_can_look_at_everything_and_is_told_why_nothing_else_goes() {
    let sandbox = Sandbox::new();
    let id = sandbox.init(
        "command: 'echo loss=${x}'\nmethod: grid\nmetric: {name: loss, goal: minimize, from_output: 'loss=(.+)'}\n\
         parameters: {x: {values: [1, 2, 3]}}\n",
    );
    sandbox.run(&["run", &id]).expect(0);
    read_only(sandbox.path());
    let Some(_) = as_reader(&sandbox, &["--version"]) else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::set_permissions(elsewhere.path(), PermissionsExt::from_mode(0o777)).unwrap();
    let out = elsewhere.path().join("out").display().to_string();
    for args in [
        &["list"][..],
        &["status"],
        &["trials"],
        &["show", "1"],
        &["logs", "1"],
        &["best"],
        &["diff", "0", "1"],
        &["analyze"],
        &["models"],
        &["export", &out],
        &["doctor"],
    ] {
        let ran = as_reader(&sandbox, args).unwrap();
        assert_eq!(ran.code, Some(0), "{args:?}: {ran:?}");
    }
    for args in [&["run"][..], &["stop"], &["finalize"]] {
        let ran = as_reader(&sandbox, args).unwrap();
        assert_eq!(ran.code, Some(3), "{args:?}: {ran:?}");
        assert!(ran.stderr.contains("is read-only: you may read it, and not write it"), "{args:?}: {ran:?}");
    }
    let doctor = as_reader(&sandbox, &["doctor", "--format", "json"]).unwrap().json();
    let store = doctor["checks"].as_array().unwrap().iter().find(|check| check["check"] == "store").unwrap();
    assert_eq!(store["state"], "warn", "{store}");
    // What was taken away must be given back, or it can't be removed.
    for folder in [sandbox.path().to_path_buf(), sandbox.path().join("mlruns"), sandbox.path().join(".sweep")]
    {
        let _ = std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755));
    }
}

#[test]
fn sweeps_of_one_name_are_told_apart_and_the_newest_has_a_name_of_its_own() {
    let sandbox = Sandbox::new();
    let config = "name: twins\ncommand: 'true'\nmethod: grid\nparameters: {x: {values: [1, 2]}}\n";
    let first = sandbox.init(config);
    sandbox.run(&["run", &first]).expect(0);
    let second = sandbox.run(&["init", "sweep.yaml"]).expect(0);
    assert!(second.stderr.contains("there is a sweep named `twins` already"), "{}", second.stderr);
    let second = second.stdout.lines().last().unwrap().rsplit(' ').next().unwrap().to_owned();
    let refused = sandbox.run(&["status", "twins"]).expect(2);
    for part in
        [&first[..8], &second[..8], "complete, 2 of 2 trials done", "new, 0 of 2 trials done", "twins@latest"]
    {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    let latest = sandbox.run(&["status", "twins@latest", "--format", "json"]).expect(0).stdout;
    assert!(latest.contains(&second), "{latest}");
}
