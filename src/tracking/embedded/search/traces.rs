//! The search among traces.

use super::super::traces::TraceTables;
use super::super::values::number;
use super::clauses::{Clauses, Pairs, Sql, direction};
use crate::tracking::Result;
use crate::tracking::embedded::error::invalid;
use crate::tracking::filter::{
    Condition, Entity, OrderTerm, Subject, TRACES, Test, TextOp, parse_filter, parse_order_by,
};
use crate::tracking::protocol::{SOURCE_RUN, TRACE_NAME, TraceQuery};

const TAGS: Pairs =
    Pairs { table: "trace_tags", link: "request_id", key_column: "key", value_column: "value" };
const METADATA: Pairs =
    Pairs { table: "trace_request_metadata", link: "request_id", key_column: "key", value_column: "value" };
/// The metadata that newer files have a column for.
const SESSION: &str = "mlflow.trace.session";

/// The conditions and the order of a search among traces `t`; `None`: of a file without traces.
pub(crate) fn trace_clauses(query: &TraceQuery, tables: Option<TraceTables>) -> Result<Clauses> {
    let promoted = tables.is_some_and(|tables| tables.promoted);
    let mut sql = Sql::default();
    let ids = query.experiment_ids.iter().map(|id| number(id.as_str())).collect::<Result<Vec<_>>>()?;
    let ids = sql.bind_list(&ids);
    sql.require(format!("t.experiment_id IN {ids}"));
    for condition in parse_filter(&query.filter, &TRACES)? {
        let said = say(&mut sql, promoted, &condition)?;
        sql.require(said);
    }
    for order in parse_order_by(&query.order_by, &TRACES)? {
        sort(&mut sql, promoted, &order)?;
    }
    sql.order_by("t.timestamp_ms DESC, t.request_id".to_owned());
    Ok(sql.finish())
}

fn say(sql: &mut Sql, promoted: bool, condition: &Condition) -> Result<String> {
    let Condition { subject: Subject { entity, key }, test } = condition;
    Ok(match (entity, key.as_str()) {
        (Entity::Attribute, "run_id") | (Entity::Metadata, SOURCE_RUN) => say_run(sql, test),
        (Entity::Attribute, "name") | (Entity::Tag, TRACE_NAME) if promoted => sql.test("t.trace_name", test),
        (Entity::Attribute, "name") => sql.test_pair(&TAGS, "t.request_id", TRACE_NAME, test),
        (Entity::Metadata, SESSION) if promoted => sql.test("t.session_id", test),
        (Entity::Attribute, "text") => say_span(sql, "x.content", test),
        (Entity::Attribute, name) => sql.test(column(name), test),
        (Entity::Tag, key) => sql.test_pair(&TAGS, "t.request_id", key, test),
        (Entity::Metadata, key) => sql.test_pair(&METADATA, "t.request_id", key, test),
        (Entity::Span, "name" | "type" | "status") => say_span(sql, &format!("x.{key}"), test),
        (Entity::Span, "content") => say_span(sql, "x.content", test),
        (Entity::Span, key) => {
            let Some(attribute) = key.strip_prefix("attributes.") else { return Err(wrong_span(key)) };
            say_attribute(sql, attribute.trim_matches('`'), test)
        }
        (Entity::Feedback, key) => say_assessment(sql, "feedback", key, test),
        (Entity::Expectation, key) => say_assessment(sql, "expectation", key, test),
        (_, key) => return Err(invalid(format!("Invalid search key '{key}'"))),
    })
}

fn wrong_span(key: &str) -> crate::tracking::TrackingError {
    invalid(format!(
        "Invalid span attribute '{key}'. Supported attributes: name, status, type, attributes.<attribute_name>."
    ))
}

fn column(attribute: &str) -> &'static str {
    match attribute {
        "timestamp_ms" => "t.timestamp_ms",
        "execution_time_ms" => "t.execution_time_ms",
        "end_time_ms" => "(t.timestamp_ms + coalesce(t.execution_time_ms, 0))",
        "status" => "t.status",
        "client_request_id" => "t.client_request_id",
        "experiment_id" => "CAST(t.experiment_id AS TEXT)",
        _ => "t.request_id",
    }
}

