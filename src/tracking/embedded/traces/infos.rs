//! Traces: begun and ended, found, tagged, linked to runs, deleted.

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params, params_from_iter};

use super::super::active_run::active_run;
use super::super::clock::now;
use super::super::db::{Db, fresh_id};
use super::super::error::{invalid, not_found};
use super::super::experiments;
use super::super::roots::below;
use super::super::search::{Clauses, trace_clauses};
use super::super::values::{number, window_value};
use super::promoted::{put_metadata, put_tag};
use super::rows::{by_id, columns, find, from_row, missing, with_pairs};
use super::tables::TraceTables;
use super::{assessments, spans};
use crate::tracking::filter::{offset_of, token_for};
use crate::tracking::protocol::{
    Assessment, DeleteTraces, SOURCE_RUN, TRACE_NAME, TraceInfo, TraceQuery, TraceState, TraceStep,
};
use crate::tracking::{Page, Result};

/// The tag that says where a trace's files lie.
const ARTIFACTS: &str = "mlflow.artifactLocation";
/// The metadata that says that spans which come later do not change times and totals.
pub(super) const FINALIZED: &str = "mlflow.trace.infoFinalized";
/// The longest preview, in characters.
const PREVIEW: usize = 1000;
/// Most traces that are linked to a run at once.
const MOST_LINKS: usize = 100;

impl Db {
    /// Keeps a trace that has ended, or is under way. Spans may have come before.
    pub fn start_trace(&self, info: &TraceInfo) -> Result<TraceInfo> {
        if info.id.is_empty() || info.id.chars().count() > 50 {
            return Err(invalid("Invalid trace_id: expected 1 to 50 characters"));
        }
        self.write(|db| {
            let tables = self.trace_tables(db)?;
            insert(db, tables, info)?;
            put_metadata(db, tables, &info.id, FINALIZED, "true")?;
            spans::move_to(db, &info.id, number(info.experiment_id.as_str())?)?;
            info.assessments.iter().try_for_each(|said| {
                let said = Assessment { trace_id: info.id.clone(), ..said.clone() };
                assessments::insert(db, tables, &said).map(drop)
            })?;
            by_id(db, tables, &info.id)
        })
    }

    /// Begins a trace as MLflow 2 does: the id is drawn here.
    pub fn begin_trace(&self, step: &TraceStep) -> Result<TraceInfo> {
        let info = TraceInfo {
            id: fresh_id(),
            experiment_id: step.experiment_id.clone(),
            started: step.timestamp_ms.unwrap_or_else(now),
            state: TraceState::InProgress,
            metadata: step.request_metadata.iter().cloned().collect(),
            tags: step.tags.iter().cloned().collect(),
            ..TraceInfo::default()
        };
        self.write(|db| {
            let tables = self.trace_tables(db)?;
            insert(db, tables, &info)?;
            by_id(db, tables, &info.id)
        })
    }

    /// Ends a trace that was begun so.
    pub fn end_trace(&self, id: &str, step: &TraceStep) -> Result<TraceInfo> {
        self.write(|db| {
            let tables = self.trace_tables(db)?;
            let begun = by_id(db, tables, id)?;
            let took = step.timestamp_ms.map(|end| end.saturating_sub(begun.started));
            db.execute(
                "UPDATE trace_info SET execution_time_ms = ?2, status = ?3 WHERE request_id = ?1",
                params![id, took, step.status.as_str()],
            )?;
            step.request_metadata
                .iter()
                .try_for_each(|(key, value)| put_metadata(db, tables, id, key, value))?;
            step.tags.iter().try_for_each(|(key, value)| put_tag(db, tables, id, key, value))?;
            by_id(db, tables, id)
        })
    }

    /// A trace without its spans; `NotFound` where there is none.
    pub fn trace_info(&self, id: &str) -> Result<TraceInfo> {
        self.read(|db| match TraceTables::of(db)? {
            Some(tables) => by_id(db, tables, id),
            None => Err(missing(id)),
        })
    }

    /// The run that a trace belongs to, if there is such a trace and it belongs to one.
    pub fn run_of_trace(&self, id: &str) -> Result<Option<Option<String>>> {
        self.read(|db| match TraceTables::of(db)? {
            Some(tables) => Ok(find(db, tables, id)?.map(|mut trace| trace.metadata.remove(SOURCE_RUN))),
            None => Ok(None),
        })
    }

    /// One page of the traces that match.
    pub fn search_traces(&self, query: &TraceQuery) -> Result<Page<TraceInfo>> {
        let offset = offset_of(query.page_token.as_deref())?;
        self.read(|db| {
            // What is wrong with the question is said whatever the file holds.
            let tables = TraceTables::of(db)?;
            let Clauses { joins, condition, order, values } = trace_clauses(query, tables)?;
            let Some(tables) = tables else { return Ok(Page { items: Vec::new(), next: None }) };
            let places = values.len();
            let sql = format!(
                "SELECT {} FROM trace_info t {joins} WHERE {condition} ORDER BY {order} LIMIT ?{} OFFSET ?{}",
                columns(tables),
                places + 1,
                places + 2
            );
            let window = [window_value(query.max_results.saturating_add(1)), window_value(offset)];
            let mut found = db
                .prepare_cached(&sql)?
                .query_map(params_from_iter(values.into_iter().chain(window)), |row| from_row(row, tables))?
                .collect::<Result<Vec<_>, _>>()?;
            let more = found.len() > query.max_results;
            found.truncate(query.max_results);
            let next = more.then(|| token_for(offset + query.max_results));
            Ok(Page { items: with_pairs(db, found)?, next })
        })
    }

