//! The wall clock: the one place that asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in epoch milliseconds, as MLflow counts time.
#[must_use]
pub fn now_ms() -> i64 {
    // A clock before 1970 is wrong anyway.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
