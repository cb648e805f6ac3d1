//! What a point promises for the front of two metrics: the logarithm of its expected hypervolume improvement.
//!
//! For two independent normal predictions the expectation is a sum over the strips between the points of the front (Emmerich
//! et al. 2016; Yang et al. 2019), each the product of two one-sided expectations. Every factor is taken as a logarithm, so
//! that there is a slope even where the improvement is as good as nothing (Ament et al. 2023).

use super::acquisition::Promise;
use super::axes::Axes;
use super::improvement::log_h;
use crate::gaussian::gp::{GaussianProcess, Scratch};
use crate::metric::{Losses, front};

/// Strips that are narrower hold nothing.
const NARROW: f64 = 1e-12;

/// The strips below a front, up to a reference point: where each ends on the first metric, and its height on the second.
#[derive(Debug, Clone, Default)]
pub(super) struct FrontStrips {
    edges: Vec<f64>,
    heights: Vec<f64>,
}

/// A normal prediction.
#[derive(Debug, Clone, Copy)]
pub(super) struct NormalPrediction {
    pub mean: f64,
    pub std: f64,
}

/// The logarithm of an expected improvement, and its derivatives by mean and deviation of both predictions.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LogImprovement {
    pub log: f64,
    pub by_mean: [f64; 2],
    pub by_std: [f64; 2],
}

impl FrontStrips {
    /// Below these points; those that do not beat the reference in both do not count.
    pub fn new(points: &[[f64; 2]], reference: [f64; 2]) -> Self {
        let inside = points.iter().filter(|point| point[0] < reference[0] && point[1] < reference[1]);
        let points: Vec<Losses> = inside.map(|point| point.to_vec()).collect();
        let kept = front(&points);
        let mut strips = Self { edges: Vec::new(), heights: vec![reference[1]] };
        for place in kept {
            strips.edges.push(points[place][0]);
            strips.heights.push(points[place][1]);
        }
        strips.edges.push(reference[0]);
        strips
    }

    /// The logarithm of the expected hypervolume improvement of a point.
    pub fn improvement(&self, first: NormalPrediction, second: NormalPrediction) -> LogImprovement {
        let along = OneSided::all(&self.edges, first);
        let up = OneSided::all(&self.heights, second);
        let mut terms: Vec<LogImprovement> = Vec::with_capacity(along.len());
        for (i, (edge, height)) in along.iter().zip(&up).enumerate() {
            let before = i.checked_sub(1).map(|before| (&along[before], self.edges[i] - self.edges[before]));
            let width = match before {
                Some((_, width)) if width <= NARROW => continue,
                Some((before, _)) => edge.without(before),
                None => *edge,
            };
            terms.push(LogImprovement {
                log: width.log + height.log,
                by_mean: [width.by_mean, height.by_mean],
                by_std: [width.by_std, height.by_std],
            });
        }
        LogImprovement::sum(&terms)
    }
}

impl LogImprovement {
    /// The logarithm of the sum of what these are the logarithms of.
    fn sum(terms: &[Self]) -> Self {
        let most = terms.iter().fold(f64::NEG_INFINITY, |most, term| most.max(term.log));
        if !most.is_finite() {
            return Self { log: f64::NEG_INFINITY, ..Self::default() };
        }
        let total: f64 = terms.iter().map(|term| (term.log - most).exp()).sum();
        let mut sum = Self { log: most + total.ln(), ..Self::default() };
        for term in terms {
            let weight = (term.log - most).exp() / total;
            for at in 0..2 {
                sum.by_mean[at] += weight * term.by_mean[at];
                sum.by_std[at] += weight * term.by_std[at];
            }
        }
        sum
    }
}

/// The logarithm of E[(t - X)⁺] with its derivatives.
#[derive(Debug, Clone, Copy)]
struct OneSided {
    log: f64,
    by_mean: f64,
    by_std: f64,
}

impl OneSided {
    fn all(ends: &[f64], of: NormalPrediction) -> Vec<Self> {
        let ln = of.std.ln();
        let one = |end: &f64| {
            let z = (end - of.mean) / of.std;
            let (log, ratio) = log_h(z);
            Self { log: log + ln, by_mean: -ratio / of.std, by_std: (1.0 - z * ratio) / of.std }
        };
        ends.iter().map(one).collect()
    }

