//! The search space: values, points, parameters and their distributions.
//!
//! Owns what a parameter *means*: which values it can take, and how a number u in \[0, 1) becomes one.
//! Refuses I/O, clocks and randomness: every draw is handed its `u`.

mod distribution;
mod parameter;
mod point;
mod value;

pub use distribution::Distribution;
pub use parameter::{Node, Parameter, Space};
pub use point::Point;
pub use value::Value;
