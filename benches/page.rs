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

use std::time::Instant;

use support::agent::until;
use support::big_sweep;
use support::browser::Browser;
use support::page_server::PageServer;
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
    say("first view after navigation", median(&mut views), "ms", 500.0);
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
