//! Processes that are killed while they write: the file stays whole, and what was acknowledged is there.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use sweep::testing::{Db, ExperimentId, Metric, NewRun};

use super::pair;

const WRITERS: usize = 8;

/// Not a test of its own: what each process of the test below does, until it is killed. A line of its file says that the
/// database has acknowledged a write. Without its variables it does nothing.
#[test]
fn a_process_that_is_to_be_killed() {
    let variable = |name: &str| std::env::var(name).ok();
    let (Some(path), Some(acknowledged)) = (variable("SWEEP_TEST_KILL_DB"), variable("SWEEP_TEST_KILL_ACK"))
    else {
        return;
    };
    let mut file = OpenOptions::new().append(true).create(true).open(acknowledged).unwrap();
    let db = Db::open(&path).unwrap();
    let run = NewRun { experiment_id: ExperimentId("0".to_owned()), ..NewRun::default() };
    let run = db.create_run(&run).unwrap().id.0;
    for step in 0.. {
        let metric = Metric { key: "loss".to_owned(), value: 0.5, timestamp: step, step };
        let params = [pair(&format!("p{step}"), "x")];
        let tags = [pair("step", &step.to_string())];
        db.log_batch(&run, &[metric], &params, &tags).unwrap();
        file.write_all(format!("{run} {step}\n").as_bytes()).unwrap();
    }
}

fn start(path: &Path, acknowledged: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "embedded::killed::a_process_that_is_to_be_killed"])
        .env("SWEEP_TEST_KILL_DB", path)
        .env("SWEEP_TEST_KILL_ACK", acknowledged)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Eight processes write; each `pause` the oldest of them is killed and another one started.
fn write_and_kill(duration: Duration, pause: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let acknowledged = folder.path().join("acknowledged");
    File::create(&acknowledged).unwrap();
    let mut children: Vec<Child> = (0..WRITERS).map(|_| start(&path, &acknowledged)).collect();
    let begin = Instant::now();
    let mut kills = 0;
    while begin.elapsed() < duration {
        std::thread::sleep(pause);
        let mut oldest = children.remove(0);
        oldest.kill().unwrap();
        oldest.wait().unwrap();
        kills += 1;
        children.push(start(&path, &acknowledged));
    }
    for mut child in children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let db = Connection::open(&path).unwrap();
    let integrity: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    let foreign: i64 =
        db.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    assert_eq!((integrity.as_str(), foreign), ("ok", 0));
    // In one reading each: a minute's writes are tens of thousands.
    let pairs = |sql: &str| -> HashSet<(String, i64)> {
        let mut statement = db.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let metrics = pairs("SELECT run_uuid, step FROM metrics");
    let params = pairs("SELECT run_uuid, CAST(substr(key, 2) AS INTEGER) FROM params");
    let latest: HashMap<String, i64> =
        pairs("SELECT run_uuid, step FROM latest_metrics").into_iter().collect();
    let tags: HashMap<String, i64> =
        pairs("SELECT run_uuid, CAST(value AS INTEGER) FROM tags WHERE key = 'step'").into_iter().collect();
    let text = std::fs::read_to_string(&acknowledged).unwrap();
    let mut count = 0;
    // A line without an end was being written when its process was killed.
    for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        let (run, step) = line.split_once(' ').unwrap();
        let write = (run.to_owned(), step.parse::<i64>().unwrap());
        let reached = |last: &HashMap<String, i64>| last.get(run).is_some_and(|last| *last >= write.1);
        assert!(
            metrics.contains(&write) && params.contains(&write) && reached(&latest) && reached(&tags),
            "{line} was acknowledged"
        );
        count += 1;
    }
    assert!(kills > 2 && count > 20, "{kills} were killed, {count} writes were acknowledged");
}

#[test]
fn what_killed_processes_were_told_is_written_is_written() {
    write_and_kill(Duration::from_secs(8), Duration::from_millis(300));
}

#[test]
#[ignore = "takes a minute"]
fn what_killed_processes_were_told_is_written_is_written_for_a_minute() {
    write_and_kill(Duration::from_secs(60), Duration::from_secs(1));
}
