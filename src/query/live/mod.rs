//! A sweep that is looked at again and again: what is known stays in memory, and a look reads only what may have changed.
//!
//! [`SweepWatch`] asks the store, [`LiveTrials`] holds what came of it, each trial with the number of the look that changed it
//! last. So whoever knows the number of the look that it has seen can be given the rest.

mod column;
mod front;
mod row;
mod search;
mod summary;
mod sweeps;
mod trials;
mod watch;

pub use column::LiveColumn;
pub use front::LiveFront;
pub use row::{LiveRow, LiveState};
pub use search::trials_where;
pub use summary::LiveSummary;
pub use sweeps::{SweepEntry, SweepsWatch};
pub use trials::{CurvePoint, LiveTrials};
pub use watch::SweepWatch;