    /// The logarithm of the difference.
    fn without(&self, other: &Self) -> Self {
        let share = (other.log - self.log).exp();
        let rest = -(other.log - self.log).exp_m1();
        if rest <= 0.0 {
            return Self { log: f64::NEG_INFINITY, by_mean: 0.0, by_std: 0.0 };
        }
        Self {
            log: self.log + rest.ln(),
            by_mean: (self.by_mean - share * other.by_mean) / rest,
            by_std: (self.by_std - share * other.by_std) / rest,
        }
    }
}

/// The logarithm of the expected hypervolume improvement, averaged over the sets of values that two processes were given.
#[derive(Debug)]
pub(super) struct HypervolumeAcquisition<'a> {
    axes: &'a Axes,
    processes: [&'a GaussianProcess<'a>; 2],
    /// For each set the front that it knows.
    fronts: Vec<FrontStrips>,
    scratch: Scratch,
    means: [Vec<f64>; 2],
    slopes: [Vec<Vec<f64>>; 2],
    settled: Vec<f64>,
}

impl<'a> HypervolumeAcquisition<'a> {
    /// Of two processes; `fronts` holds what is there, for each of their sets of values.
    pub fn new(axes: &'a Axes, processes: [&'a GaussianProcess<'a>; 2], fronts: Vec<FrontStrips>) -> Self {
        Self {
            axes,
            processes,
            fronts,
            scratch: Scratch::default(),
            means: Default::default(),
            slopes: Default::default(),
            settled: Vec::new(),
        }
    }

    fn settle(&mut self, x: &[f64]) {
        self.settled.clear();
        self.settled.extend_from_slice(x);
        self.axes.settle(&mut self.settled);
    }

    /// Each set's own improvement, and the logarithm of their mean.
    fn combine(&self, stds: [f64; 2]) -> (Vec<LogImprovement>, f64) {
        let of_set = |(set, strips): (usize, &FrontStrips)| {
            let at = |i: usize| NormalPrediction { mean: self.means[i][set], std: stds[i] };
            strips.improvement(at(0), at(1))
        };
        let each: Vec<LogImprovement> = self.fronts.iter().enumerate().map(of_set).collect();
        let most = each.iter().fold(f64::NEG_INFINITY, |most, one| most.max(one.log));
        if !most.is_finite() {
            return (each, f64::NEG_INFINITY);
        }
        let sum: f64 = each.iter().map(|one| (one.log - most).exp()).sum();
        let mean = most + (sum / each.len().max(1) as f64).ln();
        (each, mean)
    }
}

impl Promise for HypervolumeAcquisition<'_> {
    fn at(&mut self, x: &[f64]) -> f64 {
        self.settle(x);
        let mut stds = [0.0; 2];
        for (i, process) in self.processes.iter().enumerate() {
            stds[i] = process.predict(&self.settled, &mut self.scratch, &mut self.means[i]).sqrt();
        }
        self.combine(stds).1
    }

    fn with_slopes(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        self.settle(x);
        let mut stds = [0.0; 2];
        for (i, process) in self.processes.iter().enumerate() {
            let (means, slopes) = (&mut self.means[i], &mut self.slopes[i]);
            stds[i] = process.predict_with_slopes(&self.settled, &mut self.scratch, means, slopes).sqrt();
        }
        let (each, value) = self.combine(stds);
        gradient.fill(0.0);
        if !value.is_finite() {
            return value;
        }
        let count = each.len() as f64;
        for (set, one) in each.iter().enumerate() {
            let weight = (one.log - value).exp() / count;
            for (i, std) in stds.iter().enumerate() {
                let Some((of_variance, of_means)) = self.slopes[i].split_last() else { continue };
                let of_std = 0.5 * one.by_std[i] / std;
                for ((sum, of_mean), of_variance) in gradient.iter_mut().zip(&of_means[set]).zip(of_variance)
                {
                    *sum += weight * (one.by_mean[i] * of_mean + of_std * of_variance);
                }
            }
        }
        value
    }
}

#[cfg(test)]
#[path = "hypervolume_tests.rs"]
mod tests;
