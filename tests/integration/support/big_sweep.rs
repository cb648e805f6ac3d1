//! A sweep of any size, written straight into the embedded store's file: what its agents would have left, in seconds.

use rusqlite::{Connection, Transaction, params};
use sweep::config::Config;
use sweep::space::{Point, Value};
use sweep::testing::{Claim, EmbeddedStore, NewTrial, RunId, Sweep, trial_seed};
use sweep::{RunStatus, TrialIndex};

use super::sandbox::Sandbox;

/// Its config; `run_cap` is the number of trials that are built.
const CONFIG: &str = "command: 'python train.py --lr ${lr} --depth ${depth} --optimizer ${optimizer}'\n\
                      experiment_name: big\nsweep_name: big-sweep\nmethod: random\nseed: 1\n\
                      metric: {name: val_loss, goal: minimize}\nparameters:\n\
                      \x20 lr: {distribution: log_uniform_values, min: 0.0001, max: 0.1}\n\
                      \x20 depth: {min: 2, max: 8}\n  dropout: {min: 0.0, max: 0.5}\n\
                      \x20 momentum: {min: 0.5, max: 0.99}\n  batch_size: {values: [16, 32, 64, 128]}\n\
                      \x20 optimizer: {values: [adam, sgd, rmsprop]}\n";
/// Trials of one run of the ledger.
const SHARD: u64 = 1000;
/// When the sweep began, epoch milliseconds; each trial begins a second after the one before.
const BEGIN: i64 = 1_700_000_000_000;

/// Initialises a sweep in the sandbox and adds so many trials: one in 20 failed, one in 50 was stopped by a rule, the
/// last three are under way.
pub fn build(sandbox: &Sandbox, trials: u64) -> String {
    build_wide(sandbox, trials, 6)
}