    /// Sets a tag of a trace.
    pub fn set_trace_tag(&self, id: &str, key: &str, value: &str) -> Result<()> {
        self.write(|db| {
            let tables = self.trace_tables(db)?;
            by_id(db, tables, id)?;
            put_tag(db, tables, id, key, value)
        })
    }

    /// Removes a tag of a trace; `NotFound` where there is none.
    pub fn delete_trace_tag(&self, id: &str, key: &str) -> Result<()> {
        self.write(|db| {
            let tables = self.trace_tables(db)?;
            if !by_id(db, tables, id)?.tags.contains_key(key) {
                return Err(not_found(format!("No trace tag with key '{key}' for trace with ID '{id}'")));
            }
            if tables.promoted && key == TRACE_NAME {
                db.execute("UPDATE trace_info SET trace_name = NULL WHERE request_id = ?1", [id])?;
            }
            db.execute("DELETE FROM trace_tags WHERE request_id = ?1 AND key = ?2", [id, key])?;
            Ok(())
        })
    }

    /// Links traces to a run beside their own; those that are linked already stay so.
    pub fn link_traces(&self, run: &str, ids: &[String]) -> Result<()> {
        if ids.len() > MOST_LINKS {
            return Err(invalid(format!(
                "Cannot link more than {MOST_LINKS} traces to a run in a single request. Provided {} traces.",
                ids.len()
            )));
        }
        self.write(|db| {
            let tables = self.trace_tables(db)?;
            active_run(db, run)?;
            for id in ids {
                by_id(db, tables, id)?;
                db.prepare_cached(
                    "INSERT OR IGNORE INTO entity_associations
                         (association_id, source_type, source_id, destination_type, destination_id, created_time)
                     VALUES (?1, 'trace', ?2, 'run', ?3, ?4)",
                )?
                .execute(params![fresh_id(), id, run, now()])?;
            }
            Ok(())
        })
    }

    /// Deletes traces with all that belongs to them; how many there were.
    pub fn delete_traces(&self, which: &DeleteTraces) -> Result<usize> {
        let mut values = vec![Sql::Integer(number(which.experiment_id.as_str())?)];
        let mut condition = "experiment_id = ?1".to_owned();
        let mut also = |text: &str, value: Sql| {
            values.push(value);
            condition.push_str(&text.replace("?", &format!("?{}", values.len())));
        };
        if let Some(latest) = which.max_timestamp_millis {
            also(" AND timestamp_ms <= ?", latest.into());
        }
        if !which.request_ids.is_empty() {
            let ids = serde_json::to_string(&which.request_ids).unwrap_or_default();
            also(" AND request_id IN (SELECT value FROM json_each(?))", ids.into());
        }
        also(" ORDER BY timestamp_ms, request_id LIMIT ?", which.max_traces.unwrap_or(-1).into());
        self.write(|db| {
            if TraceTables::of(db)?.is_none() {
                return Ok(0);
            }
            let ids = db
                .prepare_cached(&format!("SELECT request_id FROM trace_info WHERE {condition}"))?
                .query_map(params_from_iter(values), |row| row.get(0))?
                .collect::<Result<Vec<String>, _>>()?;
            for id in &ids {
                // Spans, tags and all else go with it.
                db.prepare_cached("DELETE FROM trace_info WHERE request_id = ?1")?.execute([id])?;
                db.prepare_cached(
                    "DELETE FROM entity_associations WHERE source_type = 'trace' AND source_id = ?1",
                )?
                .execute([id])?;
            }
            Ok(ids.len())
        })
    }
}

/// Makes a trace, or brings one up to date that spans have made before.
pub(super) fn insert(db: &Connection, tables: TraceTables, info: &TraceInfo) -> Result<()> {
    let experiment = experiments::active(db, info.experiment_id.as_str())?;
    db.prepare_cached(
        "INSERT INTO trace_info (request_id, experiment_id, timestamp_ms, execution_time_ms, status, client_request_id,
             request_preview, response_preview)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (request_id) DO UPDATE SET experiment_id = ?2, timestamp_ms = ?3, execution_time_ms = ?4,
             status = ?5, client_request_id = ?6, request_preview = coalesce(?7, request_preview),
             response_preview = coalesce(?8, response_preview)",
    )?
    .execute(params![
        info.id,
        number(info.experiment_id.as_str())?,
        info.started,
        info.took,
        info.state.as_str(),
        info.client_request_id.as_deref().map(|id| cut(id, 50)),
        info.request_preview.as_deref().map(|text| cut(text, PREVIEW)),
        info.response_preview.as_deref().map(|text| cut(text, PREVIEW)),
    ])?;
    let place = below(&experiment.artifact_location, &format!("traces/{}/artifacts", info.id));
    put_tag(db, tables, &info.id, ARTIFACTS, &place)?;
    let mut given = info.tags.iter().filter(|(key, _)| key.as_str() != ARTIFACTS);
    given.try_for_each(|(key, value)| put_tag(db, tables, &info.id, key, value))?;
    info.metadata.iter().try_for_each(|(key, value)| put_metadata(db, tables, &info.id, key, value))
}

/// The beginning of a text.
pub(super) fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(at, _)| &text[..at])
}
