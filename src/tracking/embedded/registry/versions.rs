//! Versions of registered models: made, read, moved between stages, searched, deleted.

use rusqlite::{Connection, params, params_from_iter};

use super::super::clock::now;
use super::super::db::Db;
use super::super::error::invalid;
use super::super::limits;
use super::super::models as logged_models;
use super::super::search::{Clauses, version_clauses};
use super::super::values::window_value;
use super::model_rows::{self, aliases_of_version};
use super::source::{self, Lineage};
use super::version_rows::{
    COLUMNS, DELETED, by_number, download_uri, from_row, latest, load_tags, row_number,
};
use crate::tracking::filter::{offset_of, token_for};
use crate::tracking::protocol::RegistryQuery;
use crate::tracking::{ModelVersion, NewVersion, Page, Result, RunId};

const STAGES: [&str; 4] = ["None", "Staging", "Production", "Archived"];
impl Db {
    /// Makes the next version of a registered model, and notes it with the logged model that it was made of.
    pub fn create_version(&self, new: &NewVersion) -> Result<ModelVersion> {
        new.tags.iter().try_for_each(|(key, value)| limits::check_registry_tag(key, value))?;
        self.change_registered_model(&new.model, |db| {
            let Lineage { source, storage, run_id, model_id } = source::lineage(self, db, new)?;
            let version: i64 = db.query_row(
                "SELECT coalesce(max(version), 0) + 1 FROM model_versions WHERE name = ?1",
                [&new.model],
                |row| row.get(0),
            )?;
            db.execute(
                "INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, current_stage,
                     source, run_id, status, run_link, storage_location)
                 VALUES (?1, ?2, ?3, ?3, ?4, 'None', ?5, ?6, 'READY', ?7, ?8)",
                params![
                    new.model,
                    version,
                    now(),
                    new.description,
                    source,
                    run_id.as_ref().map_or("", RunId::as_str),
                    new.run_link,
                    storage
                ],
            )?;
            new.tags.iter().try_for_each(|(key, value)| set_tag(db, &new.model, version, key, value))?;
            model_rows::touch(db, &new.model)?;
            if let Some(id) = model_id {
                logged_models::note_version(db, &id, &new.model, version)?;
            }
            by_number(db, &new.model, version)
        })
    }

    /// A version; `NotFound` where there is none or it was deleted.
    pub fn version(&self, name: &str, version: i64) -> Result<ModelVersion> {
        limits::check_model_name(name)?;
        self.read(|db| {
            self.holds_registry(db)?;
            by_number(db, name, version)
        })
    }

    /// Says something else about a version, or nothing any more.
    pub fn describe_version(
        &self,
        name: &str,
        version: i64,
        description: Option<&str>,
    ) -> Result<ModelVersion> {
        self.change_version(name, version, |db| {
            db.execute(
                "UPDATE model_versions SET description = ?3, last_updated_time = ?4 WHERE name = ?1 AND version = ?2",
                params![name, version, description, now()],
            )?;
            by_number(db, name, version)
        })
    }

    /// Moves a version to a stage; with `archive_others` the versions that are in that stage leave it.
    pub fn move_version(
        &self,
        name: &str,
        version: i64,
        stage: &str,
        archive_others: bool,
    ) -> Result<ModelVersion> {
        let stage = canonical(stage)?;
        if archive_others && !["Staging", "Production"].contains(&stage) {
            return Err(invalid(format!(
                "Model version transition cannot archive existing model versions because '{stage}' is not an Active stage. Valid stages are ['Staging', 'Production']"
            )));
        }
        self.change_version(name, version, |db| {
            let time = now();
            if archive_others {
                db.execute(
                    "UPDATE model_versions SET current_stage = 'Archived', last_updated_time = ?4
                     WHERE name = ?1 AND version != ?2 AND current_stage = ?3",
                    params![name, version, stage, time],
                )?;
            }
            db.execute(
                "UPDATE model_versions SET current_stage = ?3, last_updated_time = ?4 WHERE name = ?1 AND version = ?2",
                params![name, version, stage, time],
            )?;
            model_rows::touch(db, name)?;
            by_number(db, name, version)
        })
    }

    /// Deletes a version: its row stays without what it said, its number is not used again, its aliases go.
    pub fn delete_version(&self, name: &str, version: i64) -> Result<()> {
        self.change_version(name, version, |db| {
            db.execute(
                "DELETE FROM registered_model_aliases WHERE name = ?1 AND version = ?2",
                params![name, version],
            )?;
            db.execute(
                "UPDATE model_versions SET current_stage = ?3, last_updated_time = ?4, description = NULL, user_id = NULL,
                     source = 'REDACTED-SOURCE-PATH', run_id = 'REDACTED-RUN-ID', run_link = 'REDACTED-RUN-LINK',
                     status_message = NULL
                 WHERE name = ?1 AND version = ?2",
                params![name, version, DELETED, now()],
            )?;
            model_rows::touch(db, name)
        })
    }

    /// Where the files of a version lie.
    pub fn version_download_uri(&self, name: &str, version: i64) -> Result<String> {
        limits::check_model_name(name)?;
        self.read(|db| {
            self.holds_registry(db)?;
            download_uri(db, name, version)
        })
    }

    /// Sets a tag of a version.
    pub fn set_version_tag(&self, name: &str, version: i64, key: &str, value: &str) -> Result<()> {
        limits::check_registry_tag(key, value)?;
        self.change_version(name, version, |db| set_tag(db, name, version, key, value))
    }

    /// Removes a tag of a version; harmless where there is none.
    pub fn delete_version_tag(&self, name: &str, version: i64, key: &str) -> Result<()> {
        limits::check_key("tag", key)?;
        self.change_version(name, version, |db| {
            db.execute(
                "DELETE FROM model_version_tags WHERE name = ?1 AND version = ?2 AND key = ?3",
                params![name, version, key],
            )?;
            Ok(())
        })
    }

    /// The latest version of each of these stages (of none: of all).
    pub fn latest_versions(&self, name: &str, stages: &[String]) -> Result<Vec<ModelVersion>> {
        limits::check_model_name(name)?;
        let stages = stages.iter().map(|stage| canonical(stage)).collect::<Result<Vec<_>>>()?;
        self.read(|db| {
            self.holds_registry(db)?;
            if !model_rows::exists(db, name)? {
                return Err(model_rows::missing(name));
            }
            let mut found = latest(db, name)?;
            found.retain(|version| stages.is_empty() || stages.contains(&version.current_stage.as_str()));
            for version in &mut found {
                version.aliases = aliases_of_version(db, name, row_number(version.version))?;
            }
            Ok(found)
        })
    }

    /// One page of the versions that match, deleted ones never; without their aliases, as MLflow answers.
    pub fn search_versions(&self, query: &RegistryQuery) -> Result<Page<ModelVersion>> {
        let offset = offset_of(query.page_token.as_deref())?;
        let Clauses { condition, order, values, .. } = version_clauses(&query.filter, &query.order_by)?;
        let places = values.len();
        let sql = format!(
            "SELECT {COLUMNS} FROM model_versions v WHERE v.current_stage != '{DELETED}' AND {condition}
             ORDER BY {order} LIMIT ?{} OFFSET ?{}",
            places + 1,
            places + 2
        );
        self.read(|db| {
            self.holds_registry(db)?;
            let window = [window_value(query.max_results.saturating_add(1)), window_value(offset)];
            let mut items = db
                .prepare_cached(&sql)?
                .query_map(params_from_iter(values.into_iter().chain(window)), from_row)?
                .collect::<Result<Vec<_>, _>>()?;
            let more = items.len() > query.max_results;
            items.truncate(query.max_results);
            items.iter_mut().try_for_each(|version| load_tags(db, version))?;
            Ok(Page { items, next: more.then(|| token_for(offset + query.max_results)) })
        })
    }

    /// All versions of a model with their aliases, newest first; none where the model is unknown.
    pub fn all_versions(&self, name: &str) -> Result<Vec<ModelVersion>> {
        limits::check_model_name(name)?;
        self.read(|db| {
            self.holds_registry(db)?;
            let numbers = db
                .prepare_cached(
                    "SELECT version FROM model_versions WHERE name = ?1 AND current_stage != ?2 ORDER BY version DESC",
                )?
                .query_map([name, DELETED], |row| row.get(0))?
                .collect::<Result<Vec<i64>, _>>()?;
            numbers.into_iter().map(|version| by_number(db, name, version)).collect()
        })
    }

    fn change_version<T>(
        &self,
        name: &str,
        version: i64,
        change: impl FnOnce(&Connection) -> Result<T>,
    ) -> Result<T> {
        limits::check_model_name(name)?;
        self.write(|db| {
            self.holds_registry(db)?;
            by_number(db, name, version)?;
            change(db)
        })
    }
}

fn canonical(stage: &str) -> Result<&'static str> {
    STAGES.into_iter().find(|known| known.eq_ignore_ascii_case(stage)).ok_or_else(|| {
        invalid(format!(
            "Invalid Model Version stage: {stage}. Value must be one of None, Staging, Production, Archived."
        ))
    })
}

fn set_tag(db: &Connection, name: &str, version: i64, key: &str, value: &str) -> Result<()> {
    // Not an upsert: newer revisions of the schema have the workspace in this key, too.
    db.prepare_cached(
        "INSERT OR REPLACE INTO model_version_tags (key, value, name, version) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![key, value, name, version])?;
    Ok(())
}
