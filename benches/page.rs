//! How quick the live page is in a real Chromium (`chromedriver`), with the real binary: figures beside their marks.
//!
//!     cargo bench --bench page
//!
//! `SWEEP_BENCH_TRIALS=100000` builds a larger sweep. `SWEEP_BENCH_STORE=http://HOST:PORT` measures how long a result takes on
//! that tracking server instead of a database file.

// What goes wrong here is meant to panic, and a benchmark prints.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../tests/integration/support/mod.rs"]
// The tests use more of it than this benchmark does.
#[allow(dead_code)]
mod support;

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use support::agent::until;
use support::big_sweep;
use support::browser::Browser;
use support::page_server::PageServer;
use support::python::optuna_dashboard;
use support::sandbox::Sandbox;

const PARAMETERS: usize = 8;
/// Navigations, of which the middle one counts.
const TIMES: usize = 5;
/// Pages that are open at once.
const PAGES: usize = 20;
/// Agents of the sweep that runs, and its trials: twenty a second.
const AGENTS: usize = 8;
const TRIALS: usize = 200;

/// Notes the time between frames until `window.frames` is read.
const COUNT_FRAMES: &str = "(() => { window.frames_ = []; let last = performance.now(); \
    const next = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(next); }; \
    requestAnimationFrame(next); })()";
/// Notes for each trial how long after its end the page has drawn it.
const COUNT_DELAYS: &str = "(() => { window.delays = {}; const { trials } = document.querySelector('panel-history').model; \
    const look = () => { const now = Date.now(); for (let at = 0; at < trials.length; at += 1) { \
    const trial = trials.trial[at]; if (trials.end[at] && !(trial in window.delays)) window.delays[trial] = now - trials.end[at]; } \
    requestAnimationFrame(look); }; requestAnimationFrame(look); })()";

fn main() {
    let Some(browser) = Browser::start(1280) else { return };
    match std::env::var("SWEEP_BENCH_STORE") {
        Ok(store) => results(&browser, &Sandbox::tracking(&store)),
        Err(_) => {
            large(&browser);
            results(&browser, &Sandbox::new());
        }
    }
}

