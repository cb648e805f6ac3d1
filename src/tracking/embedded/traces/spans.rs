//! Spans, which come before their trace is ended, in any order, and more than once.

use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use super::super::db::Db;
use super::super::error::invalid;
use super::super::python_json::spaced;
use super::super::values::number;
use super::infos::{FINALIZED, cut, insert};
use super::promoted::{SESSION, TOKENS, put_metadata, put_tag};
use super::rows::{by_id, find, missing};
use super::tables::TraceTables;
use super::usage::{SpanUsage, total_usage};
use crate::tracking::protocol::{SOURCE_RUN, SentSpans, Span, SpanStatus, TraceInfo, TraceState};
use crate::tracking::{ExperimentId, Result};

/// The tag that says where spans are, and that they are in the database.
const LOCATION: (&str, &str) = ("mlflow.trace.spansLocation", "TRACKING_STORE");
/// What MLflow's spans say of tokens.
const USAGE: &str = "mlflow.chat.tokenUsage";
/// Attributes with this beginning are tags of the trace.
const TAG: &str = "mlflow.traceTag.";
/// The metadata that names the user.
const USER: &str = "mlflow.trace.user";
/// Most characters of a preview.
const PREVIEW: usize = 1000;

impl Db {
    /// Keeps spans, and makes their traces where there are none: in this experiment, of this run.
    pub fn log_spans(&self, experiment: &ExperimentId, run: Option<&str>, sent: &[SentSpans]) -> Result<()> {
        self.write(|db| {
            let tables = self.trace_tables(db)?;
            for program in sent {
                for (id, spans) in by_trace(&program.spans) {
                    let trace = trace_of(db, tables, &id, &spans, (experiment, run))?;
                    spans.iter().try_for_each(|span| write(db, tables, &trace, span))?;
                    follow(db, tables, &trace, &spans)?;
                    put_tag(db, tables, &id, LOCATION.0, LOCATION.1)?;
                    put_tags(db, tables, &id, &program.resource, &spans)?;
                }
            }
            Ok(())
        })
    }

    /// A trace with the contents of its spans, the whole first, then by their time; `None`: its spans are not in the
    /// database, but in a file of its artifacts.
    pub fn trace(&self, id: &str) -> Result<(TraceInfo, Option<Vec<Value>>)> {
        self.read(|db| {
            let tables = TraceTables::of(db)?.ok_or_else(|| missing(id))?;
            let info = by_id(db, tables, id)?;
            if info.tags.get(LOCATION.0).map(String::as_str) != Some(LOCATION.1) {
                return Ok((info, None));
            }
            let contents = db
                .prepare_cached(
                    "SELECT content FROM spans WHERE trace_id = ?1
                     ORDER BY parent_span_id IS NOT NULL, start_time_unix_nano, span_id",
                )?
                .query_map([id], |row| row.get(0))?
                .collect::<Result<Vec<String>, _>>()?;
            let read = contents.iter().map(|text| serde_json::from_str(text));
            let spans = read.collect::<Result<_, _>>();
            Ok((
                info,
                Some(
                    spans
                        .map_err(|error| invalid(format!("a span of trace '{id}' can't be read: {error}")))?,
                ),
            ))
        })
    }
}

/// The spans of each trace.
fn by_trace(spans: &[Span]) -> Vec<(String, Vec<&Span>)> {
    let mut traces: Vec<(String, Vec<&Span>)> = Vec::new();
    for span in spans {
        let id = span.trace_id();
        match traces.iter_mut().find(|(known, _)| *known == id) {
            Some((_, spans)) => spans.push(span),
            None => traces.push((id, vec![span])),
        }
    }
    traces
}

/// The trace that spans belong to, as it was before; a new one where there is none.
fn trace_of(
    db: &Connection,
    tables: TraceTables,
    id: &str,
    spans: &[&Span],
    (experiment, run): (&ExperimentId, Option<&str>),
) -> Result<TraceInfo> {
    if let Some(found) = find(db, tables, id)? {
        return Ok(found);
    }
    let started = spans.iter().map(|span| span.start / 1_000_000).min().unwrap_or_default();
    let mut made = TraceInfo {
        id: id.to_owned(),
        experiment_id: experiment.clone(),
        started,
        state: TraceState::InProgress,
        ..TraceInfo::default()
    };
    if let Some(run) = run {
        made.metadata.insert(SOURCE_RUN.to_owned(), run.to_owned());
    }
    insert(db, tables, &made)?;
    Ok(made)
}

fn write(db: &Connection, tables: TraceTables, trace: &TraceInfo, span: &Span) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO spans (trace_id, experiment_id, span_id, parent_span_id, name, type, status, start_time_unix_nano,
             end_time_unix_nano, content)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (trace_id, span_id) DO UPDATE SET parent_span_id = ?4, name = ?5, type = ?6, status = ?7,
             start_time_unix_nano = ?8, end_time_unix_nano = ?9, content = ?10",
    )?
    .execute(params![
        trace.id,
        number(trace.experiment_id.as_str())?,
        span.span_id(),
        span.parent.map(|id| format!("{id:016x}")),
        span.name,
        span.kind().map(|kind| cut(kind, 500)),
        span.status.as_str(),
        span.start,
        span.end,
        span.content().to_string(),
    ])?;
    if tables.promoted {
        promote(db, trace, span)?;
    }
    Ok(())
}

