//! The parameters of a trial in the words of its command line.

use crate::space::{Point, Value};

/// The parameters of a point by dotted path, with their texts.
pub(super) fn flatten(point: &Point) -> Vec<(String, String)> {
    fn walk(prefix: &str, entries: &[(String, Value)], out: &mut Vec<(String, String)>) {
        for (name, value) in entries {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match value {
                Value::Map(inner) if !inner.is_empty() => walk(&path, inner, out),
                value => out.push((path, value_text(value))),
            }
        }
    }
    let mut out = Vec::new();
    walk("", &point.0, &mut out);
    out
}

/// The text of a value, as a command line gets it.
pub(super) fn value_text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        value => nested_text(value),
    }
}

fn nested_text(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(int) => int.to_string(),
        Value::Float(float) => float_text(*float),
        Value::Text(text) => quoted(text),
        Value::List(items) => {
            format!("[{}]", items.iter().map(nested_text).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let entry = |(name, value): &(String, Value)| format!("{}: {}", quoted(name), nested_text(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    let mark = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(mark);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c == mark || c == '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push(mark);
    out
}

/// The shortest digits that read back as the same number: positional for decimal exponents −4 to 15, else
/// with an exponent of at least two digits.
pub(super) fn float_text(x: f64) -> String {
    if x.is_nan() {
        return "nan".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf".to_owned() } else { "-inf".to_owned() };
    }
    let scientific = format!("{x:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        return format!("{x:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_on_the_command_line() {
        let cases = [
            (Value::Null, "None"),
            (Value::Bool(true), "True"),
            (Value::Int(3), "3"),
            (Value::Float(3.0), "3.0"),
            (Value::Float(0.0001), "0.0001"),
            (Value::Float(1e-5), "1e-05"),
            (Value::Float(1.5e-7), "1.5e-07"),
            (Value::Float(1e15), "1000000000000000.0"),
            (Value::Float(1e16), "1e+16"),
            (Value::Float(f64::NEG_INFINITY), "-inf"),
            (Value::Text("it's".to_owned()), "it's"),
            (Value::List(vec![Value::Int(1), Value::Text("it's".to_owned())]), "[1, \"it's\"]"),
            (Value::Map(vec![("lr".to_owned(), Value::Float(0.1))]), "{'lr': 0.1}"),
        ];
        for (value, text) in cases {
            assert_eq!(value_text(&value), text);
        }
    }

    #[test]
    fn nested_parameters_go_by_their_dotted_path() {
        let inner = Value::Map(vec![("lr".to_owned(), Value::Int(1))]);
        let point = Point(vec![("a".to_owned(), Value::Bool(false)), ("opt".to_owned(), inner)]);
        let pairs = [("a".to_owned(), "False".to_owned()), ("opt.lr".to_owned(), "1".to_owned())];
        assert_eq!(flatten(&point), pairs);
    }
}
