//! Which launches of a sweep are meant.

use super::super::shared::{CommandFailure, Exit, SweepChoice};
use crate::record::LaunchRecord;

/// Which launches of a sweep are meant.
#[derive(Debug, Clone)]
pub struct LaunchChoice {
    /// The sweep.
    pub sweep: SweepChoice,
    /// The launch; `None`: all that were not cancelled.
    pub launch: Option<u32>,
}

/// The launches that are meant: the one of this number, else all that were not cancelled.
pub(super) fn meant(
    launches: &[LaunchRecord],
    number: Option<u32>,
) -> Result<Vec<LaunchRecord>, CommandFailure> {
    let found: Vec<LaunchRecord> = launches
        .iter()
        .filter(|launch| number.map_or(!launch.cancelled, |number| launch.request.number == number))
        .cloned()
        .collect();
    if found.is_empty() {
        let what = number.map_or_else(
            || "the sweep has no launch that was not cancelled".to_owned(),
            |number| format!("the sweep has no launch {number}"),
        );
        return Err(
            CommandFailure::new(Exit::Usage, what).hint("`sweep launches` shows those that there are.")
        );
    }
    Ok(found)
}