/// Puts what newer files have columns for into them.
fn promote(db: &Connection, trace: &TraceInfo, span: &Span) -> Result<()> {
    let cost = |name: &str| span.attributes.get("mlflow.llm.cost").and_then(|cost| cost[name].as_f64());
    let model = |key: &str| span.text(key).map(|text| cut(text, 500));
    db.prepare_cached(
        "UPDATE spans SET model_name = ?3, model_provider = ?4, input_cost = ?5, output_cost = ?6, total_cost = ?7
         WHERE trace_id = ?1 AND span_id = ?2",
    )?
    .execute(params![
        trace.id,
        span.span_id(),
        model("mlflow.llm.model"),
        model("mlflow.llm.provider"),
        cost("input_cost"),
        cost("output_cost"),
        cost("total_cost"),
    ])?;
    Ok(())
}

/// What spans say of their trace, where the trace itself has not been sent yet: times, state, previews, totals.
fn follow(db: &Connection, tables: TraceTables, trace: &TraceInfo, spans: &[&Span]) -> Result<()> {
    let root = spans.iter().find(|span| span.parent.is_none());
    let preview = |key: &str| {
        let value = root.and_then(|span| span.attributes.get(key))?;
        Some(cut(&value.to_string(), PREVIEW).to_owned())
    };
    let state = match root {
        Some(root) if trace.state.is_open() && root.status == SpanStatus::Error => TraceState::Error,
        Some(_) if trace.state.is_open() => TraceState::Ok,
        _ => trace.state,
    };
    let (started, took) = if trace.metadata.contains_key(FINALIZED) {
        (trace.started, trace.took)
    } else {
        times(trace, spans)
    };
    db.prepare_cached(
        "UPDATE trace_info SET timestamp_ms = ?2, execution_time_ms = ?3, status = ?4,
             request_preview = coalesce(request_preview, ?5), response_preview = coalesce(response_preview, ?6)
         WHERE request_id = ?1",
    )?
    .execute(params![
        trace.id,
        started,
        took,
        state.as_str(),
        preview("mlflow.spanInputs"),
        preview("mlflow.spanOutputs")
    ])?;
    let said = |keys: &[&str]| {
        keys.iter().find_map(|key| spans.iter().find_map(|span| span.text(key))).map(str::to_owned)
    };
    let session = said(&["session.id", "gen_ai.conversation.id"]);
    for (key, value) in [(SESSION, session), (USER, said(&["user.id"]))] {
        if let Some(value) = value.filter(|_| !trace.metadata.contains_key(key)) {
            put_metadata(db, tables, &trace.id, key, &value)?;
        }
    }
    let finalized = trace.metadata.contains_key(FINALIZED) && trace.metadata.contains_key(TOKENS);
    if !finalized
        && spans.iter().any(|span| span.attributes.contains_key(USAGE))
        && let Some(total) = total_usage(&usages(db, &trace.id)?)
    {
        put_metadata(db, tables, &trace.id, TOKENS, &spaced(&Value::Object(total)))?;
    }
    Ok(())
}

/// When a trace began and how long it took, as far as its spans are known.
fn times(trace: &TraceInfo, spans: &[&Span]) -> (i64, Option<i64>) {
    let starts = spans.iter().map(|span| span.start / 1_000_000);
    let started = starts.chain([trace.started]).min().unwrap_or_default();
    let ends = spans.iter().filter_map(|span| span.end).map(|end| end / 1_000_000);
    let ended = ends.chain(trace.took.map(|took| trace.started + took)).max();
    (started, ended.map(|ended| ended - started))
}

/// What all spans of a trace say of tokens.
fn usages(db: &Connection, id: &str) -> Result<Vec<SpanUsage>> {
    let found = db
        .prepare_cached(
            "SELECT span_id, parent_span_id, json_extract(content, '$.attributes.\"mlflow.chat.tokenUsage\"')
             FROM spans WHERE trace_id = ?1",
        )?
        .query_map([id], |row| {
            let usage: Option<String> = row.get(2)?;
            let usage = usage.and_then(|text| serde_json::from_str(&text).ok());
            Ok(SpanUsage { id: row.get(0)?, parent: row.get(1)?, usage })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(found)
}

/// Tags of a trace that come with its spans. One that can't be a tag is passed over: the spans are worth more.
fn put_tags(
    db: &Connection,
    tables: TraceTables,
    id: &str,
    resource: &Map<String, Value>,
    spans: &[&Span],
) -> Result<()> {
    let own = |key: &str| key.starts_with("telemetry.sdk.") || key.starts_with("mlflow.");
    let resource = resource.iter().filter(|(key, _)| !own(key)).map(|(key, value)| (key.as_str(), value));
    let root = spans.iter().filter(|span| span.parent.is_none());
    let given = root.flat_map(|span| &span.attributes);
    let given = given.filter_map(|(key, value)| Some((key.strip_prefix(TAG)?, value)));
    for (key, value) in resource.chain(given) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if super::super::limits::check_key("tag", key).is_ok() {
            put_tag(db, tables, id, key, &text)?;
        }
    }
    Ok(())
}

/// Puts the spans of a trace into its experiment: they may have come with another.
pub(super) fn move_to(db: &Connection, id: &str, experiment: i64) -> Result<()> {
    db.prepare_cached("UPDATE spans SET experiment_id = ?2 WHERE trace_id = ?1")?
        .execute(params![id, experiment])?;
    Ok(())
}
