//! Aliases: names that point at a version and can be pointed elsewhere.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::db::Db;
use super::super::error::{invalid, not_found};
use super::super::limits;
use super::record::{AliasRecord, VersionRecord};
use super::{models, versions};
use crate::tracking::Result;

impl Db {
    /// Points an alias at a version, wherever it pointed before; `NotFound` where there is no such version.
    pub fn set_alias(&self, name: &str, alias: &str, version: i64) -> Result<()> {
        limits::check_model_name(name)?;
        limits::check_new_alias(alias)?;
        self.write(|db| {
            self.holds_registry(db)?;
            versions::by_number(db, name, version)?;
            db.execute(
                "INSERT OR REPLACE INTO registered_model_aliases (name, alias, version) VALUES (?1, ?2, ?3)",
                params![name, alias, version],
            )?;
            Ok(())
        })
    }

    /// Removes an alias; harmless where there is none.
    pub fn delete_alias(&self, name: &str, alias: &str) -> Result<()> {
        limits::check_alias(alias)?;
        self.change_registered_model(name, |db| {
            db.execute("DELETE FROM registered_model_aliases WHERE name = ?1 AND alias = ?2", [name, alias])?;
            Ok(())
        })
    }

    /// The version that an alias points at. `latest` is the newest version of all. `NotFound` where there is no such
    /// model, `Invalid` where it has no such alias, as MLflow answers.
    pub fn version_by_alias(&self, name: &str, alias: &str) -> Result<VersionRecord> {
        limits::check_model_name(name)?;
        limits::check_alias(alias)?;
        self.read(|db| {
            self.holds_registry(db)?;
            if !models::exists(db, name)? {
                return Err(models::missing(name));
            }
            if alias.eq_ignore_ascii_case("latest") {
                return versions::newest(db, name)?
                    .ok_or_else(|| not_found(format!("Latest version not found for model {name}.")));
            }
            let version = db
                .prepare_cached(
                    "SELECT version FROM registered_model_aliases WHERE name = ?1 AND alias = ?2",
                )?
                .query_row([name, alias], |row| row.get(0))
                .optional()?
                .ok_or_else(|| invalid(format!("Registered model alias {alias} not found.")))?;
            versions::by_number(db, name, version)
        })
    }
}

/// The aliases of a model, by alias.
pub(super) fn of_model(db: &Connection, name: &str) -> Result<Vec<AliasRecord>> {
    let mut statement = db.prepare_cached(
        "SELECT alias, version FROM registered_model_aliases WHERE name = ?1 ORDER BY alias",
    )?;
    let rows = statement.query_map([name], |row| {
        Ok(AliasRecord { alias: row.get(0)?, version: row.get::<_, i64>(1)?.to_string() })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The aliases that point at a version.
pub(super) fn of_version(db: &Connection, name: &str, version: i64) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT alias FROM registered_model_aliases WHERE name = ?1 AND version = ?2 ORDER BY alias",
    )?;
    let rows = statement.query_map(params![name, version], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
