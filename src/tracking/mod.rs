//! The tracking store: one seam to MLflow, in MLflow's own terms (experiments, runs, params, metrics, tags, artifacts).
//!
//! Owns every byte that goes to or comes from a tracking server or its database file: the [`Store`] port, its two
//! implementations (`rest`, `embedded`), the nouns that they share (`protocol`), and artifacts. Refuses to know what a sweep is for:
//! no commands, no processes, no strategies.

pub mod embedded;
mod error;
pub mod filter;
pub mod local_artifacts;
#[cfg(test)]
pub(crate) mod memory;
mod outage;
mod pages;
pub mod protocol;
mod registry;
mod regular;
pub mod rest;
mod store;

pub use error::{ErrorKind, Result, TrackingError};
pub use outage::Outage;
pub use pages::Pages;
pub use protocol::{
    ArtifactEntry, Experiment, ExperimentId, LoggedModel, Metric, ModelVersion, NewRun, NewVersion, Page,
    PastRun, RegisteredModel, Run, RunId, RunInfo, RunProjection, RunQuery, RunUpdate, ViewType,
};
pub use registry::Registry;
pub use regular::{open_regular, open_typed};
pub use store::{EXPERIMENT_KIND, ParamWrite, Store};
