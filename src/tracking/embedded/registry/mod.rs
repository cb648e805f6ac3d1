//! The model registry: registered models, their versions and aliases, in MLflow's tables.

mod aliases;
mod models;
mod port;
mod record;
mod source;
mod versions;

pub use models::RegistryQuery;
pub use record::{AliasRecord, RegisteredModelRecord, VersionRecord};
pub use versions::CreateVersion;
