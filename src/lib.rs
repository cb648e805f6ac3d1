//! `sweep`: hyperparameter sweeps on top of MLflow tracking.
//!
//! The map of the house, from the ground up; a module names only modules on a storey below its own
//! (`tests/architecture.rs` holds this):
//!
//! | storey | modules |
//! |---|---|
//! | 6 | [`cli`] |
//! | 5 | [`commands`] |
//! | 4 | [`ui`], [`report`] |
//! | 3 | [`agent`], [`gateway`], [`plain`] |
//! | 2 | [`strategy`], [`stopping`], [`analysis`], [`tracking`], [`process`] |
//! | 1 | [`config`], [`trial`] |
//! | 0 | [`space`], [`metric`] |

pub mod agent;
pub mod analysis;
pub mod cli;
pub mod commands;
pub mod config;
pub mod gateway;
pub mod metric;
pub mod plain;
pub mod process;
pub mod record;
pub mod report;
pub mod space;
pub mod stopping;
pub mod strategy;
pub mod tracking;
pub mod trial;
pub mod ui;
