//! Many threads and processes on one file.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;

use sweep::testing::{Db, ExperimentId, Metric, NewRun, ParamOutcome};

use super::pair;

const WRITERS: usize = 8;

fn database(folder: &Path) -> String {
    folder.join("mlflow.db").to_str().unwrap().to_owned()
}

fn run_in(db: &Db) -> String {
    let run = NewRun { experiment_id: ExperimentId("0".to_owned()), ..NewRun::default() };
    db.create_run(&run).unwrap().id.0
}

fn integrity(path: &str) -> String {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}

#[test]
fn many_threads_that_open_a_missing_file_make_it_once() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let path = database(folder.path());
        let barrier = Barrier::new(WRITERS);
        std::thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    barrier.wait();
                    let db = Db::open(&path).unwrap();
                    assert_eq!(db.experiment("0").unwrap().name, "Default");
                    run_in(&db);
                });
            }
        });
        let connection = rusqlite::Connection::open(&path).unwrap();
        let count = |table: &str| -> i64 {
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        assert_eq!((count("alembic_version"), count("experiments"), count("runs")), (1, 1, 8));
    }
}

#[test]
fn each_param_has_one_winner_among_many_connections() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(folder.path());
    let run = run_in(&Db::open(&path).unwrap());
    const KEYS: usize = 40;
    let wins: Vec<Vec<usize>> = std::thread::scope(|scope| {
        let race = |writer: usize| {
            let db = Db::open(&path).unwrap();
            let try_key = |key: &usize| {
                let (param, value) = (format!("trial/{key:06}"), format!("agent {writer}"));
                db.log_param(&run, &param, &value).unwrap() == ParamOutcome::Held
            };
            (0..KEYS).filter(try_key).collect()
        };
        let handles: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || race(writer))).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    let stored = Db::open(&path).unwrap().run(&run).unwrap().params;
    assert_eq!(stored.len(), KEYS);
    for (key, (_, value)) in stored.iter().enumerate() {
        let winners: Vec<_> = (0..WRITERS).filter(|&writer| wins[writer].contains(&key)).collect();
        assert_eq!(winners.len(), 1, "{key}");
        assert_eq!(*value, format!("agent {}", winners[0]));
    }
}

/// Not a test of its own: what each process of the tests below does. Without its variables it does nothing.
#[test]
fn a_writing_process() {
    let variable = |name: &str| std::env::var(name).ok();
    let (Some(path), Some(writer)) = (variable("SWEEP_TEST_DATABASE"), variable("SWEEP_TEST_WRITER")) else {
        return;
    };
    let db = Db::open(&path).unwrap();
    let run = run_in(&db);
    for step in 0..50 {
        let metric = Metric { key: "loss".to_owned(), value: 1.0, timestamp: step, step };
        let tags = [pair("writer", &writer), pair("step", &step.to_string())];
        db.log_batch(&run, &[metric], &[], &tags).unwrap();
    }
}

fn writing_process(path: &str, writer: usize) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "embedded::races::a_writing_process"])
        .env("SWEEP_TEST_DATABASE", path)
        .env("SWEEP_TEST_WRITER", writer.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn many_processes_make_and_fill_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(folder.path());
    let children: Vec<_> = (0..WRITERS).map(|writer| writing_process(&path, writer)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(integrity(&path), "ok");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let count: i64 = connection.query_row("SELECT count(*) FROM metrics", [], |row| row.get(0)).unwrap();
    let latest: i64 = connection
        .query_row("SELECT count(*) FROM latest_metrics WHERE step = 49", [], |row| row.get(0))
        .unwrap();
    assert_eq!((count, latest), (400, 8));
}

#[test]
fn a_killed_process_leaves_the_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(folder.path());
    let db = Db::open(&path).unwrap();
    let run = run_in(&db);
    for round in 0..6 {
        let mut child = writing_process(&path, round);
        // Our own writes continue meanwhile; the process dies somewhere in the middle of its own.
        for step in 0..=round {
            let param = format!("{round}/{step}");
            assert_eq!(db.log_param(&run, &param, "acknowledged").unwrap(), ParamOutcome::Held);
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(integrity(&path), "ok");
    assert_eq!(db.run(&run).unwrap().params.len(), 21);
}
