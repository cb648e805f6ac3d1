//! Spans: the steps of a trace, with their two forms. A table holds MLflow's (attributes are JSON texts), the REST API
//! sends OpenTelemetry's (attributes are typed values).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// The attribute that says what kind of step a span is.
const SPAN_TYPE: &str = "mlflow.spanType";
/// The attribute that names the trace.
const REQUEST_ID: &str = "mlflow.traceRequestId";

/// A step of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// The trace's id as OpenTelemetry has it.
    pub trace: u128,
    /// Its own.
    pub id: u64,
    /// The span that it is a part of; `None`: it is the whole trace.
    pub parent: Option<u64>,
    /// Its name.
    pub name: String,
    /// When it began, epoch nanoseconds.
    pub start: i64,
    /// When it ended.
    pub end: Option<i64>,
    /// How it ended.
    pub status: SpanStatus,
    /// Why it failed.
    pub message: Option<String>,
    /// Its attributes.
    pub attributes: Map<String, Value>,
    /// What happened meanwhile.
    pub events: Vec<SpanEvent>,
    /// Spans of other traces that it has to do with.
    pub links: Vec<SpanLink>,
}

/// How a span ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SpanStatus {
    /// Nobody said.
    #[default]
    Unset,
    /// Well.
    Ok,
    /// With an error.
    Error,
}

impl SpanStatus {
    /// MLflow's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "UNSET",
            Self::Ok => "OK",
            Self::Error => "ERROR",
        }
    }

    /// Reads OpenTelemetry's number or word.
    #[must_use]
    pub fn parse(code: &Value) -> Self {
        match (code.as_u64(), code.as_str()) {
            (Some(1), _) | (_, Some("STATUS_CODE_OK")) => Self::Ok,
            (Some(2), _) | (_, Some("STATUS_CODE_ERROR")) => Self::Error,
            _ => Self::Unset,
        }
    }
}

/// Something that happened during a span.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanEvent {
    /// What.
    pub name: String,
    /// When, epoch nanoseconds.
    pub time: i64,
    /// More about it.
    pub attributes: Map<String, Value>,
}

/// A span of another trace.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanLink {
    /// The trace's id in MLflow's form.
    pub trace_id: String,
    /// The span's, in hex.
    pub span_id: String,
    /// More about the link.
    pub attributes: Map<String, Value>,
}

/// MLflow's id of the trace that OpenTelemetry names so.
#[must_use]
pub fn trace_id_of(trace: u128) -> String {
    format!("tr-{trace:032x}")
}

impl Span {
    /// MLflow's id of its trace.
    #[must_use]
    pub fn trace_id(&self) -> String {
        trace_id_of(self.trace)
    }

    /// Its id in hex.
    #[must_use]
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.id)
    }

    /// What kind of step it is.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.text(SPAN_TYPE)
    }

    /// An attribute that is a text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.attributes.get(key).and_then(Value::as_str)
    }

    /// As a table holds it.
    #[must_use]
    pub fn content(&self) -> Value {
        let attributes: Map<String, Value> = self
            .attributes
            .iter()
            .map(|(key, value)| (key.clone(), Value::String(value.to_string())))
            .collect();
        let events: Vec<Value> = self
            .events
            .iter()
            .map(|event| json!({"name": event.name, "time_unix_nano": event.time, "attributes": event.attributes}))
            .collect();
        let links: Vec<Value> = self
            .links
            .iter()
            .map(|link| {
                let attributes = (!link.attributes.is_empty()).then_some(&link.attributes);
                json!({"trace_id": link.trace_id, "span_id": link.span_id, "attributes": attributes})
            })
            .collect();
        json!({
            "trace_id": STANDARD.encode(self.trace.to_be_bytes()),
            "span_id": STANDARD.encode(self.id.to_be_bytes()),
            "parent_span_id": self.parent.map(|id| STANDARD.encode(id.to_be_bytes())),
            "name": self.name,
            "start_time_unix_nano": self.start,
            "end_time_unix_nano": self.end,
            "events": events,
            "status": {"code": format!("STATUS_CODE_{}", self.status.as_str()), "message": self.message.as_deref().unwrap_or_default()},
            "attributes": attributes,
            "links": links,
        })
    }

    /// Names its trace among its attributes, as MLflow's spans do.
    pub fn name_trace(&mut self) {
        let id = Value::String(self.trace_id());
        self.attributes.insert(REQUEST_ID.to_owned(), id);
    }
}

