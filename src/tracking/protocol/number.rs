//! Numbers in MLflow's JSON and in its tables.
//!
//! | what | a server sends | a client may send | a table holds |
//! |---|---|---|---|
//! | int64 | a number | a number, its digits as text, `7.0` | an integer |
//! | NaN | `"NaN"` | `"NaN"` | 0, marked |
//! | ±∞ | ±1.7976931348623157e308 | `"Infinity"`, `"-Infinity"`, `"inf"`, `"-inf"`, or that number | ±1.7976931348623157e308 |
//!
//! So the two largest floats stand for the infinities, and cannot be logged themselves.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};

/// 2^53: up to there a float says which whole number it is.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// What a value in MLflow's form stands for.
#[must_use]
pub(crate) fn decoded(stored: f64) -> f64 {
    if stored.abs() == f64::MAX { f64::INFINITY.copysign(stored) } else { stored }
}

/// MLflow's form of a value in its tables, and whether it is the mark of NaN.
#[must_use]
pub(crate) fn encoded(value: f64) -> (f64, bool) {
    if value.is_nan() { (0.0, true) } else { (value.clamp(f64::MIN, f64::MAX), false) }
}

/// Reads an int64; `None` for `null`.
pub(crate) fn int64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    deserializer.deserialize_any(Int64)
}

/// Reads an int64 of an answer; 0 for `null`.
pub(crate) fn int64_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(int64(deserializer)?.unwrap_or_default())
}

/// Reads an int64 that must be there.
pub(crate) fn needed_int64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    int64(deserializer)?.ok_or_else(|| D::Error::custom("expected a whole number, found null"))
}

struct Int64;

impl Visitor<'_> for Int64 {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        i64::try_from(number)
            .map(Some)
            .map_err(|_| E::custom(format!("expected a whole number of 64 bits, found {number}")))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        if number.fract() == 0.0 && number.abs() <= LARGEST_EXACT {
            #[allow(clippy::cast_possible_truncation)]
            Ok(Some(number as i64))
        } else {
            Err(E::custom(format!("expected a whole number, found {number}")))
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let wrong = |_| E::custom(format!("expected a whole number, found \"{text}\""));
        text.trim().parse().map(Some).map_err(wrong)
    }
}

/// The values of metrics, for serde's `with`.
pub(crate) mod double {
    use serde::{Deserializer, Serializer};

    use super::{Double, decoded, encoded};

    /// Writes a value as MLflow's server does.
    // serde wants a reference here.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        match encoded(*value) {
            (_, true) => serializer.serialize_str("NaN"),
            (number, false) => serializer.serialize_f64(number),
        }
    }

    /// Reads a value.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        deserializer.deserialize_any(Double).map(decoded)
    }
}

struct Double;

impl Visitor<'_> for Double {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or \"NaN\"")
    }

    // Python's bools are numbers.
    fn visit_bool<E: Error>(self, yes: bool) -> Result<f64, E> {
        Ok(f64::from(u8::from(yes)))
    }

    #[allow(clippy::cast_precision_loss)]
    fn visit_i64<E: Error>(self, number: i64) -> Result<f64, E> {
        Ok(number as f64)
    }

    #[allow(clippy::cast_precision_loss)]
    fn visit_u64<E: Error>(self, number: u64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<f64, E> {
        Ok(number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        match text {
            "NaN" => Ok(f64::NAN),
            "Infinity" | "inf" => Ok(f64::INFINITY),
            "-Infinity" | "-inf" => Ok(f64::NEG_INFINITY),
            // Of the words for what is no number only MLflow's own are taken, and no digits that mean one.
            digits => digits
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .ok_or_else(|| E::custom(format!("expected a number or \"NaN\", found \"{text}\""))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct SampleNumbers {
        #[serde(default, deserialize_with = "int64")]
        step: Option<i64>,
        #[serde(default, with = "double")]
        value: f64,
    }

    fn read(json: &str) -> Result<SampleNumbers, serde_json::Error> {
        serde_json::from_str(json)
    }

    fn value(json: &str) -> f64 {
        read(&format!(r#"{{"value":{json}}}"#)).unwrap().value
    }

    fn written(value: f64) -> String {
        serde_json::to_string(&SampleNumbers { step: None, value }).unwrap()
    }

    #[test]
    fn whole_numbers_come_as_numbers_or_as_texts() {
        for json in ["7", r#""7""#, r#"" 7 ""#, "7.0"] {
            assert_eq!(read(&format!(r#"{{"step":{json}}}"#)).unwrap().step, Some(7), "{json}");
        }
        for (json, step) in [
            ("-3", -3),
            ("9223372036854775807", i64::MAX),
            (r#""9223372036854775807""#, i64::MAX),
            (r#""-9223372036854775808""#, i64::MIN),
        ] {
            assert_eq!(read(&format!(r#"{{"step":{json}}}"#)).unwrap().step, Some(step));
        }
        assert_eq!(read("{}").unwrap().step, None);
        assert_eq!(read(r#"{"step":null}"#).unwrap().step, None);
        for json in ["1.5", r#""x""#, r#""""#, "[]", "{}", "1e300", "9223372036854775808", "true"] {
            assert!(read(&format!(r#"{{"step":{json}}}"#)).is_err(), "{json}");
        }
    }

    #[test]
    fn values_come_as_numbers_or_as_mlflows_words() {
        for (json, number) in [("0.5", 0.5), ("1", 1.0), ("-2", -2.0), (r#""0.25""#, 0.25), ("true", 1.0)] {
            assert_eq!(value(json).to_bits(), f64::to_bits(number), "{json}");
        }
        assert!(value(r#""NaN""#).is_nan());
        for json in [r#""nan""#, r#""1e999""#, r#""infinity""#, "{}", "[]", "null", r#""""#] {
            assert!(read(&format!(r#"{{"value":{json}}}"#)).is_err(), "{json}");
        }
    }

    #[test]
    fn both_forms_of_an_infinity_are_the_infinity() {
        for json in [r#""Infinity""#, r#""inf""#, "1.7976931348623157e308", "1.7976931348623157e+308"] {
            assert_eq!(value(json), f64::INFINITY, "{json}");
        }
        for json in [r#""-Infinity""#, r#""-inf""#, "-1.7976931348623157e308"] {
            assert_eq!(value(json), f64::NEG_INFINITY, "{json}");
        }
        assert_eq!(value("1.7976931348623155e308"), 1.797_693_134_862_315_5e308);
    }

    #[test]
    fn values_are_written_as_a_server_of_mlflow_writes_them() {
        assert_eq!(written(f64::NAN), r#"{"step":null,"value":"NaN"}"#);
        assert_eq!(written(0.5), r#"{"step":null,"value":0.5}"#);
        assert_eq!(written(f64::INFINITY), r#"{"step":null,"value":1.7976931348623157e+308}"#);
        assert_eq!(written(f64::NEG_INFINITY), r#"{"step":null,"value":-1.7976931348623157e+308}"#);
    }

    #[test]
    fn what_a_table_holds_is_read_back() {
        for value in [0.0, -1.5, f64::INFINITY, f64::NEG_INFINITY, 1e308] {
            let (stored, is_nan) = encoded(value);
            assert!(!is_nan && stored.is_finite());
            assert_eq!(decoded(stored).to_bits(), value.to_bits());
        }
        assert_eq!(encoded(f64::NAN), (0.0, true));
    }
}
