//! `sweep`: hyperparameter sweeps on top of MLflow tracking.
//!
//! The program is `sweep`, and most of this crate is its inside. What other programs can use is the pure part, which does
//! no I/O, reads no clock and hides no randomness:
//!
//! | question | module |
//! |---|---|
//! | what a sweep file says, and what is wrong with it | [`config`] |
//! | which values there are | [`space`] |
//! | what trial k is to be run with | [`strategy`] |
//! | whether a trial is worth continuing | [`stopping`] |
//! | which parameters mattered | [`analysis`] |
//!
//! The whole way, from a sweep file to the parameter that mattered:
//!
//! ```
//! use sweep::{RunStatus, TrialIndex};
//! use sweep::analysis::{TrialFrame, analyse};
//! use sweep::config::check;
//! use sweep::strategy::{Observation, for_config};
//!
//! let file = b"
//! command: [python, train.py]
//! method: bayes
//! metric: {name: loss, goal: minimize}
//! parameters:
//!   lr: {distribution: log_uniform_values, min: 1.0e-5, max: 1.0}
//!   layers: {min: 1, max: 4}
//! ";
//! // All errors of the file at once, each with its line, or the config.
//! let checked = check(file);
//! let config = checked.config.ok_or_else(|| checked.errors[0].message.clone())?;
//!
//! // The next point depends on the config, the seed and what other trials gave; nothing else.
//! let strategy = for_config(&config, 7)?;
//! let mut history = Vec::new();
//! let mut table = TrialFrame::of(&config);
//! for k in 0..30 {
//!     let Some(proposal) = strategy.suggest(TrialIndex(k), &history)? else { break };
//!     let number = |name: &str| proposal.point.get(name).and_then(|value| value.as_f64()).unwrap_or(f64::NAN);
//!     let loss = (number("lr").log10() + 2.5).powi(2) + 0.01 * number("layers");
//!     table.push(&proposal.point, RunStatus::Finished, Some(loss));
//!     history.push(Observation::finished(TrialIndex(k), proposal.point, loss));
//! }
//! let best = history.iter().filter_map(|trial| trial.metric).fold(f64::INFINITY, f64::min);
//! assert!(best < 0.1, "{best}");
//!
//! // The same table and the same seed give the same figures, whatever the order of the rows.
//! let analysis = analyse(&table, 0);
//! assert_eq!(analysis.parameters[0].name, "lr");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Its modules stand in layers, and each names only modules below its own: `ARCHITECTURE.md` has the list, and
//! `tests/architecture` reads it.

mod agent;
pub mod analysis;
mod cli;
mod commands;
pub mod config;
mod draft;
mod evidence;
mod exchange;
mod gateway;
mod gaussian;
mod launch;
mod metric;
mod page;
mod process;
mod query;
mod record;
mod report;
pub mod space;
pub mod stopping;
pub mod strategy;
#[doc(hidden)]
pub mod testing;
mod text;
mod tracking;
mod trial;
mod ui;

pub use trial::{RunStatus, TrialIndex};

// The program: what its `main` calls, and nobody else.
#[doc(hidden)]
pub use cli::main;

// The suite of promises that the integration tests hold stores to, for the store in memory, which they can't see.
#[cfg(test)]
extern crate self as sweep;
#[cfg(test)]
#[allow(dead_code, missing_docs, clippy::unwrap_used, clippy::print_stdout)]
#[path = "../tests/integration/contract/mod.rs"]
mod contract;
