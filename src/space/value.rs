//! One value of a parameter, and its text forms.

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
