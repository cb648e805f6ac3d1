//! One trial: its point, its run, its command, watched to the end.

mod attempts;
mod beside;
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
mod wires;

pub(super) use attempts::run_trial;
pub(super) use cut::{AGENT_LOST, Cut, GIVEN_BACK, Watched};
pub use early::Early;
pub(super) use early::stop_tags;
pub(super) use execute::run_prepared;
pub use gpus::Gpus;
pub(super) use prepare::{Handed, Prepared};
pub(super) use propose::Proposed;
pub(super) use provenance::Standing;
pub use provenance::{Provenance, TOO_LARGE, changes_hash};
pub(super) use wires::{CommandEnded, Wires};
