//! A verb a file: each a short story told in the storeys below.
//!
//! A command takes a [`Setting`] and plain data, opens a [`Context`], and returns an [`Exit`] or a [`Failure`]; `main` alone exits.

pub mod analyze;
pub mod best;
pub mod candidates;
pub mod check;
mod choose;
mod context;
pub mod control;
mod curves;
pub mod diff;
pub mod doctor;
mod exit;
mod failure;
pub mod finalize;
mod format;
mod hand_over;
pub mod init;
pub mod list;
mod load;
pub mod log;
mod logged_model;
pub mod logs;
mod meant;
pub mod models;
mod names;
mod overview;
mod pin;
pub mod promote;
mod ranking;
pub mod replay;
pub mod rerun;
pub mod retry;
pub mod run;
pub mod sample;
pub mod show;
mod signals;
mod spell;
pub mod start;
pub mod status;
mod table_of_file;
mod table_of_runs;
mod table_of_sweep;
mod trial_row;
pub mod trials;
mod values;
pub mod verify;
mod workspace;

pub use choose::TrialChoice;
pub use context::{Context, Setting, SweepChoice};
pub use exit::Exit;
pub use failure::Failure;
pub use pin::Pin;
pub use spell::Spelling;
