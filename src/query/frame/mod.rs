//! Runs as the table that the analysis works on.

mod experiment;
mod request;
mod sweep;

pub use experiment::read_experiment;
pub use request::{FrameRequest, SEED};
pub(super) use sweep::frame as trial_frame;
pub use sweep::{SweepRuns, analyse_sweep, dependences_of, dependences_with_pairs_of, read_trials};
