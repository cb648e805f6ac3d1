//! The sweep file: reading YAML, checking it whole, and the checked [`Config`] that the rest of the crate works with.
//!
//! Owns the language and its messages. Refuses I/O: it takes bytes and returns data. [`check`] is the way in: its
//! [`Finding`]s have the line and the column, [`render_findings`] draws them on the text. The keys are those of W&B's
//! sweeps, and `docs/sweep-file.md` has what is added.

mod canonical;
mod check;
pub(crate) mod command;
mod constraint;
mod edit;
mod edit_text;
mod finding;
mod fit;
mod model;
mod objectives;
mod render;
mod schema;
mod suggest;
#[cfg(test)]
pub(crate) mod vectors;
mod write;
mod yaml;

pub use check::check;
pub use constraint::{Constraint, ConstraintError};
pub use edit::{CheckedEdit, EditRefusal, check_edit, config_changes};
pub use edit_text::{SetKeyError, add_point, set_key};
pub use finding::{CheckedConfig, Finding};
pub use model::{
    Budget, Command, Config, EarlyTerminate, Hooks, Impute, Method, MetricConfig, Optimizer, OutputPattern,
    ReportMetric,
};
pub use objectives::{MeasuredBeside, Objectives};
pub use render::render_findings;

pub use crate::metric::{Goal, MetricLimit, MetricSummary};

pub(crate) use canonical::canonical;
pub(crate) use check::{is_parameter_name, parse_duration};
pub(crate) use constraint::Filter;
pub(crate) use fit::{Fitter, Misfit};
pub(crate) use schema::schema;
pub(crate) use suggest::nearest;
pub(crate) use write::{yaml_comment, yaml_float, yaml_json, yaml_text};
pub(crate) use yaml::{logged_value, plain_value, yaml_value};
