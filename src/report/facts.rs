//! What several parts of a report need to know of its trials.

use std::collections::BTreeSet;

use itertools::Itertools as _;

use super::SweepReport;
use super::palette::{Ink, RAMP, STATUSES};
use super::svg::Swatch;
use super::values::flatten;
use crate::metric::Goal;
use crate::trial::{RunStatus, Trial};

impl<'a> SweepReport<'a> {
    /// How many trials are in each state; states with none are left out.
    pub(super) fn by_status(&self) -> Vec<(RunStatus, usize)> {
        let count = |status| self.trials.iter().filter(|trial| trial.status == status).count();
        STATUSES.iter().map(|&status| (status, count(status))).filter(|(_, n)| *n > 0).collect()
    }

    /// A state as a legend names it: of the trials that were killed, how many a stopping rule ended.
    pub(super) fn status_words(&self, status: RunStatus, count: usize) -> String {
        let stopped = self.trials.iter().filter(|trial| trial.stopped_early).count();
        match status {
            RunStatus::Killed if stopped > 0 => format!("{count} {status} ({stopped} stopped early)"),
            _ => format!("{count} {status}"),
        }
    }

    /// The dotted paths of all parameters that any trial has, in the order of the config.
    pub(super) fn parameter_paths(&self) -> Vec<String> {
        let paths = self.trials.iter().flat_map(|trial| flatten(&trial.point)).map(|(path, _)| path);
        let paths: Vec<String> = paths.collect::<BTreeSet<_>>().into_iter().collect();
        match self.order {
            Some(config) => config.in_order(paths, |path| path),
            None => paths,
        }
    }

    /// The parameters of a trial with their texts, in the order of the config.
    pub(super) fn parameters(&self, trial: &Trial) -> Vec<(String, String)> {
        let pairs = flatten(&trial.point);
        match self.order {
            Some(config) => config.in_order(pairs, |(path, _)| path),
            None => pairs,
        }
    }

    /// Whether it is known who ran the trials.
    pub(super) fn has_agents(&self) -> bool {
        self.trials.iter().any(|trial| trial.agent.is_some())
    }

    /// The trial with the best finite metric, of those that finished or were stopped early, the earliest index among equals; `None`
    /// without a goal.
    #[must_use]
    pub fn best(&self) -> Option<(&'a Trial, f64)> {
        let goal = self.objective?.goal?;
        let valued = self
            .trials
            .iter()
            .filter(|trial| self.may_be_best(trial))
            .filter_map(|trial| Some((trial, finite(trial)?)));
        valued.min_by(|a, b| goal.best_first(a.1, b.1).then(a.0.index.cmp(&b.0.index)))
    }

    /// Whether a trial is a candidate for the best: its metric counts, and it keeps to the limits.
    pub(super) fn may_be_best(&self, trial: &Trial) -> bool {
        trial.counts() && !self.not_best.contains(&trial.run_id)
    }

    /// The trials that have started, and how many have not.
    pub(super) fn started(&self) -> (Vec<(usize, &'a Trial)>, usize) {
        let started: Vec<_> = self.trials.iter().enumerate().filter(|(_, t)| has_started(t)).collect();
        let waiting = self.trials.len() - started.len();
        (started, waiting)
    }

    /// The earliest start of any trial; when none has started, the moment of the report.
    pub(super) fn first_start(&self) -> i64 {
        let starts = self.trials.iter().filter(|trial| has_started(trial)).map(|trial| trial.start_time);
        starts.min().unwrap_or(self.generated_at_ms)
    }

    /// Whether it is known when the trials ran: a table of another program may not contain it, and then all stand at one moment.
    pub(super) fn has_times(&self) -> bool {
        let (started, _) = self.started();
        let long = started.iter().any(|(_, trial)| self.end_of(trial) > trial.start_time);
        long || !started.iter().map(|(_, trial)| trial.start_time).all_equal()
    }

    /// When a trial ended; for a running one, now; where nothing is known, its start.
    pub(super) fn end_of(&self, trial: &Trial) -> i64 {
        let open = if trial.status == RunStatus::Running { self.generated_at_ms } else { trial.start_time };
        trial.end_time.unwrap_or(open).max(trial.start_time)
    }
}

/// The colour of each value by its place among the others, from the worst to the best as places in
/// [`palette::RAMP`](super::palette::RAMP); without a goal from the smallest to the largest. Equal values may differ by
/// a place.
pub(super) fn ramp_places(values: &[f64], goal: Option<Goal>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| match goal {
        Some(goal) => goal.best_first(values[*b], values[*a]),
        None => values[*a].total_cmp(&values[*b]),
    });
    let mut places = vec![0; values.len()];
    for (rank, at) in order.into_iter().enumerate() {
        places[at] = rank * RAMP.len() / values.len();
    }
    places
}

/// The ends of the ramp for a legend.
pub(super) fn ramp_legend(goal: Option<Goal>) -> Vec<(Ink, Swatch, String)> {
    let (low, high) = if goal.is_some() { ("worst", "best") } else { ("smallest", "largest") };
    let words =
        |place: usize| if place + 1 == RAMP.len() { format!("{low} to {high}") } else { String::new() };
    RAMP.iter().enumerate().map(|(place, ink)| (*ink, Swatch::Box, words(place))).collect()
}

/// The metric of a trial where it is a finite number.
pub(super) fn finite(trial: &Trial) -> Option<f64> {
    trial.metric.filter(|metric| metric.is_finite())
}

/// A trial as plots name it.
pub(super) fn trial_label(trial: &Trial) -> String {
    if trial.attempt > 1 { format!("{} ({})", trial.index, trial.attempt) } else { trial.index.to_string() }
}

/// Stores give a run that waits a start of 0 or none at all.
fn has_started(trial: &Trial) -> bool {
    trial.start_time > 0
}
