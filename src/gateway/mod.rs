//! The gateway: MLflow's REST API over the embedded store, on a loopback port of its own.
//!
//! [`Gateway`] serves the trials of an agent, [`PublicServer`] people. Each trial gets a base URL with a secret in its
//! path, so that the gateway knows who calls and other users of the machine are kept out. One file per noun, each
//! handler short: read the request, ask the database, answer.
//! Refuses to know agents, and what a sweep is beyond a trial's run and experiment.

mod access;
mod answer;
mod api;
mod artifacts;
mod assessments;
mod confined;
mod error;
mod experiments;
mod file_types;
mod files;
mod graphql;
mod histories;
mod metrics;
mod mlflow_pages;
mod models;
mod otlp;
mod public;
mod registered;
mod request;
mod router;
mod runs;
mod scope;
mod serve;
mod server;
mod stall;
mod system;
mod traces;
mod traces_v2;
mod transfer;
mod unknown;
mod versions;

pub use access::{AccessRules, Hosts, Logins, NamedOrigin, Origins};
pub use api::LoggedMetric;
pub use mlflow_pages::{MLFLOW_PAGES, MlflowPages};
pub use public::{PublicServer, mlflow_api};
pub use scope::TrialScope;
pub use server::Gateway;
pub(crate) use transfer::parse_range;
