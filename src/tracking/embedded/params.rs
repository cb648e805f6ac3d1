//! Params: written once. This is the compare-and-set on which the ledger stands.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::active_run::active_run;
use super::db::Db;
use super::error::invalid;
use super::limits;
use crate::tracking::Result;

/// How a write of a param came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamOutcome {
    /// The param has the value that was asked for: it was free, or had just this value.
    Held,
    /// It had this other value already, and keeps it.
    Conflict(String),
}

impl ParamOutcome {
    /// A conflict as an error, in MLflow's words.
    pub fn or_conflict(self, run_id: &str, key: &str, value: &str) -> Result<()> {
        match self {
            Self::Held => Ok(()),
            Self::Conflict(old) => Err(invalid(format!(
                "Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' for run ID='{run_id}'. Attempted logging new value '{value}'."
            ))),
        }
    }
}

impl Db {
    /// Writes a param of an active run once.
    pub fn log_param(&self, run_id: &str, key: &str, value: &str) -> Result<ParamOutcome> {
        limits::check_key("param", key)?;
        self.write(|db| {
            active_run(db, run_id)?;
            insert(db, run_id, key, value)
        })
    }
}

pub(super) fn insert(db: &Connection, run_id: &str, key: &str, value: &str) -> Result<ParamOutcome> {
    let value = limits::param_value(value);
    let free = db
        .prepare_cached(
            "INSERT INTO params (key, value, run_uuid) VALUES (?1, ?2, ?3) ON CONFLICT (key, run_uuid) DO NOTHING",
        )?
        .execute(params![key, value, run_id])?;
    if free == 1 {
        return Ok(ParamOutcome::Held);
    }
    let old: String = db
        .prepare_cached("SELECT value FROM params WHERE key = ?1 AND run_uuid = ?2")?
        .query_row(params![key, run_id], |row| row.get(0))?;
    Ok(if old == value { ParamOutcome::Held } else { ParamOutcome::Conflict(old) })
}

/// The params of the runs in this JSON array of ids, by run, sorted by key.
pub(super) fn of_runs(db: &Connection, ids: &str) -> Result<HashMap<String, Vec<(String, String)>>> {
    let sql = "SELECT run_uuid, key, value FROM params WHERE run_uuid IN (SELECT value FROM json_each(?1)) ORDER BY key";
    pairs(db, &[ids], sql)
}

/// Reads rows of (run, key, value).
pub(super) fn pairs(
    db: &Connection,
    bound: &[&str],
    sql: &str,
) -> Result<HashMap<String, Vec<(String, String)>>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(bound))?;
    let mut by_run: HashMap<String, Vec<(String, String)>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let pair = (row.get(1)?, row.get::<_, Option<String>>(2)?.unwrap_or_default());
        by_run.entry(row.get(0)?).or_default().push(pair);
    }
    Ok(by_run)
}
