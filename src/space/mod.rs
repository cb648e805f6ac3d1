//! The search space: values, points, parameters and their distributions.
//!
//! Owns what a parameter *means*: which values it can take, and how a number u in \[0, 1) becomes one.
//! Refuses I/O, clocks and randomness: every draw is given its `u`.

mod condition;
mod coordinate;
mod distribution;
mod json;
mod listing;
mod parameter;
mod point;
mod quantile;
mod special;
mod text;
mod value;

pub use distribution::{Distribution, Number, Shape};
pub use parameter::{Parameter, ParameterNode, Space};
pub use point::Point;
pub use value::Value;

pub(crate) use condition::{ConditionError, Conditions};
pub(crate) use listing::Listing;
pub(crate) use parameter::Leaf;
