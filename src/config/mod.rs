//! The sweep file: reading YAML, checking it whole, and the checked [`Config`] that the rest of the house works with.
//!
//! Owns the language and its messages. Refuses I/O: it takes bytes and returns data.

mod model;
mod yaml;

pub use model::{Command, Config, Constraint, EarlyTerminate, Goal, Impute, Method, Metric, Summary};
