//! Parameters and the tree that nested groups make of them.

use super::{Distribution, Value};

/// The whole search space: the top level of `parameters:`, sorted by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Space {
    /// Parameters and groups in code-point order of their names.
    pub nodes: Vec<(String, Node)>,
}

/// A parameter, or a group that holds more of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// One parameter.
    Leaf(Parameter),
    /// A mapping with the single key `parameters`.
    Group(Space),
}

/// One parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// How its values are drawn.
    pub distribution: Distribution,
    /// Where it exists: each named parameter must have one of the values. Empty: everywhere.
    pub when: Vec<(String, Vec<Value>)>,
}
