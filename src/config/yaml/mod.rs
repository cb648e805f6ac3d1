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
pub use node::{Entry, Kind, Node, Span};
pub use read::{Remark, read};

use crate::space::Value;

/// What a text means as a plain scalar. A whole number that is too large to be one is a text.
#[must_use]
pub fn plain_value(text: &str) -> Value {
    scalar::resolve(text).map_or_else(|_| Value::Text(text.to_owned()), |(value, _)| value)
}