/// A span of a table as OpenTelemetry's JSON, in the names that MLflow's REST API uses; `None`: it is no span.
#[must_use]
pub fn wire_of(content: &Value) -> Option<Value> {
    let attributes = content["attributes"].as_object()?;
    let decoded = |value: &Value| match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        other => other.clone(),
    };
    let mut span = Map::new();
    for key in ["trace_id", "span_id", "parent_span_id", "name", "start_time_unix_nano", "end_time_unix_nano"]
    {
        if let Some(value) = content.get(key).filter(|value| !value.is_null()) {
            span.insert(key.to_owned(), value.clone());
        }
    }
    let pairs =
        attributes.iter().map(|(key, value)| json!({"key": key, "value": any_value(&decoded(value))}));
    span.insert("attributes".to_owned(), pairs.collect());
    span.insert("events".to_owned(), list(&content["events"], event));
    span.insert("status".to_owned(), status(&content["status"]));
    span.insert("links".to_owned(), list(&content["links"], link));
    Some(Value::Object(span))
}

fn list(values: &Value, one: fn(&Value) -> Value) -> Value {
    values.as_array().map_or_else(|| json!([]), |values| values.iter().map(one).collect())
}

fn status(status: &Value) -> Value {
    let mut sent = json!({"code": status["code"].as_str().unwrap_or("STATUS_CODE_UNSET")});
    if let Some(message) = status["message"].as_str().filter(|text| !text.is_empty()) {
        sent["message"] = json!(message);
    }
    sent
}

fn event(event: &Value) -> Value {
    json!({"name": event["name"], "time_unix_nano": event["time_unix_nano"], "attributes": typed(&event["attributes"])})
}

fn link(link: &Value) -> Value {
    let bytes = |id: &Value, width: usize| {
        let hex = id.as_str().unwrap_or_default().rsplit(['-', '/']).next().unwrap_or_default();
        let number = u128::from_str_radix(hex, 16).unwrap_or_default().to_be_bytes();
        STANDARD.encode(&number[16 - width..])
    };
    json!({"trace_id": bytes(&link["trace_id"], 16), "span_id": bytes(&link["span_id"], 8), "attributes": typed(&link["attributes"])})
}

fn typed(attributes: &Value) -> Value {
    let pairs = attributes.as_object().into_iter().flatten();
    pairs.map(|(key, value)| json!({"key": key, "value": any_value(value)})).collect()
}

/// A value with its type.
fn any_value(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(yes) => json!({"bool_value": yes}),
        Value::String(text) => json!({"string_value": text}),
        // 64 bits would not survive a reader of floats.
        Value::Number(number) if number.is_i64() => json!({"int_value": number.to_string()}),
        Value::Number(number) => json!({"double_value": number.as_f64()}),
        Value::Array(values) => {
            json!({"array_value": {"values": values.iter().map(any_value).collect::<Vec<_>>()}})
        }
        Value::Object(_) => json!({"kvlist_value": {"values": typed(value)}}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_two_forms_that_say_the_same() {
        let attributes = json!({SPAN_TYPE: "LLM", "n": 3, "x": 0.5, "yes": true, "list": [1, {"a": null}]});
        let mut span = Span {
            trace: 0xab,
            id: 7,
            parent: Some(1),
            name: "call".to_owned(),
            start: 1_700_000_000_000_000_001,
            end: None,
            status: SpanStatus::Error,
            message: Some("no".to_owned()),
            attributes: attributes.as_object().unwrap().clone(),
            events: vec![SpanEvent { name: "e".to_owned(), time: 5, attributes: Map::new() }],
            links: vec![SpanLink {
                trace_id: trace_id_of(1),
                span_id: "02".to_owned(),
                attributes: Map::new(),
            }],
        };
        span.name_trace();
        assert_eq!(span.kind(), Some("LLM"));
        let content = span.content();
        assert_eq!(content["attributes"]["list"], json!(r#"[1,{"a":null}]"#));
        assert_eq!(content["attributes"][REQUEST_ID], json!(format!("\"{}\"", span.trace_id())));
        let sent = wire_of(&content).unwrap();
        assert_eq!(sent["span_id"], json!("AAAAAAAAAAc="));
        assert_eq!(sent["start_time_unix_nano"], json!(1_700_000_000_000_000_001_i64));
        assert_eq!(sent["status"], json!({"code": "STATUS_CODE_ERROR", "message": "no"}));
        assert_eq!(sent["attributes"][1], json!({"key": "n", "value": {"int_value": "3"}}));
        assert_eq!(
            sent["attributes"][4]["value"]["array_value"]["values"][1]["kvlist_value"]["values"][0]["value"],
            json!({})
        );
        assert_eq!(sent["links"][0]["span_id"], json!("AAAAAAAAAAI="));
        assert!(wire_of(&json!({"spans": 1})).is_none());
    }
}
