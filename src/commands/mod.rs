//! A verb a file, made of what the layers below offer.
//!
//! A command takes a [`Setting`] and plain data, opens a [`Context`], and returns an [`Exit`] or a [`Failure`]; `main` alone exits.

pub mod analyze;
pub mod best;
pub mod candidates;
pub mod check;
mod choose;
mod context;
pub mod control;
pub mod diff;
pub mod doctor;
mod exit;
pub mod export;
mod failure;
pub mod finalize;
mod format;
mod hand_over;
pub mod home;
pub mod import;
pub mod init;
pub mod list;
mod load;
pub mod log;
mod log_sink;
pub mod logs;
pub mod models;
mod names;
mod namesakes;
mod one_machine;
mod overview_words;
mod pin;
mod priors;
mod progress;
pub mod promote;
pub mod replay;
mod report_place;
pub mod rerun;
pub mod retry;
pub mod run;
pub mod sample;
pub mod server;
pub mod show;
mod signals;
mod spell;
pub mod start;
pub mod status;
mod status_pace;
mod status_text;
pub mod trials;
pub mod verify;
mod workdir;
mod workspace;

pub use choose::TrialChoice;
pub use context::{Context, Setting, SweepChoice};
pub use exit::Exit;
pub use failure::Failure;
pub use format::Format;
pub use pin::Pin;
pub use report_place::Delivery;
pub use spell::Spelling;

pub use crate::ui::Output;
