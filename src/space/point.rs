//! A point of the search space: what one trial is run with.

use super::Value;

/// The values of one trial, by parameter name; a group of nested parameters is a [`Value::Map`].
///
/// Names are kept in code-point order at every level, constants included.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Point(pub Vec<(String, Value)>);
