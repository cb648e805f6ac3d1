//! What a trial costs beyond its command: the gap between the starts of trials whose command does nothing, at trial 10
//! and at trial 1,000, on the embedded store and on a real `mlflow server`; beside it the cost of starting such a
//! process, the agent's peak memory, and the time that `sweep --help` takes.
//!
//!     cargo bench --bench overhead
//!
//! `SWEEP_BENCH_STORES=embedded` leaves the server out, which takes minutes.

// What goes wrong here is meant to panic, and a benchmark prints.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../tests/integration/support/mod.rs"]
// The tests use more of it than this benchmark does.
#[allow(dead_code)]
mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::mlflow_server::MlflowServer;
use support::sandbox::Sandbox;
use sweep::testing::{EmbeddedStore, Environment, RestStore, RunQuery, ServerSettings, Store};

/// Trials between whose starts a gap is averaged.
const WINDOW: usize = 20;
/// Times that the early and the late window are measured, in turn: other work on the machine meets both.
const ROUNDS: usize = 3;
const CONFIG: &str = "command: ['true']\nmethod: random\nexperiment_name: overhead\nrun_cap: 1200\nseed: 1\n\
                      parameters:\n  x: {min: 0.0, max: 1.0}\n  y: {min: 0.0, max: 1.0}\n";

fn main() {
    let help = median(20, || run(Command::new(env!("CARGO_BIN_EXE_sweep")).arg("--help")));
    let process = median(50, || run(&mut Command::new("true")));
    println!("sweep --help     {:>8.2} ms", ms(help));
    println!("starting `true`  {:>8.2} ms", ms(process));
    let sandbox = Sandbox::new();
    let database = format!("sqlite:///{}", sandbox.path().join("mlflow.db").display());
    measure("embedded", &sandbox, || Box::new(EmbeddedStore::open(&database).unwrap()));
    if std::env::var("SWEEP_BENCH_STORES").is_ok_and(|stores| stores == "embedded") {
        return;
    }
    let server = MlflowServer::start();
    let env = Environment { var: &|_| None, credentials: None };
    let settings = ServerSettings::read(server.url(), &env).unwrap();
    let sandbox = Sandbox::tracking(server.url());
    measure("mlflow server", &sandbox, || Box::new(RestStore::new(settings.clone()).unwrap()));
}

/// Brings one sweep to trial 1,000, then measures a window there and a window at trial 10 of a fresh sweep in turn.
fn measure(name: &str, sandbox: &Sandbox, store: impl Fn() -> Box<dyn Store>) {
    let old = sandbox.init(CONFIG);
    let memory = work(sandbox, &old, 1000);
    count_calls(name, sandbox);
    let store = store();
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let fresh = sandbox.init(CONFIG);
        work(sandbox, &fresh, 10);
        work(sandbox, &fresh, WINDOW);
        early.push(gap(store.as_ref(), &fresh));
        work(sandbox, &old, WINDOW);
        late.push(gap(store.as_ref(), &old));
    }
    let middle = |all: &mut Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let (early, late) = (middle(&mut early), middle(&mut late));
    println!(
        "{name:<14}   {early:>8.2} ms a trial at 10, {late:>8.2} ms at 1,000 (ratio {:.2}); the agent's peak {memory:.1} MiB",
        late / early
    );
}

/// Prints the requests to a server that a trial costs, with one agent and with sixteen.
fn count_calls(name: &str, sandbox: &Sandbox) {
    const SHARED: usize = 320;
    for agents in [1, 16] {
        let id = sandbox.init(&CONFIG.replace("run_cap: 1200", &format!("run_cap: {SHARED}")));
        let running: Vec<_> = (0..agents)
            .map(|_| {
                let mut command = sandbox.command(&["run", "--sweep-id", &id]);
                command.env("SWEEP_LOG", "sweep=debug").stdout(Stdio::null()).stderr(Stdio::piped());
                command.spawn().unwrap()
            })
            .collect();
        let said = running.into_iter().map(|agent| agent.wait_with_output().unwrap().stderr);
        let calls: usize = said
            .filter_map(|text| {
                let text = String::from_utf8_lossy(&text).into_owned();
                text.rsplit("calls=").next()?.split_whitespace().next()?.parse::<usize>().ok()
            })
            .sum();
        if calls > 0 {
            let each = calls as f64 / SHARED as f64;
            println!("{name:<14}   {each:>8.2} requests a trial with {agents} agents");
        }
    }
}

/// Runs so many trials with one agent; its peak memory in MiB.
fn work(sandbox: &Sandbox, sweep: &str, trials: usize) -> f64 {
    let trials = trials.to_string();
    let args = ["run", "--quiet", "--sweep-id", sweep, "--count", &trials];
    let mut agent = sandbox.command(&args).stdout(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", agent.id());
    let mut peak = 0.0;
    while agent.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok());
        peak = kib.map_or(peak, |kib| f64::max(peak, kib / 1024.0));
        std::thread::sleep(Duration::from_millis(20));
    }
    peak
}

/// The mean gap between the starts of the latest trials of a sweep, in milliseconds.
fn gap(store: &dyn Store, sweep: &str) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let starts: Vec<i64> = runtime.block_on(async {
        let experiment = store.experiment_by_name("overhead").await.unwrap().unwrap();
        let query = RunQuery {
            experiment_ids: vec![experiment.id],
            filter: format!("tags.`sweep.id` = '{sweep}'"),
            order_by: vec!["attributes.start_time DESC".into()],
            max_results: WINDOW,
            ..RunQuery::default()
        };
        store.search_runs(&query).await.unwrap().items.iter().map(|run| run.info.start_time).collect()
    });
    assert_eq!(starts.len(), WINDOW);
    (starts[0] - starts[WINDOW - 1]) as f64 / (WINDOW - 1) as f64
}

fn median(times: usize, mut measured: impl FnMut() -> Duration) -> Duration {
    let mut all: Vec<Duration> = (0..times).map(|_| measured()).collect();
    all.sort();
    all[times / 2]
}

fn run(command: &mut Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    command.status().unwrap();
    start.elapsed()
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
