//! Rows of registered models and of their aliases, as far as versions need them, too.

use rusqlite::{Connection, params};

use super::super::clock::now;
use super::super::error::not_found;
use super::super::values::version_number;
use crate::tracking::{Result, TrackingError};

pub(super) fn missing(name: &str) -> TrackingError {
    not_found(format!("Registered Model with name={name} not found"))
}

pub(super) fn exists(db: &Connection, name: &str) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM registered_models WHERE name = ?1")?.exists([name])?)
}

/// Notes that a model was changed just now.
pub(super) fn touch(db: &Connection, name: &str) -> Result<()> {
    db.execute("UPDATE registered_models SET last_updated_time = ?2 WHERE name = ?1", params![name, now()])?;
    Ok(())
}

/// The aliases of a model with the versions they point at, by alias.
pub(super) fn aliases_of_model(db: &Connection, name: &str) -> Result<Vec<(String, u64)>> {
    let mut statement = db.prepare_cached(
        "SELECT alias, version FROM registered_model_aliases WHERE name = ?1 ORDER BY alias",
    )?;
    let rows = statement.query_map([name], |row| Ok((row.get(0)?, version_number(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The aliases that point at a version.
pub(super) fn aliases_of_version(db: &Connection, name: &str, version: i64) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT alias FROM registered_model_aliases WHERE name = ?1 AND version = ?2 ORDER BY alias",
    )?;
    let rows = statement.query_map(params![name, version], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
