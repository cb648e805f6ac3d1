//! The sweep file: reading YAML, checking it whole, and the checked [`Config`] that the rest of the crate works with.
//!
//! Owns the language and its messages. Refuses I/O: it takes bytes and returns data.

mod canonical;
mod check;
pub mod command;
mod constraint;
mod finding;
mod fit;
mod model;
mod render;
mod schema;
mod suggest;
#[cfg(test)]
pub(crate) mod vectors;
mod yaml;

pub use canonical::canonical;
pub use check::{check, parse_duration};
pub use constraint::{Constraint, ConstraintError, Filter};
pub use finding::{CheckedConfig, Finding};
pub use fit::{Fitter, Misfit};
pub use model::{Budget, Command, Config, EarlyTerminate, Impute, Method, MetricConfig, Optimizer};
pub use render::render_findings;
pub use schema::schema;
pub use suggest::nearest;
pub use yaml::{logged_value, plain_value};

pub use crate::metric::{Goal, MetricSummary};