/// The traces of a run: its own, and those that were linked to it.
fn say_run(sql: &mut Sql, test: &Test) -> String {
    let own = sql.test_pair(&METADATA, "t.request_id", SOURCE_RUN, test);
    if !matches!(test, Test::Text(TextOp::Eq, _) | Test::In(_)) {
        return own;
    }
    let linked = sql.test("x.destination_id", test);
    format!(
        "({own} OR EXISTS (SELECT 1 FROM entity_associations x WHERE x.source_type = 'trace' AND
             x.source_id = t.request_id AND x.destination_type = 'run' AND {linked}))"
    )
}

fn say_span(sql: &mut Sql, expression: &str, test: &Test) -> String {
    let said = sql.test(expression, test);
    format!("EXISTS (SELECT 1 FROM spans x WHERE x.trace_id = t.request_id AND {said})")
}

/// An attribute is a JSON text; it is compared as what it says.
fn say_attribute(sql: &mut Sql, attribute: &str, test: &Test) -> String {
    let place = sql.bind(attribute.to_owned());
    let said = sql
        .test("coalesce(CASE WHEN json_valid(a.value) THEN json_extract(a.value, '$') END, a.value)", test);
    format!(
        "EXISTS (SELECT 1 FROM spans x, json_each(x.content, '$.attributes') a
             WHERE x.trace_id = t.request_id AND a.key = {place} AND {said})"
    )
}

/// An assessment's value is JSON: `true`, `0.5`, `\"yes\"`.
fn say_assessment(sql: &mut Sql, kind: &'static str, name: &str, test: &Test) -> String {
    let place = sql.bind(name.to_owned());
    let row = format!(
        "SELECT 1 FROM assessments x WHERE x.trace_id = t.request_id AND x.assessment_type = '{kind}' AND
             x.name = {place} AND x.valid"
    );
    let said = match test {
        Test::Missing => return format!("NOT EXISTS ({row})"),
        Test::Present => return format!("EXISTS ({row})"),
        // Truths are 1 and 0 for SQLite, but true and false for those who ask.
        Test::Text(..) | Test::In(_) | Test::NotIn(_) => sql.test(
            "CASE json_type(x.value) WHEN 'text' THEN json_extract(x.value, '$') ELSE x.value END",
            test,
        ),
        Test::Number(..) => {
            let number = sql.test("json_extract(x.value, '$')", test);
            format!("json_type(x.value) IN ('integer', 'real') AND {number}")
        }
    };
    format!("EXISTS ({row} AND {said})")
}

fn sort(sql: &mut Sql, promoted: bool, order: &OrderTerm) -> Result<()> {
    let OrderTerm { subject: Subject { entity, key }, ascending } = order;
    let mut pair = |table: &str, key: &str| {
        let place = sql.bind(key.to_owned());
        format!("(SELECT x.value FROM {table} x WHERE x.request_id = t.request_id AND x.key = {place})")
    };
    let expression = match (entity, key.as_str()) {
        (Entity::Attribute, "name") | (Entity::Tag, TRACE_NAME) if promoted => "t.trace_name".to_owned(),
        (Entity::Attribute, "name") => pair("trace_tags", TRACE_NAME),
        (Entity::Attribute, "run_id") => pair("trace_request_metadata", SOURCE_RUN),
        (Entity::Metadata, SESSION) if promoted => "t.session_id".to_owned(),
        (Entity::Attribute, "text") => return Err(invalid("Invalid order by field name: text")),
        (Entity::Attribute, name) => column(name).to_owned(),
        (Entity::Tag, key) => pair("trace_tags", key),
        (_, key) => pair("trace_request_metadata", key),
    };
    let direction = direction(*ascending);
    sql.order_by(format!("{expression} IS NULL, {expression} {direction}"));
    Ok(())
}
