//! The embedded store: a SQLite file in MLflow's schema, read and written directly.
//!
//! [`Db`] is its synchronous core, with one file per noun; [`EmbeddedStore`] puts it behind the
//! [`Store`](super::Store) port. Any number of processes may use one file, MLflow's own among them: every write is
//! one short `BEGIN IMMEDIATE` transaction, and no file of MLflow's is migrated here. Refuses to know HTTP.

mod active_run;
mod artifacts;
mod batch;
mod clock;
mod connection;
mod copy;
mod db;
mod error;
mod experiments;
mod file_system;
mod health;
mod histories;
mod inputs;
mod lifecycle;
pub(super) mod limits;
mod metrics;
mod models;
mod names;
mod params;
mod place;
mod python_json;
mod readers;
mod registry;
mod roots;
mod runs;
mod schema;
mod search;
mod store;
mod tags;
mod traces;
mod uri;
mod values;

pub use batch::check_batch_size;
pub use db::Db;
pub use health::{Health, MADE_AT, WITH_TRACES};
pub use params::ParamOutcome;
pub use roots::ArtifactRoots;
pub use store::EmbeddedStore;
