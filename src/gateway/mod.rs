//! The gateway: MLflow's REST API over the embedded store, on a loopback port of its own.
//!
//! Each trial gets a base URL with a secret in its path, so that the gateway knows who calls and other users of the
//! machine are kept out. One file per noun, each handler short: read the request, ask the database, answer.
//! Refuses to know agents, and what a sweep is beyond a trial's run and experiment.

mod answer;
mod api;
mod artifacts;
mod error;
mod experiments;
mod files;
mod metrics;
mod models;
mod registered;
mod request;
mod router;
mod runs;
mod scope;
mod server;
mod system;
mod transfer;
mod unknown;
mod versions;

pub use api::Logged;
pub use scope::TrialScope;
pub use server::Gateway;
