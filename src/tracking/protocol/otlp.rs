//! What programs send to `/v1/traces`: spans in OpenTelemetry's protocol, as protobuf or as JSON. Field numbers and names:
//! `opentelemetry/proto/trace/v1/trace.proto`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::protobuf::{Malformed, WireFields, WireValue};
use super::span::{Span, SpanEvent, SpanLink, SpanStatus, trace_id_of};

/// How deep a value may be nested.
const DEEPEST: usize = 64;

/// The spans of one program.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SentSpans {
    /// What is known of the program, such as `service.name`.
    pub resource: Map<String, Value>,
    /// Its spans.
    pub spans: Vec<Span>,
}

/// Reads protobuf; `None`: it is none, or a span lacks an id.
#[must_use]
pub fn spans_of_protobuf(body: &[u8]) -> Option<Vec<SentSpans>> {
    repeated(body, 1, resource_spans).ok()
}

/// Reads JSON; `None`: it is none, or a span lacks an id.
#[must_use]
pub fn spans_of_json(body: &[u8]) -> Option<Vec<SentSpans>> {
    let whole: Value = serde_json::from_slice(body).ok()?;
    let of = |place: &Value, name: &str| place[name].as_array().cloned().unwrap_or_default();
    let sent = |program: &Value| {
        let spans = of(program, "scopeSpans").into_iter().flat_map(|scope| of(&scope, "spans"));
        Some(SentSpans {
            resource: json_attributes(&program["resource"]["attributes"]),
            spans: spans.map(|span| json_span(&span)).collect::<Option<_>>()?,
        })
    };
    of(&whole, "resourceSpans").iter().map(sent).collect()
}

fn repeated<T>(
    message: &[u8],
    number: u64,
    read: impl Fn(&[u8]) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let mut found = Vec::new();
    for field in WireFields(message) {
        let (field, value) = field?;
        if field == number {
            found.push(read(value.bytes()?)?);
        }
    }
    Ok(found)
}

fn resource_spans(message: &[u8]) -> Result<SentSpans, Malformed> {
    let resources = repeated(message, 1, |resource| attributes(resource, 1))?;
    let scopes = repeated(message, 2, |scope| repeated(scope, 2, span))?;
    Ok(SentSpans {
        resource: resources.into_iter().flatten().collect(),
        spans: scopes.into_iter().flatten().collect(),
    })
}

/// The attributes among a message's fields.
fn attributes(message: &[u8], number: u64) -> Result<Map<String, Value>, Malformed> {
    Ok(repeated(message, number, |pair| key_value(pair, 0))?.into_iter().collect())
}

fn span(message: &[u8]) -> Result<Span, Malformed> {
    let (mut trace, mut id, mut parent) = (None, None, None);
    let (mut name, mut start, mut end, mut status) = (String::new(), 0, 0, (SpanStatus::Unset, None));
    for field in WireFields(message) {
        let (number, value) = field?;
        match number {
            1 => trace = big_endian(value.bytes()?, 16),
            2 => id = big_endian(value.bytes()?, 8),
            4 => parent = big_endian(value.bytes()?, 8),
            5 => name = value.text()?,
            7 => start = value.number()?,
            8 => end = value.number()?,
            15 => status = wire_status(value.bytes()?)?,
            _ => {}
        }
    }
    let mut span = Span {
        trace: trace.ok_or(Malformed)?,
        id: id.and_then(|id| u64::try_from(id).ok()).ok_or(Malformed)?,
        parent: parent.and_then(|id| u64::try_from(id).ok()).filter(|id| *id != 0),
        name,
        start: start.cast_signed(),
        end: (end != 0).then_some(end.cast_signed()),
        status: status.0,
        message: status.1,
        attributes: attributes(message, 9)?,
        events: repeated(message, 11, event)?,
        links: repeated(message, 13, link)?,
    };
    span.name_trace();
    Ok(span)
}

/// An id of at most so many bytes; `None`: it is empty, or longer.
fn big_endian(bytes: &[u8], most: usize) -> Option<u128> {
    let fits = !bytes.is_empty() && bytes.len() <= most;
    fits.then(|| bytes.iter().fold(0, |number, byte| number << 8 | u128::from(*byte)))
}

