//! The embedded store: a SQLite file in MLflow's schema, read and written directly.
//!
//! [`Db`] is its synchronous core, with one file per noun; [`EmbeddedStore`] puts it behind the
//! [`Store`](super::Store) port. Any number of processes may use one file, MLflow's own among them: every write is
//! one short `BEGIN IMMEDIATE` transaction, and no file is ever migrated here. Refuses to know HTTP.

mod active_run;
mod artifacts;
mod batch;
mod clock;
mod connection;
mod db;
mod error;
mod experiments;
mod file_system;
mod health;
mod histories;
mod inputs;
mod limits;
mod metrics;
mod model_query;
mod models;
mod names;
mod params;
mod place;
mod record;
mod registry;
mod roots;
mod runs;
mod schema;
mod search;
mod store;
mod tags;
mod uri;
mod values;

pub use batch::Batch;
pub use db::Db;
pub use experiments::{ExperimentQuery, View};
pub use health::{Health, MADE_AT};
pub use inputs::{DatasetLink, DatasetSummary};
pub use model_query::{ModelOrder, ModelQuery};
pub use models::NewModel;
pub use params::ParamOutcome;
pub(crate) use record::metrics_as_json;
pub use record::{
    DatasetInput, DatasetRecord, ExperimentRecord, Inputs, Lifecycle, ModelData, ModelInfo, ModelInput,
    ModelMetric, ModelOutput, ModelOutputs, ModelRecord, Pair, RunData, RunHeader, RunMetric, RunRecord,
};
pub use registry::{AliasRecord, CreateVersion, RegisteredModelRecord, RegistryQuery, VersionRecord};
pub use roots::Roots;
pub use runs::{CreateRun, RunChange};
pub use search::RunSearch;
pub use store::EmbeddedStore;
