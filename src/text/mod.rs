//! Text that people and programs read alike, the same in every layer: moments and counts.
//!
//! Refuses to know what the text is about.

mod moment;

pub use moment::{iso, iso_or_number, parse_moment, stamp};

/// `1 trial`, `2 trials`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
