//! A sweep at a glance, in words.

use crate::query::Overview;
use crate::text::count;

/// `12 of 50 trials done, 2 running, 1 failed`.
pub fn counts_words(overview: &Overview) -> String {
    let counts = overview.counts();
    let done = counts.done();
    let mut parts = vec![match overview.limit() {
        Some(limit) => format!("{done} of {} done", count(limit, "trial")),
        None => format!("{} done", count(done, "trial")),
    }];
    for (number, word) in [
        (counts.running, "running"),
        (counts.failed, "failed"),
        (counts.stopped_early, "stopped early"),
        (counts.killed, "killed"),
        (counts.deleted, "deleted"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    parts.join(", ")
}

/// `1 result's run was deleted`.
pub fn deleted_words(count: u64) -> String {
    match count {
        1 => "1 result's run was deleted".to_owned(),
        _ => format!("{count} results' runs were deleted"),
    }
}