fn wire_status(message: &[u8]) -> Result<(SpanStatus, Option<String>), Malformed> {
    let (mut code, mut why) = (SpanStatus::Unset, None);
    for field in WireFields(message) {
        match field? {
            (2, value) => why = Some(value.text()?).filter(|text| !text.is_empty()),
            (3, value) => code = SpanStatus::parse(&value.number()?.into()),
            _ => {}
        }
    }
    Ok((code, why))
}

fn event(message: &[u8]) -> Result<SpanEvent, Malformed> {
    let (mut time, mut name) = (0, String::new());
    for field in WireFields(message) {
        match field? {
            (1, value) => time = value.number()?,
            (2, value) => name = value.text()?,
            _ => {}
        }
    }
    Ok(SpanEvent { name, time: time.cast_signed(), attributes: attributes(message, 3)? })
}

fn link(message: &[u8]) -> Result<SpanLink, Malformed> {
    let (mut trace, mut span) = (0, 0);
    for field in WireFields(message) {
        match field? {
            (1, value) => trace = big_endian(value.bytes()?, 16).unwrap_or_default(),
            (2, value) => span = big_endian(value.bytes()?, 8).unwrap_or_default(),
            _ => {}
        }
    }
    let attributes = attributes(message, 4)?;
    Ok(SpanLink { trace_id: trace_id_of(trace), span_id: format!("{span:016x}"), attributes })
}

fn key_value(message: &[u8], depth: usize) -> Result<(String, Value), Malformed> {
    let (mut key, mut found) = (String::new(), Value::Null);
    for field in WireFields(message) {
        match field? {
            (1, value) => key = value.text()?,
            (2, value) => found = any_value(value.bytes()?, depth + 1)?,
            _ => {}
        }
    }
    Ok((key, found))
}

fn any_value(message: &[u8], depth: usize) -> Result<Value, Malformed> {
    if depth > DEEPEST {
        return Err(Malformed);
    }
    let Some(last) = WireFields(message).last() else { return Ok(Value::Null) };
    Ok(match last? {
        (1, value) => value.text()?.into(),
        (2, value) => (value.number()? != 0).into(),
        (3, value) => value.number()?.cast_signed().into(),
        (4, WireValue::Fixed64(bits)) => double(f64::from_bits(bits)),
        (5, value) => repeated(value.bytes()?, 1, |one| any_value(one, depth + 1))?.into(),
        (6, value) => {
            let pairs = repeated(value.bytes()?, 1, |pair| key_value(pair, depth + 1))?;
            Value::Object(pairs.into_iter().collect())
        }
        (7, value) => STANDARD.encode(value.bytes()?).into(),
        _ => return Err(Malformed),
    })
}

/// JSON has no word for what is no number.
fn double(number: f64) -> Value {
    serde_json::Number::from_f64(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
}

fn json_span(span: &Value) -> Option<Span> {
    let hex = |name: &str, width: usize| {
        let text = span[name].as_str().filter(|text| !text.is_empty() && text.len() <= width)?;
        u128::from_str_radix(text, 16).ok()
    };
    let mut read = Span {
        trace: hex("traceId", 32)?,
        id: u64::try_from(hex("spanId", 16)?).ok()?,
        parent: hex("parentSpanId", 16).and_then(|id| u64::try_from(id).ok()).filter(|id| *id != 0),
        name: span["name"].as_str().unwrap_or_default().to_owned(),
        start: whole(&span["startTimeUnixNano"]).unwrap_or_default(),
        end: whole(&span["endTimeUnixNano"]).filter(|time| *time != 0),
        status: SpanStatus::parse(&span["status"]["code"]),
        message: span["status"]["message"].as_str().filter(|text| !text.is_empty()).map(str::to_owned),
        attributes: json_attributes(&span["attributes"]),
        events: span["events"].as_array().into_iter().flatten().map(json_event).collect(),
        links: span["links"].as_array().into_iter().flatten().filter_map(json_link).collect(),
    };
    read.name_trace();
    Some(read)
}

fn json_event(event: &Value) -> SpanEvent {
    SpanEvent {
        name: event["name"].as_str().unwrap_or_default().to_owned(),
        time: whole(&event["timeUnixNano"]).unwrap_or_default(),
        attributes: json_attributes(&event["attributes"]),
    }
}

fn json_link(link: &Value) -> Option<SpanLink> {
    let trace = u128::from_str_radix(link["traceId"].as_str()?, 16).ok()?;
    let span = link["spanId"].as_str()?.to_owned();
    Some(SpanLink {
        trace_id: trace_id_of(trace),
        span_id: span,
        attributes: json_attributes(&link["attributes"]),
    })
}

/// 64 bits, which JSON has as a text.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn json_attributes(pairs: &Value) -> Map<String, Value> {
    let pairs = pairs.as_array().into_iter().flatten();
    pairs.filter_map(|pair| Some((pair["key"].as_str()?.to_owned(), json_value(&pair["value"])))).collect()
}

