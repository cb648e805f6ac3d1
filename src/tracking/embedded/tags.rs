//! Tags of runs, and the one tag that is the run's name.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value};

use super::active_run::active_run;
use super::db::Db;
use super::error::{invalid, not_found};
use super::limits;
use super::params::pairs;
use super::python_json::spaced;
use crate::tracking::Result;

/// The tag that holds the run's display name; it and the run's name follow each other.
pub(super) const RUN_NAME: &str = "mlflow.runName";
/// The tag that notes the models of MLflow 2.
const MODELS: &str = "mlflow.log-model.history";

impl Db {
    /// Sets a tag of an active run.
    pub fn set_tag(&self, run_id: &str, key: &str, value: &str) -> Result<()> {
        limits::check_key("tag", key)?;
        self.write(|db| {
            active_run(db, run_id)?;
            set(db, run_id, key, value)
        })
    }

    /// Notes a model of MLflow 2 with its run, beside those that were noted before.
    pub fn record_model(&self, run_id: &str, model: &Map<String, Value>) -> Result<()> {
        self.write(|db| {
            active_run(db, run_id)?;
            let noted: Option<String> = db
                .prepare_cached("SELECT value FROM tags WHERE run_uuid = ?1 AND key = ?2")?
                .query_row([run_id, MODELS], |row| row.get(0))
                .optional()?;
            let mut models: Vec<Value> =
                noted.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            models.push(summary(model));
            let text = spaced(&Value::Array(models));
            if text.chars().count() > limits::TAG_VALUE {
                return Err(invalid(format!("the run {run_id} can't hold notes of more models")));
            }
            set(db, run_id, MODELS, &text)
        })
    }

    /// Removes a tag of an active run; `NotFound` where there is none.
    pub fn delete_tag(&self, run_id: &str, key: &str) -> Result<()> {
        self.write(|db| {
            active_run(db, run_id)?;
            let gone = db
                .prepare_cached("DELETE FROM tags WHERE key = ?1 AND run_uuid = ?2")?
                .execute(params![key, run_id])?;
            if gone == 0 {
                return Err(not_found(format!("No tag with name: {key} in run with id {run_id}")));
            }
            Ok(())
        })
    }
}

/// The part of a model's description that its run keeps.
fn summary(model: &Map<String, Value>) -> Value {
    let mut kept = Map::new();
    for key in ["run_id", "utc_time_created", "artifact_path", "model_uuid"] {
        kept.insert(key.to_owned(), model.get(key).cloned().unwrap_or_default());
    }
    let mut flavors = model.get("flavors").cloned().unwrap_or_default();
    if let Value::Object(flavors) = &mut flavors {
        for flavor in flavors.values_mut().filter_map(Value::as_object_mut) {
            flavor.remove("config");
        }
    }
    kept.insert("flavors".to_owned(), flavors);
    Value::Object(kept)
}

/// Sets a tag, and the run's name with it where it is that tag.
pub(super) fn set(db: &Connection, run_id: &str, key: &str, value: &str) -> Result<()> {
    let value = limits::tag_value(value);
    if key == RUN_NAME {
        db.prepare_cached("UPDATE runs SET name = ?2 WHERE run_uuid = ?1")?
            .execute(params![run_id, value])?;
    }
    upsert(db, run_id, key, value)
}

const UPSERT: &str = "INSERT INTO tags (key, value, run_uuid) VALUES (?1, ?2, ?3)
                      ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value";

/// Writes the row of a tag as it is.
pub(super) fn upsert(db: &Connection, run_id: &str, key: &str, value: &str) -> Result<()> {
    db.prepare_cached(UPSERT)?.execute(params![key, value, run_id])?;
    Ok(())
}

/// Writes the rows of tags as they are.
pub(super) fn upsert_all(db: &Connection, run_id: &str, tags: &[(String, String)]) -> Result<()> {
    let mut statement = db.prepare_cached(UPSERT)?;
    for (key, value) in tags {
        statement.execute(params![key, value, run_id])?;
    }
    Ok(())
}

/// The tags of the runs in this JSON array of ids, by run, sorted by key; of these keys alone where they are given.
pub(super) fn of_runs(
    db: &Connection,
    ids: &str,
    keys: Option<&[String]>,
) -> Result<HashMap<String, Vec<(String, String)>>> {
    let Some(keys) = keys else {
        let sql = "SELECT run_uuid, key, value FROM tags WHERE run_uuid IN (SELECT value FROM json_each(?1)) ORDER BY key";
        return pairs(db, &[ids], sql);
    };
    let keys = serde_json::to_string(keys).unwrap_or_default();
    let sql = "SELECT run_uuid, key, value FROM tags WHERE key IN (SELECT value FROM json_each(?2))
               AND run_uuid IN (SELECT value FROM json_each(?1)) ORDER BY key";
    pairs(db, &[ids, &keys], sql)
}
