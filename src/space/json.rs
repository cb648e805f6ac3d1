//! Values as JSON: for data that people read, and in Python's spelling for `${args_json}`.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::Value;
use super::text::float_text;

impl Value {
    /// As JSON data. NaN and infinities become the texts `"NaN"`, `"Infinity"`, `"-Infinity"`, whole numbers
    /// beyond 64 bits become texts of their digits.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(x) => Json::Bool(*x),
            Self::Int(x) => {
                serde_json::Number::from_i128(*x).map_or_else(|| Json::String(x.to_string()), Json::Number)
            }
            Self::Float(x) => serde_json::Number::from_f64(*x)
                .map_or_else(|| Json::String(special_name(*x).to_owned()), Json::Number),
            Self::Text(x) => Json::String(x.clone()),
            Self::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.clone(), value.to_json())).collect())
            }
        }
    }

    /// Reads what [`to_json`](Self::to_json) wrote. The texts `"NaN"`, `"Infinity"` and `"-Infinity"` become
    /// floats: JSON can't distinguish them from texts of these letters.
    #[must_use]
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(x) => Self::Bool(*x),
            Json::Number(x) => {
                x.as_i128().map_or_else(|| Self::Float(x.as_f64().unwrap_or(f64::NAN)), Self::Int)
            }
            Json::String(x) => match x.as_str() {
                "NaN" => Self::Float(f64::NAN),
                "Infinity" => Self::Float(f64::INFINITY),
                "-Infinity" => Self::Float(f64::NEG_INFINITY),
                _ => Self::Text(x.clone()),
            },
            Json::Array(items) => Self::List(items.iter().map(Self::from_json).collect()),
            Json::Object(entries) => {
                Self::Map(entries.iter().map(|(key, value)| (key.clone(), Self::from_json(value))).collect())
            }
        }
    }

    /// JSON as Python's `json.dumps` spells it: `, ` and `: ` between, non-ASCII as `\uXXXX`, floats as on the
    /// command line, NaN and infinities bare.
    #[must_use]
    pub(crate) fn json_text(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(x) => out.push_str(if *x { "true" } else { "false" }),
            Self::Int(x) => {
                let _ = write!(out, "{x}");
            }
            Self::Float(x) if x.is_finite() => out.push_str(&float_text(*x)),
            Self::Float(x) => out.push_str(special_name(*x)),
            Self::Text(x) => write_string(x, out),
            Self::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    item.write_json(out);
                }
                out.push(']');
            }
            Self::Map(entries) => {
                out.push('{');
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    write_string(key, out);
                    out.push_str(": ");
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }
}

/// JavaScript's name of a float that JSON can't hold.
fn special_name(x: f64) -> &'static str {
    if x.is_nan() {
        "NaN"
    } else if x > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_text_is_what_python_dumps() {
        let value = Value::Map(vec![
            ("é".into(), Value::Text("a\"\u{1f600}\n".into())),
            ("x".into(), Value::List(vec![Value::Float(1e-5), Value::Float(f64::NAN), Value::Null])),
        ]);
        assert_eq!(value.json_text(), r#"{"\u00e9": "a\"\ud83d\ude00\n", "x": [1e-05, NaN, null]}"#);
    }

    #[test]
    fn data_survives_the_way_through_json() {
        let value = Value::List(vec![
            Value::Int(3),
            Value::Float(3.0),
            Value::Float(f64::INFINITY),
            Value::Text("3".into()),
            Value::Map(vec![("k".into(), Value::Bool(false))]),
        ]);
        let text = serde_json::to_string(&value.to_json()).unwrap();
        assert_eq!(Value::from_json(&serde_json::from_str(&text).unwrap()), value);
    }
}
