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

pub use condition::{ConditionError, Conditions};
pub use distribution::{Distribution, Number, Shape};
pub use listing::Listing;
pub use parameter::{Leaf, Parameter, ParameterNode, Space};
pub use point::Point;
pub use value::Value;
