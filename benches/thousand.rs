//! A thousand agents on one `sweep server`: clients that speak the agent's protocol, all at once and without a pause between
//! trials, so that the server works at its capacity. Then the everyday commands and `finalize` on what they have left.
//!
//!     cargo bench --bench thousand
//!
//! `SWEEP_BENCH_CLIENTS` (1000) and `SWEEP_BENCH_TRIALS` (100, of each client) make it smaller. The clients share one process:
//! a trial's command, which would be a process of its own, is left out, but for the value that it logs.

// What goes wrong here is meant to panic, and a benchmark prints.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss, missing_docs)]

#[path = "../tests/integration/support/mod.rs"]
// The tests use more of it than this benchmark does.
#[allow(dead_code)]
mod support;

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use support::outcome;
use support::sandbox::Sandbox;
use support::sweep_server::SweepServer;
use sweep::RunStatus;
use sweep::config::Config;
use sweep::space::{Point, Value};
use sweep::testing::{
    Claim, ClaimOrder, Ledger, Metric, NewTrial, RestStore, RunId, RunUpdate, SettleOutcome, Store, Sweep,
    now_ms, trial_seed,
};

const PARAMETERS: u64 = 8;
/// Runs of each command, of which the middle one counts.
const TIMES: usize = 3;

/// What all clients share.
struct World {
    store: Arc<RestStore>,
    sweep: Sweep,
    config: Config,
    limit: u64,
    server: u32,
    start: Instant,
    done: AtomicU64,
    /// CPU time of the server, and the time, after each hundredth of the trials.
    marks: Mutex<Vec<(f64, f64)>>,
    claims: Mutex<Vec<Duration>>,
    others: Mutex<Vec<Duration>>,
}

fn main() {
    allow_files();
    let (clients, each) = (number("SWEEP_BENCH_CLIENTS", 1000), number("SWEEP_BENCH_TRIALS", 100));
    let limit = clients * each;
    let folder = tempfile::tempdir().unwrap();
    let server = SweepServer::start_in(folder.path());
    let sandbox = Sandbox::tracking(server.url());
    let id = sandbox.init(&config(limit));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(async {
        let store = Arc::new(outcome::server(server.url()).known());
        let sweep = Sweep::open(store.as_ref(), &RunId(id.clone())).await.unwrap();
        let config = sweep::config::check(&sweep.config).config.unwrap();
        let world = Arc::new(World {
            store,
            sweep,
            config,
            limit,
            server: server.id(),
            start: Instant::now(),
            done: AtomicU64::new(0),
            marks: Mutex::default(),
            claims: Mutex::default(),
            others: Mutex::default(),
        });
        let all: Vec<_> = (0..clients).map(|client| tokio::spawn(work(Arc::clone(&world), client))).collect();
        for client in all {
            client.await.unwrap();
        }
        let results = Ledger::read(world.store.as_ref(), &world.sweep.ledger).await.unwrap().results();
        assert_eq!((results.len() as u64, world.done.load(Ordering::Relaxed)), (limit, limit));
        world
    });
    report(&world, clients);
    println!("{:>9.0} MiB  the server's peak of memory", peak(server.id()));
    println!("\non the server:");
    commands(&sandbox, &["status", "list", "trials --top 10", "best"]);
    let file = Sandbox::tracking(&format!("sqlite:///{}", folder.path().join("mlflow.db").display()));
    println!("on its file:");
    commands(&file, &["status", "list", "trials --top 10", "best"]);
    finalize(&file, &id);
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Each client is a connection.
fn allow_files() {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, most, most).unwrap();
}

fn config(limit: u64) -> String {
    let parameters: String = (0..PARAMETERS).map(|n| format!("  x{n}: {{min: 0.0, max: 1.0}}\n")).collect();
    format!(
        "command: ['true']\nmethod: random\nexperiment_name: thousand\nseed: 1\nrun_cap: {limit}\n\
         metric: {{name: loss, goal: minimize}}\nparameters:\n{parameters}"
    )
}

/// One client: claims, makes the run, logs, settles, as an agent and its trial do.
async fn work(world: Arc<World>, client: u64) {
    let agent = format!("host{}-{client}-{:08x}", client % 100, client.wrapping_mul(0x9e37_79b9));
    let store: Arc<dyn Store> = world.store.clone();
    let open = Ledger::open(store, &world.sweep.ledger, agent.clone(), ClaimOrder::Spread, Some(world.limit));
    let ledger = open.await.unwrap();
    let (mut claims, mut others) = (Vec::new(), Vec::new());
    loop {
        let asked = Instant::now();
        let Some(claim) = ledger.claim().await.unwrap() else { break };
        claims.push(asked.elapsed());
        others.extend(run(&world, &ledger, claim, &agent).await);
        mark(&world);
    }
    world.claims.lock().unwrap().extend(claims);
    world.others.lock().unwrap().extend(others);
}

