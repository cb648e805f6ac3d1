//! Aliases: names that point at a version and can be pointed elsewhere.

use rusqlite::{OptionalExtension, params};

use super::super::db::Db;
use super::super::error::{invalid, not_found};
use super::super::limits;
use super::{model_rows, version_rows};
use crate::tracking::{ModelVersion, Result};

impl Db {
    /// Points an alias at a version, wherever it pointed before; `NotFound` where there is no such version.
    pub fn set_alias(&self, name: &str, alias: &str, version: i64) -> Result<()> {
        limits::check_model_name(name)?;
        limits::check_new_alias(alias)?;
        self.write(|db| {
            self.holds_registry(db)?;
            version_rows::by_number(db, name, version)?;
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
    pub fn version_by_alias(&self, name: &str, alias: &str) -> Result<ModelVersion> {
        limits::check_model_name(name)?;
        limits::check_alias(alias)?;
        self.read(|db| {
            self.holds_registry(db)?;
            if !model_rows::exists(db, name)? {
                return Err(model_rows::missing(name));
            }
            if alias.eq_ignore_ascii_case("latest") {
                return version_rows::newest(db, name)?
                    .ok_or_else(|| not_found(format!("Latest version not found for model {name}.")));
            }
            let version = db
                .prepare_cached(
                    "SELECT version FROM registered_model_aliases WHERE name = ?1 AND alias = ?2",
                )?
                .query_row([name, alias], |row| row.get(0))
                .optional()?
                .ok_or_else(|| invalid(format!("Registered model alias {alias} not found.")))?;
            version_rows::by_number(db, name, version)
        })
    }
}
