//! One trial: its point, its run, its command, watched to the end.

mod attempts;
mod beside;
mod by_hand;
mod channels;
mod cut;
mod early;
mod environment;
mod execute;
mod finish;
mod from_output;
mod gpus;
mod measure;
mod prepare;
mod propose;
mod provenance;
mod stopper;
mod watch;

pub(super) use attempts::run_trial;
pub(super) use channels::{CommandEnded, TrialChannels};
pub(super) use cut::{AGENT_LOST, GIVEN_BACK, StopReason, WatchedCommand};
pub use early::EarlyStopping;
pub(super) use early::stop_tags;
pub(super) use execute::{keep_patch, run_prepared};
pub use gpus::Gpus;
pub(super) use measure::{MeasuredMetric, measure};
pub(super) use prepare::{CommandInput, PreparedTrial};
pub(super) use propose::{Proposed, propose};
pub(super) use provenance::CodeState;
pub use provenance::{Provenance, TOO_LARGE, changes_hash};
