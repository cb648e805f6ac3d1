//! What repeated runs say of a few candidates: how good each is, which is the best and how sure that is, and which to run
//! next.
//!
//! Values are losses here: smaller is better. Everything is a pure function of the values; nothing is drawn. Refuses to
//! know what a candidate is, and to run anything. `docs/trust.md` has the formulas, their sources and their measured figures.

mod agreement;
mod allocation;
mod candidate;
mod noise;
mod posterior;
mod student;
mod verdict;

pub use agreement::{Agreement, agreement};
pub use allocation::{ConfirmationEnd, FIRST_LOOK, NextRun, next_run};
pub use candidate::Candidate;
pub use noise::{near_the_best, pooled_noise};
pub use verdict::{Verdict, judge};

#[cfg(test)]
mod tests;
