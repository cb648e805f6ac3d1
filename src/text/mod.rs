//! Text that people and programs read alike, the same in every layer: moments, counts, CSV.
//!
//! Refuses to know what the text is about.

mod csv;
mod hex;
mod moment;

pub use self::csv::{CRLF, LF, LineEnd, csv_table};
pub(crate) use hex::hex;
pub use moment::{iso, iso_or_number, parse_moment, stamp};

/// `1 trial`, `2 trials`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