/// The same with this many parameters, at least six: further ones are numbers that matter less and less.
pub fn build_wide(sandbox: &Sandbox, trials: u64, parameters: usize) -> String {
    let further: String = (6..parameters)
        .map(|number| format!("  {}: {{min: 0.0, max: 1.0}}\n", further_name(number)))
        .collect();
    let id = sandbox.init(&format!("{CONFIG}{further}run_cap: {trials}\n"));
    let path = sandbox.path().join("mlflow.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = EmbeddedStore::open(&format!("sqlite:///{}", path.display())).unwrap();
    let sweep = runtime.block_on(Sweep::open(&store, &RunId(id.clone()))).unwrap();
    let config = sweep::config::check(&sweep.config).config.unwrap();
    let mut connection = Connection::open(path).unwrap();
    let transaction = connection.transaction().unwrap();
    let shards = shards(&transaction, &sweep, trials);
    for trial in 0..trials {
        add(&transaction, (&sweep, &config), &shards, (trial, trials), parameters);
    }
    transaction.commit().unwrap();
    id
}

fn further_name(number: usize) -> String {
    match number {
        6 => "weight_decay".to_owned(),
        7 => "warmup".to_owned(),
        _ => format!("layer_{:02}_width", number - 7),
    }
}

/// The ledger's runs, of which the root is the first.
fn shards(db: &Transaction<'_>, sweep: &Sweep, trials: u64) -> Vec<String> {
    let root = sweep.ledger.to_string();
    let further = (1..trials.div_ceil(SHARD)).map(|number| {
        let id = format!("{number:032x}");
        db.execute(
            "INSERT INTO runs SELECT ?1, name, source_type, source_name, entry_point_name, user_id, status, start_time,
             end_time, source_version, lifecycle_stage, artifact_uri, experiment_id, deleted_time
             FROM runs WHERE run_uuid = ?2",
            params![id, root],
        )
        .unwrap();
        param(db, &root, &format!("shard/{number:04}"), &id);
        id
    });
    let further: Vec<String> = further.collect();
    std::iter::once(root).chain(further).collect()
}

/// A number from 0 to 1 that depends on the trial and a salt alone.
fn share(salt: u64, index: TrialIndex) -> f64 {
    f64::from(trial_seed(salt, index)) / f64::from(u32::MAX >> 1)
}

fn point_of(index: TrialIndex, parameters: usize) -> Point {
    let trial = index.0;
    let mut values = vec![
        ("batch_size".into(), Value::Int([16, 32, 64, 128][(trial % 4) as usize])),
        ("depth".into(), Value::Int(2 + i128::from(trial % 7))),
        ("dropout".into(), Value::Float(share(1, index) / 2.0)),
        ("lr".into(), Value::Float(10_f64.powf(-4.0 + 3.0 * share(2, index)))),
        ("momentum".into(), Value::Float(0.5 + 0.49 * share(3, index))),
        ("optimizer".into(), Value::Text(["adam", "sgd", "rmsprop"][(trial % 3) as usize].into())),
    ];
    values.extend(
        (6..parameters).map(|number| (further_name(number), Value::Float(share(number as u64, index)))),
    );
    Point(values)
}

fn add(
    db: &Transaction<'_>,
    (sweep, config): (&Sweep, &Config),
    shards: &[String],
    (trial, trials): (u64, u64),
    parameters: usize,
) {
    let index = TrialIndex(trial);
    let point = point_of(index, parameters);
    let status = match trial {
        _ if trial + 3 >= trials => RunStatus::Running,
        _ if trial % 20 == 7 => RunStatus::Failed,
        _ if trial % 50 == 8 => RunStatus::Killed,
        _ => RunStatus::Finished,
    };
    let host = format!("node{:02}", trial % 4);
    let agent = format!("{host}-{}-0123abcd", 4000 + trial % 4);
    let start = BEGIN + 1000 * trial as i64;
    let command = format!("python train.py --trial {trial}");
    let extra: &[(String, String)] = match status {
        RunStatus::Failed => &[("sweep.exit_code".into(), "1".into())],
        RunStatus::Killed => &[("sweep.stopped.rule".into(), "hyperband".into())],
        RunStatus::Running => &[("sweep.heartbeat".into(), format!("3 {}", start + 45_000))],
        _ => &[],
    };
    let new = NewTrial {
        sweep,
        claim: Claim { trial: index, attempt: 1, round: 1, preemptions: 0 },
        point: &point,
        config,
        command: &command,
        seed: trial_seed(1, index).into(),
        user: "someone",
        agent: &agent,
        host: &host,
        tags: extra,
        now: start,
    }
    .run();
    let id = format!("{:032x}", (u128::from(trial_seed(9, index)) << 96) | (1 << 80) | u128::from(trial));
    let end = status.is_final().then_some(start + 4000 + trial as i64 % 1000);
    db.prepare_cached(
        "INSERT INTO runs SELECT ?1, ?2, source_type, source_name, entry_point_name, user_id, ?3, ?4, ?5,
         source_version, lifecycle_stage, replace(artifact_uri, ?6, ?1), experiment_id, NULL
         FROM runs WHERE run_uuid = ?6",
    )
    .unwrap()
    .execute(params![id, new.name, status.as_str(), start, end, sweep.id().as_str()])
    .unwrap();
    for (key, value) in &new.tags {
        db.prepare_cached("INSERT INTO tags (key, value, run_uuid) VALUES (?1, ?2, ?3)")
            .unwrap()
            .execute(params![key, value, id])
            .unwrap();
    }
    for (name, value) in point.leaves() {
        param(db, &id, &name, &value.text());
    }
    let further = if parameters > 6 { 0.3 * share(6, index) * share(3, index) } else { 0.0 };
    let loss = (share(2, index) - 0.4).powi(2) + 0.1 * share(1, index) + further;
    for step in 0..10 {
        metric(db, &id, "val_loss", loss + 1.0 / f64::from(step + 1) - 0.1, start, step, step == 9);
    }
    metric(db, &id, "val_accuracy", 1.0 - loss / 2.0, start, 9, true);
    metric(db, &id, "train_loss", loss / 2.0, start, 9, true);
    let shard = &shards[(trial / SHARD) as usize];
    param(db, shard, &format!("trial/{trial:06}"), &agent);
    if status.is_final() {
        param(db, shard, &format!("done/{trial:06}"), &id);
    }
}

fn param(db: &Transaction<'_>, run: &str, key: &str, value: &str) {
    db.prepare_cached("INSERT INTO params (key, value, run_uuid) VALUES (?1, ?2, ?3)")
        .unwrap()
        .execute(params![key, value, run])
        .unwrap();
}

fn metric(db: &Transaction<'_>, run: &str, key: &str, value: f64, time: i64, step: i32, latest: bool) {
    let tables: &[&str] = if latest { &["metrics", "latest_metrics"] } else { &["metrics"] };
    for table in tables {
        let sql = format!(
            "INSERT INTO {table} (key, value, timestamp, step, is_nan, run_uuid) VALUES (?1, ?2, ?3, ?4, 0, ?5)"
        );
        db.prepare_cached(&sql).unwrap().execute(params![key, value, time, step, run]).unwrap();
    }
}