/// A trial from its claim to its result; how long each request took.
async fn run(world: &World, ledger: &Ledger, claim: Claim, agent: &str) -> Vec<Duration> {
    let point = Point(
        (0..PARAMETERS)
            .map(|n| {
                let share = f64::from(trial_seed(n, claim.trial)) / f64::from(u32::MAX >> 1);
                (format!("x{n}"), Value::Float(share))
            })
            .collect(),
    );
    let new = NewTrial {
        sweep: &world.sweep,
        claim,
        point: &point,
        config: &world.config,
        command: "true",
        seed: trial_seed(1, claim.trial).into(),
        user: "someone",
        agent,
        host: "host",
        tags: &[],
        now: now_ms(),
    };
    let store = world.store.as_ref();
    let mut times = Vec::new();
    let start = Instant::now();
    let info = store.create_run(&new.run()).await.unwrap();
    times.push(start.elapsed());
    let leaves = point.leaves();
    let value = f64::from(trial_seed(0, claim.trial)) / f64::from(u32::MAX >> 1);
    let loss = Metric { key: "loss".into(), value: (value - 0.3).powi(2), timestamp: now_ms(), step: 0 };
    let start = Instant::now();
    store.log_batch(&info.id, &[loss], &[], &[]).await.unwrap();
    times.push(start.elapsed());
    let params: Vec<(String, String)> =
        leaves.into_iter().map(|(name, value)| (name, value.text())).collect();
    let end =
        RunUpdate { status: Some(RunStatus::Finished), end_time: Some(now_ms()), ..RunUpdate::default() };
    let tags = [("sweep.exit_code".to_owned(), "0".to_owned())];
    let start = Instant::now();
    store.conclude_run(&info.id, &params, &tags, &end).await.unwrap();
    times.push(start.elapsed());
    let start = Instant::now();
    assert_eq!(ledger.settle(claim, &info.id).await.unwrap(), SettleOutcome::Counts);
    times.push(start.elapsed());
    times
}

fn mark(world: &World) {
    let done = world.done.fetch_add(1, Ordering::Relaxed) + 1;
    if done.is_multiple_of((world.limit / 100).max(1)) {
        let mark = (cpu(world.server), world.start.elapsed().as_secs_f64());
        world.marks.lock().unwrap().push(mark);
    }
}

/// CPU time of a process, in seconds.
fn cpu(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    // Ticks of a hundredth of a second, in user and in system mode.
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// The most memory that a process has had, in MiB.
fn peak(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok()).unwrap_or(0.0)
        / 1024.0
}

fn report(world: &World, clients: u64) {
    let marks = world.marks.lock().unwrap();
    let hundredth = (world.limit / 100) as f64;
    // Milliseconds of the server's CPU for a trial, between two hundredths.
    let cost = |from: usize, to: usize| {
        (marks[to - 1].0 - marks[from - 1].0) * 1e3 / ((to - from) as f64 * hundredth)
    };
    let (_, time) = marks[marks.len() - 1];
    println!("{clients} clients, {} trials of {PARAMETERS} parameters in {time:.0} s", world.limit);
    println!("{:>9.0}      trials a second", world.limit as f64 / time);
    let requests = world.store.calls() as f64 / world.limit as f64;
    println!("{requests:>9.2}      requests of a trial, one of them its script's");
    let (early, late) = (cost(1, 5), cost(95, 99));
    println!("{early:>9.2} ms   of the server's CPU for a trial at 1 to 5 % of them");
    println!("{late:>9.2} ms   at 95 to 99 % (ratio {:.2})", late / early);
    for (what, times) in [("claims", &world.claims), ("other requests", &world.others)] {
        let mut times = times.lock().unwrap();
        times.sort();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        println!(
            "{:>9.0} ms   {what}: 99th percentile; median {:.0} ms, longest {:.0} ms",
            at(0.99),
            at(0.5),
            at(1.0)
        );
    }
}

fn commands(sandbox: &Sandbox, lines: &[&str]) {
    for line in lines {
        let args: Vec<&str> = line.split(' ').collect();
        let mut times: Vec<Duration> = (0..TIMES)
            .map(|_| {
                let mut command = sandbox.command(&args);
                command.stdout(Stdio::null()).stderr(Stdio::null());
                let start = Instant::now();
                assert!(command.status().unwrap().success(), "{line} failed");
                start.elapsed()
            })
            .collect();
        times.sort();
        println!("{:>9.0} ms   sweep {line}", times[TIMES / 2].as_secs_f64() * 1e3);
    }
}

fn finalize(sandbox: &Sandbox, sweep: &str) {
    let start = Instant::now();
    let mut command = sandbox.command(&["finalize", sweep]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (memory, said) = watched(child);
    println!("{:>9.1} s    sweep finalize, at most {memory:.0} MiB", start.elapsed().as_secs_f64());
    for line in said.lines().filter(|line| !line.trim().is_empty()) {
        println!("             {line}");
    }
}

/// Waits for a process; its peak of memory, and what it said.
fn watched(mut child: Child) -> (f64, String) {
    let mut most = 0.0;
    while child.try_wait().unwrap().is_none() {
        most = f64::max(most, peak(child.id()));
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    (most, String::from_utf8_lossy(&output.stderr).into_owned())
}
