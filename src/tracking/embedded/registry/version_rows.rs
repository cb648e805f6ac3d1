//! Rows of versions: read one by one, or the latest.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::error::not_found;
use super::super::values::{pair, version_number};
use super::model_rows::aliases_of_version;
use crate::tracking::{ModelVersion, Result, RunId};

/// The stage of a version that was deleted; its row stays, so that its number is never used again.
pub(super) const DELETED: &str = "Deleted_Internal";

pub(super) const COLUMNS: &str = "v.name, v.version, v.creation_time, v.last_updated_time, v.user_id, v.current_stage, v.description, \
                       v.source, v.run_id, v.status, v.status_message, v.run_link";

/// A version's number as the database has it; one beyond its range belongs to no version.
pub(super) fn row_number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// A version with its tags and aliases; `NotFound` where there is none or it was deleted.
pub(super) fn by_number(db: &Connection, name: &str, version: i64) -> Result<ModelVersion> {
    let sql = format!(
        "SELECT {COLUMNS} FROM model_versions v WHERE v.name = ?1 AND v.version = ?2 AND v.current_stage != '{DELETED}'"
    );
    let mut found = db
        .prepare_cached(&sql)?
        .query_row(params![name, version], from_row)
        .optional()?
        .ok_or_else(|| not_found(format!("Model Version (name={name}, version={version}) not found")))?;
    load_tags(db, &mut found)?;
    found.aliases = aliases_of_version(db, name, version)?;
    Ok(found)
}

/// The newest version of all.
pub(super) fn newest(db: &Connection, name: &str) -> Result<Option<ModelVersion>> {
    let version: Option<i64> = db.query_row(
        "SELECT max(version) FROM model_versions WHERE name = ?1 AND current_stage != ?2",
        [name, DELETED],
        |row| row.get(0),
    )?;
    version.map(|version| by_number(db, name, version)).transpose()
}

/// The latest version of each stage, without aliases.
pub(super) fn latest(db: &Connection, name: &str) -> Result<Vec<ModelVersion>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM model_versions v WHERE v.name = ?1 AND v.current_stage != '{DELETED}' AND v.version =
             (SELECT max(w.version) FROM model_versions w WHERE w.name = v.name AND w.current_stage = v.current_stage)
         ORDER BY v.version"
    );
    let mut found = db.prepare_cached(&sql)?.query_map([name], from_row)?.collect::<Result<Vec<_>, _>>()?;
    found.iter_mut().try_for_each(|version| load_tags(db, version))?;
    Ok(found)
}

pub(super) fn download_uri(db: &Connection, name: &str, version: i64) -> Result<String> {
    let found = by_number(db, name, version)?;
    let storage: Option<String> = db.query_row(
        "SELECT storage_location FROM model_versions WHERE name = ?1 AND version = ?2",
        params![name, version],
        |row| row.get(0),
    )?;
    Ok(storage.filter(|uri| !uri.is_empty()).unwrap_or(found.source))
}

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<ModelVersion> {
    let created = row.get::<_, Option<i64>>(2)?.unwrap_or_default();
    Ok(ModelVersion {
        model: row.get(0)?,
        version: version_number(row.get(1)?),
        created,
        updated: row.get::<_, Option<i64>>(3)?.unwrap_or(created),
        user_id: row.get(4)?,
        current_stage: row.get::<_, Option<String>>(5)?.unwrap_or_default(),
        description: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
        source: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
        run_id: row.get::<_, Option<String>>(8)?.filter(|id| !id.is_empty()).map(RunId),
        status: row.get::<_, Option<String>>(9)?.unwrap_or_default(),
        status_message: row.get::<_, Option<String>>(10)?.filter(|text| !text.is_empty()),
        run_link: row.get(11)?,
        tags: Vec::new(),
        aliases: Vec::new(),
    })
}

pub(super) fn load_tags(db: &Connection, version: &mut ModelVersion) -> Result<()> {
    version.tags = db
        .prepare_cached(
            "SELECT key, coalesce(value, '') FROM model_version_tags WHERE name = ?1 AND version = ?2 ORDER BY key",
        )?
        .query_map(params![version.model, row_number(version.version)], pair)?
        .collect::<Result<_, _>>()?;
    Ok(())
}
