//! `sweep server` beside `mlflow server`, in one run on one machine: requests a second of four clients, memory of all
//! processes, and the time from the start to the first answer.
//!
//!     cargo bench --bench server
//!
//! `mlflow server` runs as it is shipped: four workers, on a new SQLite file. Every request opens a connection of its own,
//! as kept-alive answers of several workers come some 40 ms late (a delayed acknowledgement), which is not the server's
//! work. `SWEEP_BENCH_SECONDS` sets how long each figure is measured (5).

// What goes wrong here is meant to panic, and a benchmark prints.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss, missing_docs)]

#[path = "../tests/integration/support/mod.rs"]
// The tests use more of it than this benchmark does.
#[allow(dead_code)]
mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::mlflow_server::MlflowServer;
use support::sweep_server::SweepServer;

const CLIENTS: usize = 4;
/// Runs that the search goes over.
const RUNS: usize = 1000;
/// Starts of `sweep server`, of which the middle one counts.
const STARTS: usize = 15;

/// What was measured of one server.
struct Figures {
    cold_start: Duration,
    /// Requests a second.
    rates: Vec<(&'static str, f64)>,
    /// Of all processes, in MiB: resident, and with shared pages counted once.
    memory: (f64, f64),
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut starts: Vec<Duration> = (0..STARTS)
        .map(|number| {
            let folder = folder.path().join(number.to_string());
            std::fs::create_dir(&folder).unwrap();
            let start = Instant::now();
            let server = SweepServer::start_in(&folder);
            assert_eq!(ask(server.url(), "GET", "/health", ""), "OK");
            start.elapsed()
        })
        .collect();
    starts.sort();
    let ours = SweepServer::start_in(folder.path());
    let ours = measure(ours.url(), ours.id(), starts[STARTS / 2]);

    let start = Instant::now();
    let server = MlflowServer::start_as_shipped();
    let theirs = measure(server.url(), server.id(), start.elapsed());

    println!("{:<34} {:>14} {:>14} {:>10}", "", "sweep server", "mlflow server", "ratio");
    for ((what, ours), (_, theirs)) in ours.rates.iter().zip(&theirs.rates) {
        println!("{what:<34} {ours:>12.0}/s {theirs:>12.1}/s {:>9.0}x", ours / theirs);
    }
    let row = |what: &str, ours: f64, theirs: f64, unit: &str| {
        println!("{what:<34} {ours:>10.1} {unit:>3} {theirs:>10.0} {unit:>3} {:>8.0}x", theirs / ours);
    };
    row("memory, resident", ours.memory.0, theirs.memory.0, "MiB");
    row("memory, shared pages counted once", ours.memory.1, theirs.memory.1, "MiB");
    row("cold start, to the first answer", ms(ours.cold_start), ms(theirs.cold_start), "ms");
}

fn measure(url: &str, group: u32, cold_start: Duration) -> Figures {
    let experiment = post(url, "experiments/create", &json!({"name": "bench"}))["experiment_id"].clone();
    let run = || post(url, "runs/create", &json!({"experiment_id": experiment, "start_time": 1}));
    let id = |run: &Value| run["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    let own: Vec<String> = (0..CLIENTS).map(|_| id(&run())).collect();
    let mut rates = Vec::new();
    rates.push(("create-run", rate(|_, _| drop(run()))));
    rates.push((
        "log-metric",
        rate(|client, step| {
            let body =
                json!({"run_id": own[client], "key": "loss", "value": 0.5, "timestamp": step, "step": step});
            post(url, "runs/log-metric", &body);
        }),
    ));
    rates.push((
        "log-batch (10 metrics, 5 tags)",
        rate(|client, step| drop(post(url, "runs/log-batch", &batch(&own[client], step)))),
    ));
    let searched = post(url, "experiments/create", &json!({"name": "searched"}))["experiment_id"].clone();
    fill(url, &searched);
    let search = |more: Value| {
        let mut body = json!({"experiment_ids": [searched], "max_results": RUNS});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let found = post(url, "runs/search", &body);
        assert!(!found["runs"].as_array().unwrap().is_empty());
    };
    rates.push(("search, all of 1,000 runs", rate(|_, _| search(json!({})))));
    rates.push((
        "search, the best 10 of 1,000",
        rate(|_, _| {
            search(json!({"max_results": 10, "filter": "metrics.m1 < 0.9", "order_by": ["metrics.m0 DESC"]}));
        }),
    ));
    Figures { cold_start, rates, memory: memory(group) }
}

/// What a client logs at a step.
fn batch(run: &str, step: u64) -> Value {
    let metrics: Vec<Value> = (0..10)
        .map(
            |k| json!({"key": format!("m{k}"), "value": 0.1 * f64::from(k), "timestamp": step, "step": step}),
        )
        .collect();
    let tags: Vec<Value> =
        (0..5).map(|k| json!({"key": format!("t{k}"), "value": step.to_string()})).collect();
    json!({"run_id": run, "metrics": metrics, "tags": tags})
}

/// Makes the runs that are searched, each with ten metrics and five params.
fn fill(url: &str, experiment: &Value) {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= RUNS as u64 {
                        return;
                    }
                    let run =
                        post(url, "runs/create", &json!({"experiment_id": experiment, "start_time": number}));
                    let mut body = batch(run["run"]["info"]["run_id"].as_str().unwrap(), number);
                    let params: Vec<Value> = (0..5)
                        .map(|k| json!({"key": format!("p{k}"), "value": number.to_string()}))
                        .collect();
                    body["params"] = params.into();
                    post(url, "runs/log-batch", &body);
                }
            });
        }
    });
}

/// Requests a second of all clients together.
fn rate(work: impl Fn(usize, u64) + Sync) -> f64 {
    let seconds = std::env::var("SWEEP_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5.0);
    let limit = Duration::from_secs_f64(seconds);
    // Caches and lazy imports of either server.
    (0..CLIENTS).for_each(|client| work(client, client as u64));
    let (start, count) = (Instant::now(), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (work, count) = (&work, &count);
            scope.spawn(move || {
                for step in 100_u64.. {
                    if start.elapsed() >= limit {
                        return;
                    }
                    work(client, step * CLIENTS as u64 + client as u64);
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    count.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

fn post(url: &str, endpoint: &str, body: &Value) -> Value {
    let text = ask(url, "POST", &format!("/api/2.0/mlflow/{endpoint}"), &body.to_string());
    serde_json::from_str(&text).unwrap()
}

/// Sends a request on a connection of its own; the body of the answer, which must be a good one.
fn ask(url: &str, method: &str, path: &str, body: &str) -> String {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}\n{body}");
    if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        unchunked(body)
    } else {
        body.to_owned()
    }
}

fn unchunked(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        text.push_str(&rest[..size]);
        body = &rest[size + 2..];
    }
    text
}

/// Resident and proportional memory of a process and its group, in MiB.
fn memory(group: u32) -> (f64, f64) {
    let mut total = (0.0, 0.0);
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(id) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // After the name, which stands in parentheses: state, parent, group.
        let of_group =
            stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(2)?.parse::<u32>().ok());
        if id != group && of_group != Some(group) {
            continue;
        }
        let rollup = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
        let of = |name: &str| -> f64 {
            let line = rollup.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0)
                / 1024.0
        };
        total.0 += of("Rss:");
        total.1 += of("Pss:");
    }
    total
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
