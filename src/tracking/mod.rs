//! The tracking store: one seam to MLflow, in MLflow's own terms (experiments, runs, params, metrics, tags, artifacts).
//!
//! Owns every byte that goes to or comes from a tracking server or its database file: the [`Store`] port, its two
//! implementations (`rest`, `embedded`), the ledger over it, and artifacts. Refuses to know what a sweep is for:
//! no commands, no processes, no strategies.

pub mod embedded;
mod error;
pub mod filter;
pub mod local_artifacts;
mod model;
mod outage;
mod pages;
mod registry;
mod regular;
pub mod rest;
mod store;

pub use error::{ErrorKind, Result, TrackingError};
pub use model::{
    ArtifactEntry, Experiment, ExperimentId, Metric, NewRun, Page, PastRun, Run, RunId, RunInfo, RunQuery,
    RunUpdate, Want,
};
pub use outage::Outage;
pub use pages::Pages;
pub use registry::{LoggedModel, ModelVersion, NewVersion, RegisteredModel, Registry};
pub use regular::{open_regular, open_typed};
pub use store::{EXPERIMENT_KIND, ParamWrite, Store};
