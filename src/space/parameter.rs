//! Parameters and the tree that nested groups make of them.

use super::{Distribution, Point, Value};

/// The whole search space: the top level of `parameters:`, sorted by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Space {
    /// Parameters and groups in code-point order of their names.
    pub nodes: Vec<(String, ParameterNode)>,
}

/// A parameter, or a group that holds more of them.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterNode {
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
    /// The value that trials had before the parameter was added to a running sweep.
    pub before: Option<Value>,
}

/// A parameter with its place in the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf<'a> {
    /// The names from the top down.
    pub path: Vec<&'a str>,
    /// The names joined by dots.
    pub name: String,
    /// The parameter.
    pub parameter: &'a Parameter,
}

impl Space {
    /// All parameters in enumeration order: by name at each level, a group in the place of its own name.
    #[must_use]
    pub(crate) fn leaves(&self) -> Vec<Leaf<'_>> {
        fn walk<'a>(space: &'a Space, path: &mut Vec<&'a str>, out: &mut Vec<Leaf<'a>>) {
            for (name, node) in &space.nodes {
                path.push(name);
                match node {
                    ParameterNode::Leaf(parameter) => {
                        out.push(Leaf { path: path.clone(), name: path.join("."), parameter });
                    }
                    ParameterNode::Group(inner) => walk(inner, path, out),
                }
                path.pop();
            }
        }
        let mut out = Vec::new();
        walk(self, &mut Vec::new(), &mut out);
        out
    }

    /// Puts values, one per leaf in enumeration order, into a point. A leaf without a value is left out, and
    /// so is a group that would be empty.
    #[must_use]
    pub(crate) fn assemble(&self, values: Vec<Option<Value>>) -> Point {
        fn walk(space: &Space, values: &mut impl Iterator<Item = Option<Value>>) -> Vec<(String, Value)> {
            let mut out = Vec::with_capacity(space.nodes.len());
            for (name, node) in &space.nodes {
                let value = match node {
                    ParameterNode::Leaf(_) => values.next().flatten(),
                    ParameterNode::Group(inner) => {
                        Some(walk(inner, values)).filter(|entries| !entries.is_empty()).map(Value::Map)
                    }
                };
                out.extend(value.map(|value| (name.clone(), value)));
            }
            out
        }
        Point(walk(self, &mut values.into_iter()))
    }

    /// The value of each leaf, in enumeration order, that a point holds; see [`Leaf::value_in`].
    #[must_use]
    pub(crate) fn values_in<'a>(&self, point: &'a Point) -> Vec<Option<&'a Value>> {
        self.leaves().iter().map(|leaf| leaf.value_in(point)).collect()
    }
}

impl Leaf<'_> {
    /// The value that a point has at exactly this place; `None` where the parameter does not exist in it.
    #[must_use]
    pub fn value_in<'a>(&self, point: &'a Point) -> Option<&'a Value> {
        let mut entries = &point.0;
        let (last, groups) = self.path.split_last()?;
        for name in groups {
            match entries.iter().find(|(key, _)| key == name) {
                Some((_, Value::Map(inner))) => entries = inner,
                _ => return None,
            }
        }
        entries.iter().find(|(key, _)| key == last).map(|(_, value)| value)
    }
}
