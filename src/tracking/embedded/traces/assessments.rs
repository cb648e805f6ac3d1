//! What people, programs and models say about traces.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};

use super::super::clock::now;
use super::super::db::{Db, fresh_id};
use super::super::error::{invalid, not_found};
use super::super::python_json::spaced;
use super::rows::{by_id, missing};
use super::tables::TraceTables;
use crate::tracking::protocol::{
    Assessment, AssessmentError, AssessmentSource, AssessmentUpdate, AssessmentValue, ExpectationValue,
    FeedbackValue, IssueValue,
};
use crate::tracking::{Result, TrackingError};

const COLUMNS: &str = "assessment_id, trace_id, name, assessment_type, value, error, created_timestamp, \
                       last_updated_timestamp, source_type, source_id, span_id, rationale, overrides, valid, \
                       assessment_metadata";
/// The metadata that names the run in which an assessment was made.
const RUN: &str = "mlflow.assessment.sourceRunId";

impl Db {
    /// Keeps an assessment of a trace; one that it overrides does not count any more.
    pub fn create_assessment(&self, assessment: &Assessment) -> Result<Assessment> {
        self.write(|db| {
            let tables = self.trace_tables(db)?;
            by_id(db, tables, &assessment.trace_id)?;
            if let Some(before) = &assessment.overrides {
                by_ids(db, &assessment.trace_id, before)?;
                set_valid(db, before, false)?;
            }
            insert(db, tables, assessment)
        })
    }

    /// An assessment; `NotFound` where there is none.
    pub fn assessment(&self, trace: &str, id: &str) -> Result<Assessment> {
        self.read(|db| match TraceTables::of(db)? {
            Some(_) => by_ids(db, trace, id),
            None => Err(missing(trace)),
        })
    }

    /// Changes an assessment. What it says stays of its kind, and so does who said it.
    pub fn update_assessment(&self, trace: &str, id: &str, update: AssessmentUpdate) -> Result<Assessment> {
        self.write(|db| {
            let tables = self.trace_tables(db)?;
            let mut changed = by_ids(db, trace, id)?;
            if let Some(value) = update.value {
                if value.kind() != changed.value.kind() {
                    let (new, old) = (value.kind(), changed.value.kind());
                    return Err(invalid(format!(
                        "Cannot update {new} value on an assessment of kind {old}."
                    )));
                }
                changed.value = value;
            }
            changed.name = update.name.unwrap_or(changed.name);
            changed.rationale = update.rationale.or(changed.rationale);
            changed.valid = update.valid.unwrap_or(changed.valid);
            changed.metadata.extend(update.metadata);
            changed.updated = now();
            db.execute("DELETE FROM assessments WHERE assessment_id = ?1", [id])?;
            insert(db, tables, &changed)
        })
    }

    /// Removes an assessment; the one that it overrode counts again.
    pub fn delete_assessment(&self, trace: &str, id: &str) -> Result<()> {
        self.write(|db| {
            self.trace_tables(db)?;
            let gone = by_ids(db, trace, id)?;
            if let Some(before) = &gone.overrides {
                set_valid(db, before, true)?;
            }
            db.execute("DELETE FROM assessments WHERE assessment_id = ?1", [id])?;
            Ok(())
        })
    }
}

/// Writes an assessment of a trace that is there; an id and times are drawn where it has none.
pub(super) fn insert(db: &Connection, tables: TraceTables, given: &Assessment) -> Result<Assessment> {
    let mut made = given.clone();
    if made.id.is_empty() {
        made.id = format!("a-{}", fresh_id());
    }
    made.created = if made.created == 0 { now() } else { made.created };
    made.updated = if made.updated == 0 { made.created } else { made.updated };
    let value = stored_value(&made.value)?;
    let error = match &made.value {
        AssessmentValue::Feedback(feedback) => feedback.error.as_ref().map(stored_error),
        _ => None,
    };
    let metadata = (!made.metadata.is_empty()).then(|| spaced(&json!(made.metadata)));
    db.prepare_cached(
        "INSERT OR REPLACE INTO assessments (assessment_id, trace_id, name, assessment_type, value, error, created_timestamp,
             last_updated_timestamp, source_type, source_id, run_id, span_id, rationale, overrides, valid, assessment_metadata)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?
    .execute(params![
        made.id,
        made.trace_id,
        made.name,
        made.value.kind(),
        spaced(&value),
        error,
        made.created,
        made.updated,
        made.source.source_type,
        made.source.source_id,
        made.metadata.get(RUN),
        made.span_id,
        made.rationale,
        made.overrides,
        made.valid,
        metadata,
    ])?;
    if tables.promoted {
        promote(db, &made, &value)?;
    }
    Ok(made)
}

