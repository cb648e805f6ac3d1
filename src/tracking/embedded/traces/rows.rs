//! Traces as they are read: a row, its tags and metadata, and what was said about it.

use std::collections::{BTreeMap, HashMap};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::Value;

use super::super::error::not_found;
use super::assessments;
use super::promoted::{COST, COST_COLUMNS, SESSION, TOKEN_COLUMNS, TOKENS, add_members};
use super::tables::TraceTables;
use crate::tracking::protocol::{TRACE_NAME, TraceInfo, TraceState};
use crate::tracking::{ExperimentId, Result};

/// The columns of a trace `t` that [`from_row`] reads.
pub(super) fn columns(tables: TraceTables) -> String {
    let always = "t.request_id, t.experiment_id, t.timestamp_ms, t.execution_time_ms, t.status, \
                  t.client_request_id, t.request_preview, t.response_preview";
    if !tables.promoted {
        return always.to_owned();
    }
    let more = ["trace_name", "session_id"].iter().chain(&TOKEN_COLUMNS).chain(&COST_COLUMNS);
    let more: String = more.map(|column| format!(", t.{column}")).collect();
    format!("{always}{more}")
}

/// A trace without tags, metadata and assessments, but for those that have columns of their own.
pub(super) fn from_row(row: &Row<'_>, tables: TraceTables) -> rusqlite::Result<TraceInfo> {
    let status: String = row.get(4)?;
    let mut info = TraceInfo {
        id: row.get(0)?,
        experiment_id: ExperimentId(row.get::<_, i64>(1)?.to_string()),
        started: row.get(2)?,
        took: row.get(3)?,
        state: TraceState::parse(&status),
        client_request_id: row.get(5)?,
        request_preview: row.get(6)?,
        response_preview: row.get(7)?,
        ..TraceInfo::default()
    };
    if tables.promoted {
        read_promoted(row, &mut info)?;
    }
    Ok(info)
}

fn read_promoted(row: &Row<'_>, info: &mut TraceInfo) -> rusqlite::Result<()> {
    if let Some(name) = row.get(8)? {
        info.tags.insert(TRACE_NAME.to_owned(), name);
    }
    if let Some(session) = row.get(9)? {
        info.metadata.insert(SESSION.to_owned(), session);
    }
    let number = |at: usize| {
        Ok(match row.get_ref(at)? {
            ValueRef::Integer(number) => number.into(),
            ValueRef::Real(number) => number.into(),
            _ => Value::Null,
        })
    };
    let numbers =
        |from: usize, count: usize| (from..from + count).map(number).collect::<rusqlite::Result<_>>();
    add_members(&mut info.metadata, TOKENS, &TOKEN_COLUMNS, numbers(10, TOKEN_COLUMNS.len())?);
    let from = 10 + TOKEN_COLUMNS.len();
    add_members(&mut info.metadata, COST, &COST_COLUMNS, numbers(from, COST_COLUMNS.len())?);
    Ok(())
}

/// Adds what stands in other tables.
pub(super) fn with_pairs(db: &Connection, mut traces: Vec<TraceInfo>) -> Result<Vec<TraceInfo>> {
    let ids: Vec<&str> = traces.iter().map(|trace| trace.id.as_str()).collect();
    let ids = serde_json::to_string(&ids).unwrap_or_default();
    let mut tags = pairs(db, "trace_tags", &ids)?;
    let mut metadata = pairs(db, "trace_request_metadata", &ids)?;
    let mut assessments = assessments::of_traces(db, &ids)?;
    for trace in &mut traces {
        for (key, value) in tags.remove(&trace.id).unwrap_or_default() {
            trace.tags.entry(key).or_insert(value);
        }
        for (key, value) in metadata.remove(&trace.id).unwrap_or_default() {
            trace.metadata.entry(key).or_insert(value);
        }
        trace.assessments = assessments.remove(&trace.id).unwrap_or_default();
    }
    Ok(traces)
}

type PairsById = HashMap<String, BTreeMap<String, String>>;

fn pairs(db: &Connection, table: &'static str, ids: &str) -> Result<PairsById> {
    let sql = format!(
        "SELECT request_id, key, coalesce(value, '') FROM {table} WHERE request_id IN (SELECT value FROM json_each(?1))"
    );
    let mut found = PairsById::new();
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([ids])?;
    while let Some(row) = rows.next()? {
        found.entry(row.get(0)?).or_default().insert(row.get(1)?, row.get(2)?);
    }
    Ok(found)
}

/// One trace; `NotFound` where there is none.
pub(super) fn by_id(db: &Connection, tables: TraceTables, id: &str) -> Result<TraceInfo> {
    find(db, tables, id)?.ok_or_else(|| missing(id))
}

/// One trace, if it is there.
pub(super) fn find(db: &Connection, tables: TraceTables, id: &str) -> Result<Option<TraceInfo>> {
    let sql = format!("SELECT {} FROM trace_info t WHERE t.request_id = ?1", columns(tables));
    let found = db.prepare_cached(&sql)?.query_row([id], |row| from_row(row, tables)).optional()?;
    Ok(with_pairs(db, found.into_iter().collect())?.pop())
}

pub(super) fn missing(id: &str) -> crate::tracking::TrackingError {
    not_found(format!("Trace with ID '{id}' not found."))
}