// serde_json refuses what is nested more than 128 levels deep.
fn json_value(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|one| one.iter().next()) else { return Value::Null };
    match kind.as_str() {
        "intValue" => whole(inner).map_or(Value::Null, Value::from),
        "arrayValue" => inner["values"].as_array().into_iter().flatten().map(json_value).collect(),
        "kvlistValue" => Value::Object(json_attributes(&inner["values"])),
        _ => inner.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A field of a message: number and bytes.
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    }

    #[test]
    fn protobuf_and_json_say_the_same() {
        let number = field(2, &[0x18, 42]);
        let list = field(2, &field(5, &field(1, &field(1, b"a"))));
        let span = [
            field(1, &1_u128.to_be_bytes()),
            field(2, &2_u64.to_be_bytes()),
            field(5, b"call"),
            [&[0x39][..], &7_u64.to_le_bytes()].concat(),
            field(9, &[field(1, b"n"), number].concat()),
            field(9, &[field(1, b"l"), list].concat()),
            field(11, &field(2, b"token")),
            field(15, &[0x18, 2]),
        ]
        .concat();
        let resource =
            field(1, &field(1, &[field(1, b"service.name"), field(2, &field(1, b"bot"))].concat()));
        let body = field(1, &[resource, field(2, &field(2, &span))].concat());
        let read = spans_of_protobuf(&body).unwrap();
        assert_eq!(read[0].resource["service.name"], "bot");
        let found = &read[0].spans[0];
        assert_eq!((found.trace, found.id, found.parent, found.start, found.end), (1, 2, None, 7, None));
        assert_eq!((found.status, found.attributes["n"].as_i64()), (SpanStatus::Error, Some(42)));
        assert_eq!((&found.attributes["l"], found.events[0].name.as_str()), (&json!(["a"]), "token"));
        let same = json!({"resourceSpans": [{
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "bot"}}]},
            "scopeSpans": [{"spans": [{
                "traceId": "00000000000000000000000000000001", "spanId": "0000000000000002", "name": "call",
                "startTimeUnixNano": "7", "status": {"code": 2}, "events": [{"name": "token"}],
                "attributes": [
                    {"key": "n", "value": {"intValue": "42"}},
                    {"key": "l", "value": {"arrayValue": {"values": [{"stringValue": "a"}]}}},
                ],
            }]}],
        }]});
        assert_eq!(spans_of_json(same.to_string().as_bytes()).unwrap(), read);
    }

    #[test]
    fn a_span_without_an_id_or_with_endless_values_is_refused() {
        let body = field(1, &field(2, &field(2, &field(1, &1_u128.to_be_bytes()))));
        assert!(spans_of_protobuf(&body).is_none());
        assert!(
            spans_of_json(br#"{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "x"}]}]}]}"#).is_none()
        );
        assert!(any_value(&[], DEEPEST + 1).is_err());
        assert!(spans_of_protobuf(&[0x0a, 9]).is_none() && spans_of_json(b"{").is_none());
    }
}
