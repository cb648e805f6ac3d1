//! Tags of runs, and the one tag that is the run's name.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::db::Db;
use super::error::not_found;
use super::limits;
use super::params::pairs;
use super::record::Pair;
use super::runs;
use crate::tracking::Result;

/// The tag that holds the run's display name; it and the run's name follow each other.
pub(super) const RUN_NAME: &str = "mlflow.runName";

impl Db {
    /// Sets a tag of an active run.
    pub fn set_tag(&self, run_id: &str, tag: &Pair) -> Result<()> {
        limits::check_key("tag", &tag.key)?;
        self.write(|db| {
            runs::active(db, run_id)?;
            set(db, run_id, tag)
        })
    }

    /// Removes a tag of an active run; `NotFound` where there is none.
    pub fn delete_tag(&self, run_id: &str, key: &str) -> Result<()> {
        self.write(|db| {
            runs::active(db, run_id)?;
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

/// Sets a tag, and the run's name with it where it is that tag.
pub(super) fn set(db: &Connection, run_id: &str, tag: &Pair) -> Result<()> {
    let value = limits::tag_value(&tag.value);
    if tag.key == RUN_NAME {
        db.prepare_cached("UPDATE runs SET name = ?2 WHERE run_uuid = ?1")?
            .execute(params![run_id, value])?;
    }
    upsert(db, run_id, &Pair::new(tag.key.as_str(), value))
}

/// Writes the row of a tag as it is.
pub(super) fn upsert(db: &Connection, run_id: &str, tag: &Pair) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO tags (key, value, run_uuid) VALUES (?1, ?2, ?3)
         ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![tag.key, tag.value, run_id])?;
    Ok(())
}

/// The tags of the runs in this JSON array of ids, by run, sorted by key; of these keys alone where they are given.
pub(super) fn of_runs(
    db: &Connection,
    ids: &str,
    keys: Option<&[String]>,
) -> Result<HashMap<String, Vec<Pair>>> {
    let Some(keys) = keys else {
        let sql = "SELECT run_uuid, key, value FROM tags WHERE run_uuid IN (SELECT value FROM json_each(?1)) ORDER BY key";
        return pairs(db, &[ids], sql);
    };
    let keys = serde_json::to_string(keys).unwrap_or_default();
    let sql = "SELECT run_uuid, key, value FROM tags WHERE key IN (SELECT value FROM json_each(?2))
               AND run_uuid IN (SELECT value FROM json_each(?1)) ORDER BY key";
    pairs(db, &[ids, &keys], sql)
}
