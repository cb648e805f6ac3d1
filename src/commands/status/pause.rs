//! How often a sweep is looked at.

use std::time::Duration;

use crate::query::SweepSnapshot;

/// A look follows the one before after this, or later where looks take long.
const PAUSE: Duration = Duration::from_secs(1);

/// The time between two looks.
pub(super) fn until_next_look(look: &SweepSnapshot) -> Duration {
    PAUSE.max(5 * look.cost)
}
