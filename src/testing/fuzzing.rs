//! All that reads what a person, a script, a server or a disk may hand over, as functions of bytes: for fuzzers, and for
//! `tests/fuzz_seeds.rs`, which plays their seeds and what is near them.
//!
//! None of them may panic, take long, or need much memory, whatever the bytes are.

use crate::config::command::scan;
use crate::config::{Constraint, Filter, check, plain_value, render_findings};
use crate::exchange::{TableSelection, TrialTable};
use crate::record::{PriorTrials, ProposalContext};
use crate::tracking::filter::{RUNS, parse_filter, parse_order_by};
use crate::{agent, gateway};

/// A reader by its name, which is that of its folder of seeds.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [FuzzTarget; 9] = [
    ("yaml", yaml),
    ("config", config),
    ("filter", filter),
    ("constraint", constraint),
    ("csv", csv),
    ("shell", shell),
    ("range", range),
    ("journal", journal),
    ("replay", replay),
];

/// A value as it stands in a sweep file or on the command line.
fn yaml(bytes: &[u8]) {
    let _ = plain_value(&String::from_utf8_lossy(bytes));
}

/// A sweep file, with all that is said of it.
fn config(bytes: &[u8]) {
    let checked = check(bytes);
    assert_eq!(checked.config.is_some(), checked.errors.is_empty());
    let _ = render_findings("sweep.yaml", &String::from_utf8_lossy(bytes), &checked, false);
}

/// MLflow's filter language.
fn filter(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = parse_filter(&text, &RUNS);
    let _ = parse_order_by(&[&text], &RUNS);
}

/// `constraints` of a sweep file, and `--where`.
fn constraint(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Constraint::parse(&text);
    let _ = Filter::parse(&text);
}

/// A table that `sweep import` is given.
fn csv(bytes: &[u8]) {
    let _ = TrialTable::read(bytes, "table.csv", &TableSelection::default());
}

/// A command of text, with a name and without.
fn shell(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for is_name in [|name: &str| name == "x", |_: &str| true] {
        scan(&text, &is_name);
    }
}

/// The header `Range` of a request for an artifact: what it asks for lies in the file.
fn range(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for size in [0, 1, 1000, u64::MAX] {
        if let Some((first, last)) = gateway::parse_range(&text, size) {
            assert!(first <= last && last < size, "{first}-{last} of {size}");
        }
    }
}

/// A file of the journal.
fn journal(bytes: &[u8]) {
    let _ = agent::parse_settlement(bytes);
}

/// What a run's tags say of a proposal: its history, and trials of old sweeps.
fn replay(bytes: &[u8]) {
    if let Ok(json) = serde_json::from_slice(bytes) {
        let _ = ProposalContext::from_json(&json);
        let _ = PriorTrials::from_json(&json);
    }
}

/// Plays one of [`TARGETS`] by its name.
///
/// # Panics
/// Where a reader is at fault.
pub fn play(name: &str, bytes: &[u8]) {
    for (_, target) in TARGETS.iter().filter(|(target, _)| *target == name) {
        target(bytes);
    }
}
