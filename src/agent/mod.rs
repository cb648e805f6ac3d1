//! The agent: claim a trial, hand it over to the user's command, watch it, settle it; again until nothing is left.
//!
//! Owns the life of trials on this machine: `trial` runs one, `journal` brings its result to the store, `liveness` says
//! which of the others are alive. Refuses to print (all it has to say is an [`Event`]) and to choose stores: it is given
//! a store, a strategy and a way to hand runs over.

mod ask;
mod control;
mod edited;
mod error;
mod event;
#[cfg(test)]
mod fake_store;
#[cfg(test)]
pub(crate) mod fixture;
mod hand_over;
mod hooks;
mod journal;
mod live;
mod liveness;
mod machine;
mod outage;
mod outcome;
mod own_trials;
mod processes;
mod rerun;
mod round;
mod setup;
#[cfg(test)]
mod simulation;
mod stop;
mod summary;
mod tasks;
mod tell;
mod trial;

pub use ask::{AskAnswer, AskedTrial, ask};
pub use error::AgentError;
pub use event::Event;
pub use hand_over::{HandOver, MetricUpdates};
pub use hooks::run_hooks_of_report;
pub(crate) use journal::parse_settlement;
pub use journal::{Journal, KeptValues};
pub use machine::AgentMachine;
pub use outcome::{Outcome, TrialFate};
pub use rerun::{RepeatedTrial, rerun};
pub use round::run;
pub use setup::{Agent, Identity, Options, live_log_name};
pub use stop::{StopLevel, StopRequest};
pub use summary::{AgentSummary, EndReason};
pub use tell::{ReportVerdict, ReportedOutcome, TrialReport, TrialReporter};
pub use trial::{EarlyStopping, Gpus, Provenance, TOO_LARGE, changes_hash};
