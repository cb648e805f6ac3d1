//! Searches: checked conditions become SQL with bound values; no text of a caller is ever pasted into it.

mod clauses;
mod experiments;
mod models;
mod registry;
mod runs;
mod traces;

pub(super) use clauses::Clauses;
pub(super) use experiments::experiment_clauses;
pub(super) use models::model_clauses;
pub(super) use registry::{registered_model_clauses, version_clauses};
pub(super) use traces::trace_clauses;
