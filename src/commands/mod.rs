//! A verb a file, made of what the layers below offer.
//!
//! A command takes a [`Setting`] and plain data, opens a [`Context`], and returns an [`Exit`] or a [`CommandFailure`]; `main` alone exits.
//! A verb names no other verb: what several need stands in `shared`, which names none.

pub mod analyze;
pub mod ask;
pub mod backup;
pub mod best;
pub mod candidates;
pub mod check;
pub mod confirm;
pub mod control;
pub mod delete;
pub mod diff;
pub mod doctor;
pub mod edit;
pub mod end_trials;
pub mod export;
pub mod finalize;
pub mod home;
pub mod import;
pub mod init;
pub mod launch;
pub mod launches;
pub mod list;
pub mod log;
pub mod logs;
pub mod models;
pub mod new;
pub mod promote;
pub mod rename;
pub mod replay;
pub mod report;
pub mod rerun;
pub mod retry;
pub mod run;
pub mod sample;
pub mod server;
mod shared;
pub mod show;
pub mod start;
pub mod status;
pub mod tell;
pub mod trials;
pub mod ui;
pub mod verify;

pub use best::TrialForm;
pub use shared::{CommandFailure, Delivery, Exit, Format, Pin, Setting, SweepChoice, TrialChoice};

pub use crate::ui::Output;
