//! Stopping rules: whether a trial that runs is worth continuing.
//!
//! A rule is a pure function of what a trial has reported so far and of what other trials had reported at the same
//! places. It owns no clock and reads no store: `agent` hands it the reports and does what it says. A new rule is a file
//! here and a line in [`for_config`].
//!
//! A [`ReportedCurve`] is what a trial has reported, in log order and in the metric's own unit; steps are the script's, or
//! 1, 2, 3, … where it gives none. Sources: W&B's engine for `hyperband`, Li et al. 2020 for `asha`, Golovin et al. 2017 for
//! `median`, Egele et al. 2023 for `i_epoch`.

mod asha;
mod curve;
mod hyperband;
mod i_epoch;
mod judge;
mod median;
mod patience;
mod reached;
mod rule;

#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod vectors;

pub use curve::{MetricReport, ReportedCurve};
pub use judge::Judge;
pub use reached::{ReachedValue, ReachedValues};
pub use rule::{BY_HAND, Compares, OtherTrial, Rule, StopDecision};

use crate::config::{EarlyTerminate, MetricConfig};
use asha::Asha;
use hyperband::Hyperband;
use i_epoch::IEpoch;
use median::Median;
use patience::Patience;

/// The rule of a config's `early_terminate`, for its metric.
#[must_use]
pub fn for_config(early: &EarlyTerminate, metric: &MetricConfig) -> Judge {
    let goal = metric.goal;
    match *early {
        EarlyTerminate::Hyperband { min_iter, max_iter, s, eta, strict } => {
            Judge::new(Hyperband::new(min_iter, max_iter.zip(s), eta, strict, goal), false)
        }
        EarlyTerminate::Asha { min_iter, max_iter, eta, min_trials, stop_on_nan } => {
            let rule = Asha { min_iter, max_iter, eta, min_trials, goal, summary: metric.summary };
            Judge::new(rule, stop_on_nan)
        }
        EarlyTerminate::Median { warmup, min_trials, stop_on_nan } => {
            Judge::new(Median { warmup, min_trials, goal }, stop_on_nan)
        }
        EarlyTerminate::IEpoch { iter, keep, stop_on_nan } => {
            Judge::new(IEpoch { iter, keep, goal, summary: metric.summary }, stop_on_nan)
        }
        EarlyTerminate::Patience { patience, min_delta, stop_on_nan } => {
            Judge::new(Patience { patience, min_delta, goal }, stop_on_nan)
        }
    }
}
