//! Ids and counts as the database has them.

use rusqlite::Row;
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

/// A row of key and value.
pub(super) fn pair(row: &Row<'_>) -> rusqlite::Result<(String, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

/// The number of a version, which is positive in every table.
pub(super) fn version_number(column: i64) -> u64 {
    column.unsigned_abs()
}
