//! Registered models: made, read, renamed, searched, deleted.

use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::super::clock::now;
use super::super::db::Db;
use super::super::limits;
use super::super::search::{Clauses, registered_model_clauses};
use super::super::values::{pair, window_value};
use super::model_rows::{aliases_of_model, exists, missing, touch};
use super::version_rows;
use crate::tracking::filter::{offset_of, token_for};
use crate::tracking::protocol::RegistryQuery;
use crate::tracking::{ErrorKind, Page, RegisteredModel, Result, TrackingError};

impl Db {
    /// Makes a registered model; `AlreadyExists` where the name is taken.
    pub fn create_registered_model(
        &self,
        name: &str,
        description: &str,
        tags: &[(String, String)],
    ) -> Result<RegisteredModel> {
        limits::check_model_name(name)?;
        tags.iter().try_for_each(|(key, value)| limits::check_registry_tag(key, value))?;
        self.write(|db| {
            self.holds_registry(db)?;
            if exists(db, name)? {
                return Err(taken(name));
            }
            db.execute(
                "INSERT INTO registered_models (name, creation_time, last_updated_time, description)
                 VALUES (?1, ?2, ?2, ?3)",
                params![name, now(), description],
            )?;
            tags.iter().try_for_each(|(key, value)| set_tag(db, name, key, value))?;
            by_name(db, name)
        })
    }

    /// A registered model; `NotFound` where there is none.
    pub fn registered_model(&self, name: &str) -> Result<RegisteredModel> {
        limits::check_model_name(name)?;
        self.read(|db| {
            self.holds_registry(db)?;
            by_name(db, name)
        })
    }

    /// Says something else about a model.
    pub fn describe_registered_model(&self, name: &str, description: &str) -> Result<RegisteredModel> {
        self.change_registered_model(name, |db| {
            db.execute(
                "UPDATE registered_models SET description = ?2 WHERE name = ?1",
                params![name, description],
            )?;
            touch(db, name)?;
            by_name(db, name)
        })
    }

    /// Gives a model another name, and its versions with it; `AlreadyExists` where that is taken.
    pub fn rename_registered_model(&self, name: &str, new_name: &str) -> Result<RegisteredModel> {
        limits::check_model_name(new_name)?;
        self.change_registered_model(name, |db| {
            if new_name != name && exists(db, new_name)? {
                return Err(taken(new_name));
            }
            // What belongs to it follows: its foreign keys cascade.
            db.execute("UPDATE registered_models SET name = ?2 WHERE name = ?1", [name, new_name])?;
            db.execute(
                "UPDATE model_versions SET last_updated_time = ?2 WHERE name = ?1",
                params![new_name, now()],
            )?;
            touch(db, new_name)?;
            by_name(db, new_name)
        })
    }

    /// Removes a model with its versions, tags and aliases.
    pub fn delete_registered_model(&self, name: &str) -> Result<()> {
        self.change_registered_model(name, |db| {
            for table in [
                "registered_model_aliases",
                "model_version_tags",
                "model_versions",
                "registered_model_tags",
                "registered_models",
            ] {
                db.execute(&format!("DELETE FROM {table} WHERE name = ?1"), [name])?;
            }
            Ok(())
        })
    }

    /// Sets a tag of a model.
    pub fn set_registered_model_tag(&self, name: &str, key: &str, value: &str) -> Result<()> {
        limits::check_registry_tag(key, value)?;
        self.change_registered_model(name, |db| set_tag(db, name, key, value))
    }

    /// Removes a tag of a model; harmless where there is none.
    pub fn delete_registered_model_tag(&self, name: &str, key: &str) -> Result<()> {
        limits::check_key("tag", key)?;
        self.change_registered_model(name, |db| {
            db.execute("DELETE FROM registered_model_tags WHERE name = ?1 AND key = ?2", [name, key])?;
            Ok(())
        })
    }

    /// One page of the models that match. Prompts, which MLflow keeps here too, are found only where they are asked for.
    pub fn search_registered_models(&self, query: &RegistryQuery) -> Result<Page<RegisteredModel>> {
        let offset = offset_of(query.page_token.as_deref())?;
        let Clauses { condition, order, values, .. } =
            registered_model_clauses(&query.filter, &query.order_by)?;
        let places = values.len();
        let sql = format!(
            "SELECT m.name FROM registered_models m WHERE {condition} ORDER BY {order} LIMIT ?{} OFFSET ?{}",
            places + 1,
            places + 2
        );
        self.read(|db| {
            self.holds_registry(db)?;
            let window = [window_value(query.max_results.saturating_add(1)), window_value(offset)];
            let mut names = db
                .prepare_cached(&sql)?
                .query_map(params_from_iter(values.into_iter().chain(window)), |row| row.get::<_, String>(0))?
                .collect::<Result<Vec<_>, _>>()?;
            let more = names.len() > query.max_results;
            names.truncate(query.max_results);
            let items = names.iter().map(|name| by_name(db, name)).collect::<Result<_>>()?;
            Ok(Page { items, next: more.then(|| token_for(offset + query.max_results)) })
        })
    }

    /// Changes a model that must exist, in one transaction.
    pub(super) fn change_registered_model<T>(
        &self,
        name: &str,
        change: impl FnOnce(&Connection) -> Result<T>,
    ) -> Result<T> {
        limits::check_model_name(name)?;
        self.write(|db| {
            self.holds_registry(db)?;
            if !exists(db, name)? {
                return Err(missing(name));
            }
            change(db)
        })
    }

    pub(super) fn holds_registry(&self, db: &Connection) -> Result<()> {
        if self.columns(db)?.registry { Ok(()) } else { Err(self.too_old("the model registry")) }
    }
}

fn taken(name: &str) -> TrackingError {
    TrackingError::new(ErrorKind::AlreadyExists, format!("Registered Model (name={name}) already exists."))
}

fn by_name(db: &Connection, name: &str) -> Result<RegisteredModel> {
    let mut model = db
        .prepare_cached(
            "SELECT name, creation_time, last_updated_time, description FROM registered_models WHERE name = ?1",
        )?
        .query_row([name], from_row)
        .optional()?
        .ok_or_else(|| missing(name))?;
    model.tags = db
        .prepare_cached(
            "SELECT key, coalesce(value, '') FROM registered_model_tags WHERE name = ?1 ORDER BY key",
        )?
        .query_map([name], pair)?
        .collect::<Result<_, _>>()?;
    model.aliases = aliases_of_model(db, name)?;
    model.latest_versions = version_rows::latest(db, name)?;
    Ok(model)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<RegisteredModel> {
    let created = row.get::<_, Option<i64>>(1)?.unwrap_or_default();
    Ok(RegisteredModel {
        name: row.get(0)?,
        created,
        updated: row.get::<_, Option<i64>>(2)?.unwrap_or(created),
        description: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
        latest_versions: Vec::new(),
        tags: Vec::new(),
        aliases: Vec::new(),
    })
}

fn set_tag(db: &Connection, name: &str, key: &str, value: &str) -> Result<()> {
    // Not an upsert: newer revisions of the schema have the workspace in this key, too.
    db.prepare_cached("INSERT OR REPLACE INTO registered_model_tags (key, value, name) VALUES (?1, ?2, ?3)")?
        .execute(params![key, value, name])?;
    Ok(())
}
