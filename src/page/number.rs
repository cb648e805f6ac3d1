//! Numbers as short JSON texts: thousands of them are sent, and a plot needs no more than seven digits.

use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::space::Value;

/// A longer text is cut: a page shows it in a cell.
const LONGEST: usize = 200;

/// A value as the page needs it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// There is none.
    Empty,
    /// Seven digits.
    Short(f32),
    /// More digits, or beyond what seven digits reach.
    Long(f64),
    /// A whole number.
    Whole(i64),
    /// Anything else; NaN and infinities are texts.
    Other(Json),
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => serializer.serialize_none(),
            Self::Short(number) => serializer.serialize_f32(*number),
            Self::Long(number) => serializer.serialize_f64(*number),
            Self::Whole(number) => serializer.serialize_i64(*number),
            Self::Other(json) => json.serialize(serializer),
        }
    }
}

impl Cell {
    /// A parameter's value.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Empty,
            Value::Float(number) => Self::number(*number),
            Value::Int(number) => {
                i64::try_from(*number).map_or_else(|_| Self::text(&value.text()), Self::Whole)
            }
            Value::Bool(truth) => Self::Other(Json::Bool(*truth)),
            Value::Text(text) => Self::text(text),
            Value::List(_) | Value::Map(_) => Self::text(&value.json_text()),
        }
    }

    /// A number with seven digits.
    pub fn number(number: f64) -> Self {
        let size = number.abs();
        #[allow(clippy::cast_possible_truncation)]
        match number {
            0.0 => Self::Short(0.0),
            _ if (1e-30..1e30).contains(&size) => Self::Short(number as f32),
            other => Self::exact(other),
        }
    }

    /// A number with all its digits.
    pub fn exact(number: f64) -> Self {
        if number.is_finite() { Self::Long(number) } else { Self::Other(Value::Float(number).to_json()) }
    }

    fn text(text: &str) -> Self {
        let mut characters = text.chars();
        let mut short: String = characters.by_ref().take(LONGEST).collect();
        if characters.next().is_some() {
            short.push('…');
        }
        Self::Other(Json::String(short))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_short_json_and_lose_no_kind_of_value() {
        let json = |value: &Value| serde_json::to_string(&Cell::of(value)).unwrap();
        assert_eq!(json(&Value::Float(0.123_456_789_012)), "0.12345679");
        assert_eq!(json(&Value::Float(1e-4)), "0.0001");
        assert_eq!(json(&Value::Float(1e300)), "1e+300");
        assert_eq!(json(&Value::Float(f64::NAN)), "\"NaN\"");
        assert_eq!(json(&Value::Float(f64::NEG_INFINITY)), "\"-Infinity\"");
        assert_eq!(json(&Value::Int(9_007_199_254_740_993)), "9007199254740993");
        assert_eq!(json(&Value::Int(i128::MAX)), format!("\"{}\"", i128::MAX));
        assert_eq!((json(&Value::Null), json(&Value::Bool(true))), ("null".to_owned(), "true".to_owned()));
        assert_eq!(json(&Value::Text("x".repeat(8000))).chars().count(), LONGEST + 3);
    }
}
