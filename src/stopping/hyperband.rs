//! W&B's `hyperband` stopping, as their engine does it.

use super::{
    Compares, MetricReport, OtherTrial, ReachedValue, ReachedValues, ReportedCurve, Rule, StopDecision,
};
use crate::config::Goal;

/// Bands that are made from `min_iter`.
const MOST_BANDS: usize = 100;

/// At each band (a number of reports) a trial must not be worse than the value at place ⌊n/`eta`⌋, from 0, of the n
/// trials that got there. Only the highest band that a trial has passed is looked at, again and again: what was good
/// enough at first need not stay so as others come along, and an earlier miss is forgiven once a later band is passed.
///
/// Only finite values count as reports, and steps are ignored.
#[derive(Debug)]
pub struct Hyperband {
    /// Ascending, in reports.
    bands: Vec<u64>,
    eta: f64,
    strict: bool,
    goal: Goal,
}

impl Hyperband {
    /// Bands from `min_iter` upwards, or `s` of them from `max_iter` downwards. `strict`: the value at the band counts,
    /// else the best so far.
    #[must_use]
    pub fn new(
        min_iter: Option<u64>,
        max_iter_s: Option<(u64, u64)>,
        eta: f64,
        strict: bool,
        goal: Goal,
    ) -> Self {
        let bands = match (max_iter_s, min_iter) {
            (Some((max_iter, s)), _) => downwards(max_iter, s, eta),
            (None, Some(min_iter)) => upwards(min_iter, eta),
            (None, None) => Vec::new(),
        };
        Self { bands, eta, strict, goal }
    }

    /// The bands, ascending; there may be repeats.
    #[cfg(test)]
    pub(super) fn bands(&self) -> &[u64] {
        &self.bands
    }

    /// What a trial must not be worse than at a band, given the losses of all that got there.
    pub(super) fn threshold(&self, mut losses: Vec<f64>) -> f64 {
        losses.sort_by(f64::total_cmp);
        let place = (1.0 / self.eta * losses.len() as f64) as usize;
        losses.get(place).or(losses.last()).copied().unwrap_or(f64::INFINITY)
    }

    /// The highest band that so many reports reach.
    fn band(&self, reports: usize) -> Option<u64> {
        self.bands.iter().rev().find(|band| **band <= reports as u64).copied()
    }
}

fn upwards(min_iter: u64, eta: f64) -> Vec<u64> {
    let mut band = min_iter as f64;
    let mut bands = Vec::with_capacity(MOST_BANDS);
    for _ in 0..MOST_BANDS {
        bands.push(band as u64);
        band *= eta;
    }
    bands
}

fn downwards(max_iter: u64, s: u64, eta: f64) -> Vec<u64> {
    let mut band = max_iter as f64;
    let mut bands = Vec::new();
    for _ in 0..s {
        // Not rounded in between.
        band /= eta;
        if band < 1.0 {
            break;
        }
        bands.push(band as u64);
    }
    bands.reverse();
    bands
}

fn finite(reports: &[MetricReport]) -> Vec<MetricReport> {
    reports.iter().filter(|report| report.value.is_finite()).copied().collect()
}

impl Rule for Hyperband {
    fn compares(&self) -> Compares {
        Compares::All
    }

    fn places(&self, most: u64) -> Vec<u64> {
        let mut bands: Vec<u64> =
            self.bands.iter().copied().filter(|band| (1..=most).contains(band)).collect();
        bands.dedup();
        bands
    }

    fn marks(&self, curve: &ReportedCurve) -> ReachedValues {
        let reports = finite(curve.reports());
        let mut bands = self.bands.clone();
        bands.dedup();
        let mark = |band: u64| {
            let report = reports.get(usize::try_from(band.checked_sub(1)?).ok()?)?;
            Some(ReachedValue { at: i64::try_from(band).ok()?, value: report.value })
        };
        ReachedValues(bands.into_iter().map_while(mark).collect())
    }

    fn is_due(&self, curve: &ReportedCurve, before: usize) -> bool {
        let band = |reports: &[MetricReport]| self.band(finite(reports).len());
        band(curve.reports()) > band(curve.before(before))
    }

    fn decide(&self, curve: &ReportedCurve, _: usize, others: &[OtherTrial]) -> Option<StopDecision> {
        let reports = finite(curve.reports());
        let band = self.band(reports.len())?;
        let place = i64::try_from(band).ok()?;
        let at_band = reports.get(usize::try_from(band.checked_sub(1)?).ok()?)?;
        let there = others.iter().filter_map(|other| other.marks.at(place)).chain([at_band.value]);
        let threshold = self.threshold(there.map(|value| self.goal.loss(value)).collect());
        let (value, step) = match self.strict {
            true => (at_band.value, at_band.step),
            false => (
                self.goal.best(reports.iter().map(|report| report.value))?,
                reports.last().map_or(at_band.step, |report| report.step),
            ),
        };
        (self.goal.loss(value) > threshold).then(|| StopDecision {
            rule: "hyperband",
            rung: Some(band),
            step,
            value,
            threshold: Some(self.goal.value_of(threshold)),
        })
    }
}
