//! One value of a parameter, and when two values are the same.

use std::fmt::Write as _;

/// A value as the config wrote it, or as a distribution gave it.
///
/// `1` and `1.0` are different values here ([`Value::Int`], [`Value::Float`]): they have different texts.
/// Booleans are never numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number, as written without a point.
    Int(i128),
    /// A number with a point or an exponent; may be NaN or infinite.
    Float(f64),
    /// Any other scalar.
    Text(String),
    /// A sequence.
    List(Vec<Value>),
    /// A mapping, in the order in which it was written.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// Whether a grid counts both as one value: type and content agree, except that a float with a whole
    /// value is that integer. The exception does not reach into lists and mappings; NaN is NaN; the order of
    /// a mapping's keys does not matter.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            _ => self.identity() == other.identity(),
        }
    }

    /// A text that is equal for two values exactly where [`same_as`](Self::same_as) holds.
    #[must_use]
    pub(crate) fn identity(&self) -> String {
        let mut out = String::new();
        match self {
            Self::Float(x) if x.is_finite() && x.fract() == 0.0 => {
                let _ = write!(out, "i{:.0}", x + 0.0);
            }
            other => other.write_identity(&mut out),
        }
        out
    }

    fn write_identity(&self, out: &mut String) {
        let _ = match self {
            Self::Null => write!(out, "n"),
            Self::Bool(x) => write!(out, "b{x}"),
            Self::Int(x) => write!(out, "i{x}"),
            Self::Float(x) => write!(out, "f{:?}", x + 0.0),
            Self::Text(x) => write!(out, "t{}:{x}", x.len()),
            Self::List(items) => {
                out.push('[');
                for item in items {
                    item.write_identity(out);
                    out.push(',');
                }
                write!(out, "]")
            }
            Self::Map(entries) => {
                let mut sorted: Vec<_> = entries.iter().collect();
                sorted.sort_by(|a, b| a.0.cmp(&b.0));
                out.push('{');
                for (key, value) in sorted {
                    let _ = write!(out, "{}:{key}=", key.len());
                    value.write_identity(out);
                    out.push(',');
                }
                write!(out, "}}")
            }
        };
    }

    /// The number it is; `None` for everything that is not an integer or a float.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(x) => Some(*x as f64),
            Self::Float(x) => Some(*x),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_float_is_the_integer_only_at_the_top() {
        assert!(Value::Int(1).same_as(&Value::Float(1.0)));
        assert!(Value::Int(3_000_000).same_as(&Value::Float(3e6)));
        let int = Value::List(vec![Value::Int(1)]);
        let float = Value::List(vec![Value::Float(1.0)]);
        assert!(!int.same_as(&float));
    }

    #[test]
    fn types_are_told_apart() {
        assert!(!Value::Bool(true).same_as(&Value::Int(1)));
        assert!(!Value::Text("1".into()).same_as(&Value::Int(1)));
        assert!(!Value::Null.same_as(&Value::Text(String::new())));
    }

    #[test]
    fn nan_is_nan_and_zero_has_no_sign() {
        assert!(Value::Float(f64::NAN).same_as(&Value::Float(-f64::NAN)));
        assert!(Value::Float(-0.0).same_as(&Value::Int(0)));
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let one = Value::Map(vec![("a".into(), Value::Int(1)), ("b".into(), Value::Null)]);
        let two = Value::Map(vec![("b".into(), Value::Null), ("a".into(), Value::Int(1))]);
        assert!(one.same_as(&two));
    }
}
