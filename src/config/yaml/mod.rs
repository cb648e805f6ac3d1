//! YAML 1.1 text as a tree in which every node knows its place.
//!
//! A library that loads YAML into data would lose what the messages need: line and column, repeated keys, and
//! whether a scalar was quoted. So the events of the parser are read into a tree of our own. The tree is
//! bounded: aliases are expanded, but never beyond [`MAX_NODES`].

mod hint;
mod limits;
mod merge;
mod node;
mod read;
mod relax;
mod scalar;

pub use limits::{MAX_BYTES, MAX_DEPTH, MAX_NODES};
pub(super) use node::shorten;
pub use node::{MappingEntry, NodeKind, Span, YamlNode};
pub use read::{Remark, read};

use crate::space::Value;

/// What a text means as a plain scalar. A whole number that is too large to be one is a text.
#[must_use]
pub fn plain_value(text: &str) -> Value {
    scalar::resolve(text).map_or_else(|_| Value::Text(text.to_owned()), |(value, _)| value)
}

/// What a YAML file holds, of whatever kind it is; `None`: it is no YAML, or empty.
#[must_use]
pub fn yaml_value(bytes: &[u8]) -> Option<Value> {
    read(bytes).ok()?.root.map(|root| root.to_value())
}

/// What a param means whose text was logged: as a plain scalar of a config, and Python's words for null and for what is
/// no number.
#[must_use]
pub fn logged_value(text: &str) -> Value {
    match text {
        "None" => Value::Null,
        "nan" | "NaN" => Value::Float(f64::NAN),
        "inf" | "Infinity" => Value::Float(f64::INFINITY),
        "-inf" | "-Infinity" => Value::Float(f64::NEG_INFINITY),
        _ => plain_value(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn params_mean_what_they_would_mean_in_a_config() {
        for (text, value) in [
            ("3", Value::Int(3)),
            ("1e-05", Value::Float(1e-5)),
            ("0.5", Value::Float(0.5)),
            ("True", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("None", Value::Null),
            ("-inf", Value::Float(f64::NEG_INFINITY)),
            ("adam", Value::Text("adam".into())),
            ("[1, 2]", Value::Text("[1, 2]".into())),
        ] {
            assert_eq!(logged_value(text), value, "{text}");
        }
        assert!(matches!(logged_value("nan"), Value::Float(x) if x.is_nan()));
    }
}