/// Puts what newer files have columns for into them.
fn promote(db: &Connection, made: &Assessment, value: &Value) -> Result<()> {
    let truth = |yes: bool| if yes { 1.0 } else { 0.0 };
    let word = value.as_str().map(|text| text.trim().to_lowercase());
    let aggregate = match word.as_deref() {
        Some("yes") => Some(1.0),
        Some("no") => Some(0.0),
        _ => value.as_f64().or_else(|| value.as_bool().map(truth)),
    };
    db.prepare_cached(
        "UPDATE assessments SET aggregate_value = ?2, is_numeric_value = ?3,
             (experiment_id, trace_timestamp_ms) = (SELECT experiment_id, timestamp_ms FROM trace_info WHERE request_id = ?4)
         WHERE assessment_id = ?1",
    )?
    .execute(params![made.id, aggregate, value.is_number(), made.trace_id])?;
    Ok(())
}

fn stored_value(value: &AssessmentValue) -> Result<Value> {
    match value {
        AssessmentValue::Feedback(feedback) => Ok(feedback.value.clone()),
        AssessmentValue::Expectation(expected) => expected
            .value()
            .ok_or_else(|| invalid("Unknown serialization format. Only JSON_FORMAT is supported.")),
        AssessmentValue::Issue(issue) => Ok(json!({"issue_name": issue.issue_name})),
    }
}

fn stored_error(error: &AssessmentError) -> String {
    let AssessmentError { error_code, error_message, stack_trace } = error;
    spaced(&json!({"error_code": error_code, "error_message": error_message, "stack_trace": stack_trace}))
}

fn set_valid(db: &Connection, id: &str, valid: bool) -> Result<()> {
    db.execute("UPDATE assessments SET valid = ?2 WHERE assessment_id = ?1", params![id, valid])?;
    Ok(())
}

fn by_ids(db: &Connection, trace: &str, id: &str) -> Result<Assessment> {
    let sql = format!("SELECT {COLUMNS} FROM assessments WHERE trace_id = ?1 AND assessment_id = ?2");
    db.prepare_cached(&sql)?.query_row([trace, id], from_row).optional()?.ok_or_else(|| absent(trace, id))
}

fn absent(trace: &str, id: &str) -> TrackingError {
    not_found(format!("Assessment with ID '{id}' not found for trace '{trace}'"))
}

/// The assessments of these traces (a JSON list), oldest first.
pub(super) fn of_traces(db: &Connection, ids: &str) -> Result<HashMap<String, Vec<Assessment>>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM assessments WHERE trace_id IN (SELECT value FROM json_each(?1))
         ORDER BY created_timestamp, assessment_id"
    );
    let mut found: HashMap<String, Vec<Assessment>> = HashMap::new();
    for assessment in db.prepare_cached(&sql)?.query_map([ids], from_row)? {
        let assessment = assessment?;
        found.entry(assessment.trace_id.clone()).or_default().push(assessment);
    }
    Ok(found)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Assessment> {
    let json = |at: usize| -> rusqlite::Result<Option<Value>> {
        Ok(row.get::<_, Option<String>>(at)?.and_then(|text| serde_json::from_str(&text).ok()))
    };
    let value = json(4)?.unwrap_or_default();
    let error = json(5)?.and_then(|error| serde_json::from_value(error).ok());
    let kind: String = row.get(3)?;
    let value = match kind.as_str() {
        "expectation" => AssessmentValue::Expectation(ExpectationValue::new(value)),
        "issue" => AssessmentValue::Issue(serde_json::from_value::<IssueValue>(value).unwrap_or_default()),
        _ => AssessmentValue::Feedback(FeedbackValue { value, error }),
    };
    let metadata: BTreeMap<String, Value> =
        json(14)?.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
    let plain = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(Assessment {
        id: row.get(0)?,
        trace_id: row.get(1)?,
        name: row.get(2)?,
        value,
        created: row.get(6)?,
        updated: row.get(7)?,
        source: AssessmentSource { source_type: row.get(8)?, source_id: row.get(9)? },
        span_id: row.get(10)?,
        rationale: row.get(11)?,
        overrides: row.get(12)?,
        valid: row.get(13)?,
        metadata: metadata.into_iter().map(|(key, value)| (key, plain(value))).collect(),
    })
}