fn say(what: &str, figure: f64, unit: &str, mark: f64) {
    println!("{figure:>10.1} {unit:<3} {what} (mark: {mark} {unit})");
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn numbers(browser: &Browser, expression: &str) -> Vec<f64> {
    let found = browser.value(expression);
    found.as_array().unwrap().iter().filter_map(serde_json::Value::as_f64).collect()
}

/// A finished sweep: first view, size, brushing, memory.
fn large(browser: &Browser) {
    let trials = std::env::var("SWEEP_BENCH_TRIALS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let sandbox = Sandbox::new();
    let start = Instant::now();
    let id = big_sweep::build_wide(&sandbox, trials, PARAMETERS);
    println!("{trials} trials of {PARAMETERS} parameters built in {:.1} s", start.elapsed().as_secs_f64());
    let page = PageServer::start(&sandbox);
    let path = format!("/api/sweeps/{id}");
    let start = Instant::now();
    page.json(&path);
    println!("{:>10.1} ms  for the server to read them", start.elapsed().as_secs_f64() * 1e3);
    let mut views = Vec::new();
    let mut size = 0.0;
    for _ in 0..TIMES {
        browser.forget_cache();
        browser.open(&page.url(&format!("/sweep/{id}")));
        browser.wait_for("performance.getEntriesByName('first-view').length > 0");
        views
            .push(browser.value("performance.getEntriesByName('first-view')[0].startTime").as_f64().unwrap());
        let sizes = "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).map((e) => e.transferSize)";
        size = numbers(browser, sizes).iter().sum();
    }
    say("page and data, compressed", size / 1e6, "MB", 1.0);
    let view = median(&mut views);
    say("first view after navigation", view, "ms", 500.0);
    browser.wait_for("!document.querySelector('panel-importance').textContent.includes('computed')");
    browser.value(COUNT_FRAMES);
    browser.stroke("panel-parallel canvas", (50.0 / 1200.0, 0.2), (50.0 / 1200.0, 0.8), 80);
    let mut frames = numbers(browser, "window.frames_");
    say("frame while brushing, median", median(&mut frames), "ms", 33.0);
    println!(
        "{:>10.1} ms  the same, 95 of 100",
        frames.get(frames.len() * 95 / 100).copied().unwrap_or(f64::NAN)
    );
    let seen = page.json(&path)["seen"].as_str().unwrap().to_owned();
    let open = |_| {
        page.get(&path);
        page.events(&format!("{path}/events?since={seen}"), "")
    };
    let _open: Vec<_> = (0..PAGES).map(open).collect();
    #[allow(clippy::cast_precision_loss)]
    say("memory of the server with 20 pages", page.memory_in_megabytes() as f64, "MB", 100.0);
    if trials <= 10_000 {
        let theirs = dashboard(browser, &sandbox);
        println!("{theirs:>10.1} ms  the first plot of optuna-dashboard 0.21.0 on the same trials");
        say("the same as a multiple of ours", theirs / view, "x", 10.0);
    }
}

/// Makes a study of the trials of a table.
const STUDY: &str = "
import csv, optuna
from optuna.distributions import CategoricalDistribution as Choice, FloatDistribution as Number
optuna.logging.set_verbosity(optuna.logging.ERROR)
rows = [row for row in csv.DictReader(open('trials.csv')) if row['status'] == 'FINISHED' and row['val_loss']]
names = ['lr', 'depth', 'dropout', 'momentum', 'batch_size', 'optimizer', 'weight_decay', 'warmup']
space = {name: Choice(['adam', 'sgd', 'rmsprop']) if name == 'optimizer' else Number(0.0, 1000.0) for name in names}
value = lambda name, row: row[name] if name == 'optimizer' else float(row[name])
study = optuna.create_study(storage='sqlite:///optuna.db', study_name='same')
study.add_trials([optuna.trial.create_trial(params={name: value(name, row) for name in names}, distributions=space,
                                            value=float(row['val_loss'])) for row in rows])
print(len(rows))
";

/// The milliseconds from navigation to the first plot of another dashboard on the same trials.
fn dashboard(browser: &Browser, sandbox: &Sandbox) -> f64 {
    let table = sandbox.run(&["trials", "--format", "csv"]).expect(0).stdout;
    sandbox.file("trials.csv", &table);
    let python = optuna_dashboard();
    let made = Command::new(&python).args(["-c", STUDY]).current_dir(sandbox.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    print!("{:>10}     trials of them in Optuna's study: ", "");
    print!("{}", String::from_utf8_lossy(&made.stdout));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let program = python.with_file_name("optuna-dashboard");
    let server = Command::new(program)
        .args(["sqlite:///optuna.db", "--host", "127.0.0.1", "--port", &port.to_string()])
        .current_dir(sandbox.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _server = Ended(server.unwrap());
    let url = format!("http://127.0.0.1:{port}/dashboard/studies/1");
    until("the dashboard answers", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    let mut views = Vec::new();
    for _ in 0..3 {
        browser.forget_cache();
        browser.open(&url);
        browser.wait_for(
            "document.querySelector('.js-plotly-plot .plot') && (window.plotted ??= performance.now())",
        );
        views.push(browser.value("window.plotted").as_f64().unwrap());
    }
    median(&mut views)
}

/// A process that ends with this.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A sweep that runs: how long after its end a trial is drawn.
fn results(browser: &Browser, sandbox: &Sandbox) {
    let id = sandbox.init(&format!(
        "command: 'echo loss=${{x}}; sleep 0.4'\nmethod: random\nrun_cap: {TRIALS}\nsweep_name: quick\n\
         metric: {{name: loss, goal: minimize, from_output: 'loss=(\\S+)'}}\nparameters:\n  x: {{min: 0.0, max: 1.0}}\n"
    ));
    let page = PageServer::start(sandbox);
    browser.open(&page.url(&format!("/sweep/{id}")));
    browser.wait_for("document.querySelector('.live')?.textContent === 'live'");
    browser.value(COUNT_DELAYS);
    let start = Instant::now();
    let mut agents: Vec<_> = (0..AGENTS).map(|_| sandbox.spawn(&["run", "-q", "--sweep-id", &id])).collect();
    until("all results are drawn", || {
        (browser.value("Object.keys(window.delays).length") == TRIALS).then_some(())
    });
    let rate = TRIALS as f64 / start.elapsed().as_secs_f64();
    for agent in &mut agents {
        let _ = agent.wait();
    }
    let mut delays = numbers(browser, "Object.values(window.delays)");
    println!("{rate:>10.1} trials ended a second");
    say("a result to its mark, median", median(&mut delays), "ms", 1000.0);
    println!(
        "{:>10.1} ms  the same, 95 of 100",
        delays.get(delays.len() * 95 / 100).copied().unwrap_or(f64::NAN)
    );
}
