//! Rows of versions: read one by one, or the latest.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::error::{invalid, not_found};
use super::super::record::Pair;
use super::model_rows::aliases_of_version;
use super::record::VersionRecord;
use crate::tracking::Result;

/// The stage of a version that was deleted; its row stays, so that its number is never used again.
pub(super) const DELETED: &str = "Deleted_Internal";

pub(super) const COLUMNS: &str = "v.name, v.version, v.creation_time, v.last_updated_time, v.user_id, v.current_stage, v.description, \
                       v.source, v.run_id, v.status, v.status_message, v.run_link";

/// The number of a version, which MLflow's API writes as text.
pub(super) fn number(text: &str) -> Result<i64> {
    text.trim().parse().map_err(|_| invalid(format!("Parameter 'version' must be an integer, got '{text}'.")))
}

/// A version with its tags and aliases; `NotFound` where there is none or it was deleted.
pub(super) fn by_number(db: &Connection, name: &str, version: i64) -> Result<VersionRecord> {
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
pub(super) fn newest(db: &Connection, name: &str) -> Result<Option<VersionRecord>> {
    let version: Option<i64> = db.query_row(
        "SELECT max(version) FROM model_versions WHERE name = ?1 AND current_stage != ?2",
        [name, DELETED],
        |row| row.get(0),
    )?;
    version.map(|version| by_number(db, name, version)).transpose()
}

/// The latest version of each stage, without aliases.
pub(super) fn latest(db: &Connection, name: &str) -> Result<Vec<VersionRecord>> {
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
    Ok(storage.filter(|uri| !uri.is_empty()).or(found.source).unwrap_or_default())
}

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<VersionRecord> {
    Ok(VersionRecord {
        name: row.get(0)?,
        version: row.get::<_, i64>(1)?.to_string(),
        creation_timestamp: row.get::<_, Option<i64>>(2)?.unwrap_or_default(),
        last_updated_timestamp: row.get(3)?,
        user_id: row.get(4)?,
        current_stage: row.get::<_, Option<String>>(5)?.unwrap_or_default(),
        description: row.get(6)?,
        source: row.get(7)?,
        run_id: row.get(8)?,
        status: row.get::<_, Option<String>>(9)?.unwrap_or_default(),
        status_message: row.get::<_, Option<String>>(10)?.filter(|text| !text.is_empty()),
        run_link: row.get(11)?,
        tags: Vec::new(),
        aliases: Vec::new(),
    })
}

pub(super) fn load_tags(db: &Connection, version: &mut VersionRecord) -> Result<()> {
    version.tags = db
        .prepare_cached(
            "SELECT key, coalesce(value, '') FROM model_version_tags WHERE name = ?1 AND version = ?2 ORDER BY key",
        )?
        .query_map(params![version.name, number(&version.version)?], |row| {
            Ok(Pair { key: row.get(0)?, value: row.get(1)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(())
}
