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
#[allow(dead_code)]
mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::mlflow_server::MlflowServer;
use support::sandbox::Sandbox;
use sweep::tracking::embedded::EmbeddedStore;
use sweep::tracking::rest::{Environment, RestStore, Settings};
use sweep::tracking::{RunQuery, Store};

/// Trials between which a gap is averaged.
const WINDOW: usize = 20;
const TRIALS: usize = 1000 + WINDOW;
const CONFIG: &str = "command: ['true']\nexperiment_name: overhead\nrun_cap: 1020\nseed: 1\n\
                      parameters:\n  x: {min: 0.0, max: 1.0}\n  y: {min: 0.0, max: 1.0}\n";

fn main() {
    let help = median(20, || run(Command::new(env!("CARGO_BIN_EXE_sweep")).arg("--help")));
    let process = median(50, || run(&mut Command::new("true")));
    println!("sweep --help            {:>8.2} ms", ms(help));
    println!("starting `true`         {:>8.2} ms", ms(process));
    let sandbox = Sandbox::new();
    let memory = sweep_through(&sandbox);
    let database = format!("sqlite:///{}", sandbox.path().join("mlflow.db").display());
    report("embedded", &EmbeddedStore::open(&database).unwrap(), memory);
    if std::env::var("SWEEP_BENCH_STORES").is_ok_and(|stores| stores == "embedded") {
        return;
    }
    let server = MlflowServer::start();
    let memory = sweep_through(&Sandbox::tracking(server.url()));
    let env = Environment { var: &|_| None, credentials: None };
    report("mlflow server", &RestStore::new(Settings::read(server.url(), &env).unwrap()).unwrap(), memory);
}

/// Runs all trials with one agent; its peak memory in MiB.
fn sweep_through(sandbox: &Sandbox) -> f64 {
    sandbox.init(CONFIG);
    let mut agent = sandbox.command(&["run", "--quiet"]).stdout(Stdio::null()).spawn().unwrap();
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

fn report(name: &str, store: &dyn Store, memory: f64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut starts: Vec<i64> = runtime.block_on(async {
        let experiment = store.experiment_by_name("overhead").await.unwrap().unwrap();
        let mut query = RunQuery {
            experiment_ids: vec![experiment.id],
            filter: "tags.sweep.attempt = '1'".into(),
            max_results: 1000,
            ..RunQuery::default()
        };
        let mut starts = Vec::new();
        loop {
            let page = store.search_runs(&query).await.unwrap();
            starts.extend(page.items.iter().map(|run| run.info.start_time));
            query.page_token = page.next;
            if query.page_token.is_none() {
                return starts;
            }
        }
    });
    starts.sort_unstable();
    assert_eq!(starts.len(), TRIALS);
    let gap = |from: usize| (starts[from + WINDOW - 1] - starts[from]) as f64 / (WINDOW - 1) as f64;
    let (early, late) = (gap(10), gap(1000));
    println!(
        "{name:<14} a trial  {early:>8.2} ms at 10, {late:>8.2} ms at 1,000 (ratio {:.2}); agent's peak {memory:.1} MiB",
        late / early
    );
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
