//! Tags and metadata of a trace. Newer files keep some of them in columns of the trace's row: a trace is the same in both.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use super::tables::TraceTables;
use crate::tracking::Result;
use crate::tracking::embedded::limits;
use crate::tracking::protocol::TRACE_NAME;

/// The metadata that names the session of a trace.
pub(super) const SESSION: &str = "mlflow.trace.session";
/// How many tokens it took, JSON.
pub(super) const TOKENS: &str = "mlflow.trace.tokenUsage";
/// What it cost, JSON.
pub(super) const COST: &str = "mlflow.trace.cost";

/// Members of [`TOKENS`], which are columns of the same name.
pub(super) const TOKEN_COLUMNS: [&str; 6] = [
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation_input_tokens_above_1hr",
];
/// Members of [`COST`], which are columns of the same name.
pub(super) const COST_COLUMNS: [&str; 3] = ["input_cost", "output_cost", "total_cost"];

/// Sets a tag of a trace.
pub(super) fn put_tag(db: &Connection, tables: TraceTables, id: &str, key: &str, value: &str) -> Result<()> {
    limits::check_key("tag", key)?;
    let value = limits::tag_value(value);
    if tables.promoted && key == TRACE_NAME {
        return put_column(db, id, "trace_name", value);
    }
    db.prepare_cached("INSERT OR REPLACE INTO trace_tags (key, value, request_id) VALUES (?1, ?2, ?3)")?
        .execute(params![key, value, id])?;
    Ok(())
}

/// Sets what is known of a trace.
pub(super) fn put_metadata(
    db: &Connection,
    tables: TraceTables,
    id: &str,
    key: &str,
    value: &str,
) -> Result<()> {
    if tables.promoted {
        match key {
            SESSION => return put_column(db, id, "session_id", value),
            TOKENS => return put_members(db, id, value, &TOKEN_COLUMNS),
            COST => return put_members(db, id, value, &COST_COLUMNS),
            _ => {}
        }
    }
    db.prepare_cached(
        "INSERT OR REPLACE INTO trace_request_metadata (key, value, request_id) VALUES (?1, ?2, ?3)",
    )?
    .execute(params![key, limits::tag_value(value), id])?;
    Ok(())
}

fn put_members(db: &Connection, id: &str, text: &str, columns: &[&'static str]) -> Result<()> {
    let members: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    for column in columns {
        match members.get(*column) {
            Some(Value::Number(number)) if number.is_i64() => put_column(db, id, column, number.as_i64())?,
            Some(Value::Number(number)) => put_column(db, id, column, number.as_f64())?,
            _ => {}
        }
    }
    Ok(())
}

fn put_column(db: &Connection, id: &str, column: &'static str, value: impl rusqlite::ToSql) -> Result<()> {
    db.prepare_cached(&format!("UPDATE trace_info SET {column} = ?2 WHERE request_id = ?1"))?
        .execute(params![id, value])?;
    Ok(())
}

/// Columns of a trace's row as the metadata that they stand for.
pub(super) fn add_members(
    metadata: &mut BTreeMap<String, String>,
    key: &str,
    columns: &[&str],
    values: Vec<Value>,
) {
    let members: Map<String, Value> = columns
        .iter()
        .zip(values)
        .filter(|(_, value)| !value.is_null())
        .map(|(column, value)| ((*column).to_owned(), value))
        .collect();
    if !members.is_empty() {
        let text = super::super::python_json::spaced(&Value::Object(members));
        metadata.insert(key.to_owned(), text);
    }
}
