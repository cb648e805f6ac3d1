//! `sweep`: hyperparameter sweeps on top of MLflow tracking.
//!
//! Its modules stand in layers, and each names only modules below its own: `ARCHITECTURE.md` has the list, and
//! `tests/architecture` reads it.

pub mod agent;
pub mod analysis;
pub mod cli;
pub mod commands;
pub mod config;
mod exchange;
#[doc(hidden)]
pub mod fuzzing;
pub mod gateway;
pub mod metric;
pub mod process;
mod query;
pub mod record;
pub mod report;
pub mod space;
pub mod stopping;
pub mod strategy;
pub mod text;
pub mod tracking;
pub mod trial;
pub mod ui;

// The suite of promises that the integration tests hold stores to, for the store in memory, which they can't see.
#[cfg(test)]
extern crate self as sweep;
#[cfg(test)]
#[allow(dead_code, missing_docs, clippy::unwrap_used, clippy::print_stdout)]
#[path = "../tests/integration/contract/mod.rs"]
mod contract;
