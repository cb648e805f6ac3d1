//! Whether a run is there and in use.

use rusqlite::{Connection, OptionalExtension};

use super::error::{invalid, not_found};
use super::lifecycle::is_active;
use crate::tracking::{Result, TrackingError};

/// The run must exist and be in use; returns its experiment's id.
pub(super) fn active_run(db: &Connection, id: &str) -> Result<i64> {
    let found = db
        .prepare_cached("SELECT experiment_id, lifecycle_stage FROM runs WHERE run_uuid = ?1")?
        .query_row([id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?)))
        .optional()?;
    match found {
        None => Err(missing(id)),
        Some((experiment, stage)) if is_active(stage.as_deref()) => Ok(experiment),
        Some(_) => {
            Err(invalid(format!("The run {id} must be in the 'active' state. Current state is deleted.")))
        }
    }
}

/// There is no such run.
pub(super) fn missing(id: &str) -> TrackingError {
    not_found(format!("Run with id={id} not found"))
}
