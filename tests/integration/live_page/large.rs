//! Ten thousand trials: the page opens, stays small, and a brush is drawn at once. Figures are printed with `--nocapture`.

use std::time::Instant;

use crate::support::big_sweep;
use crate::support::browser::Browser;
use crate::support::page_server::PageServer;
use crate::support::sandbox::Sandbox;

/// What a person's network should have to carry.
const MOST_BYTES: f64 = 1e6;
/// Pages that are open at once.
const PAGES: usize = 20;
/// Megabytes of the server with so many pages, in a build without optimisation too.
const MOST_MEMORY: u64 = 200;

#[test]
fn ten_thousand_trials_are_less_than_a_megabyte_and_twenty_pages_are_served() {
    let sandbox = Sandbox::new();
    let id = big_sweep::build(&sandbox, 10_000);
    let page = PageServer::start(&sandbox);
    let path = format!("/api/sweeps/{id}");
    let begun = Instant::now();
    assert_eq!(page.json(&path)["trials"]["trial"].as_array().unwrap().len(), 10_000);
    eprintln!("first answer: {} ms", begun.elapsed().as_millis());
    let begun = Instant::now();
    let whole = page.json(&path);
    eprintln!("second answer: {} ms", begun.elapsed().as_millis());
    let seen = whole["seen"].as_str().unwrap();
    let _open: Vec<_> = (0..PAGES)
        .map(|_| {
            assert_eq!(page.get(&path).status, 200);
            page.events(&format!("{path}/events?since={seen}"), "")
        })
        .collect();
    let memory = page.memory_in_megabytes();
    eprintln!("memory with {PAGES} pages: {memory} MB");
    assert!(memory < MOST_MEMORY, "{memory} MB");
}

#[test]
fn a_browser_shows_ten_thousand_trials_and_selects_among_them() {
    let Some(browser) = Browser::start(1280) else { return };
    let sandbox = Sandbox::new();
    let id = big_sweep::build(&sandbox, 10_000);
    let page = PageServer::start(&sandbox);
    // As `sweep ui SWEEP` does it: the sweep is read before the browser is there.
    page.json(&format!("/api/sweeps/{id}"));
    browser.open(&page.url(&format!("/sweep/{id}")));
    let count = "document.querySelector('.tools-row .count')?.textContent";
    browser.wait_for(&format!("{count} === '10,000 trials'"));
    let shown = browser.value("performance.getEntriesByName('first-view')[0]?.startTime");
    eprintln!("first complete view: {shown} ms after navigation");
    let bytes = browser.value(
        "performance.getEntriesByType('resource').filter((e) => e.startTime < performance.getEntriesByName('first-view')[0].startTime)\
         .reduce((sum, e) => sum + e.transferSize, 0)",
    );
    eprintln!("until then: {bytes} bytes");
    assert!(bytes.as_f64().unwrap() < MOST_BYTES, "{bytes}");
    browser.drag("panel-parallel canvas", (50.0 / 1200.0, 0.3), (50.0 / 1200.0, 0.6));
    browser.wait_for(&format!("{count}.includes(' of 10,000 trials') && location.search.includes('brush')"));
    browser.wait_for("document.querySelectorAll('panel-table tbody tr').length === 25");
}
