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
