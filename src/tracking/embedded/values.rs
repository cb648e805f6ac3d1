//! Ids and counts as the database has them.

use rusqlite::types::Value;

use super::error::invalid;
use crate::tracking::Result;

/// Ids are digits.
pub(super) fn number(id: &str) -> Result<i64> {
    id.parse().map_err(|_| invalid(format!("Invalid experiment ID: '{id}'. It must be a number.")))
}

pub(super) fn window_value(count: usize) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}
