//! What the value of a metric means: which of two is better, what stands for a history, what is no number.
//!
//! NaN and both infinities are no numbers here: none is a best, reaches a target, or is compared with. Decided once, so
//! that the agent, the rules, the searches and the tables agree.

mod choice;
mod front;
mod goal;
#[cfg(test)]
mod hypervolume;
mod limit;
mod summary;

pub(crate) use choice::{knee, preferred};
pub use front::Losses;
pub(crate) use front::front;
pub use goal::Goal;
#[cfg(test)]
pub(crate) use hypervolume::hypervolume;
pub use limit::MetricLimit;
pub use summary::MetricSummary;
