//! What a point promises: the logarithm of its expected improvement.

use super::axes::Axes;
use super::improvement::log_h;
use crate::gaussian::gp::{GaussianProcess, Scratch};

/// What a search climbs: the logarithm of what a point promises.
pub(super) trait Promise {
    /// At full coordinates; what does not exist there does not count.
    fn at(&mut self, x: &[f64]) -> f64;

    /// The same with its derivatives along ordered axes.
    fn with_slopes(&mut self, x: &[f64], gradient: &mut [f64]) -> f64;
}

/// The logarithm of the expected improvement, averaged over the sets of values that a process was given.
#[derive(Debug)]
pub(super) struct Acquisition<'a> {
    axes: &'a Axes,
    process: &'a GaussianProcess<'a>,
    /// For each set what must be undercut.
    best: Vec<f64>,
    scratch: Scratch,
    means: Vec<f64>,
    slopes: Vec<Vec<f64>>,
    logs: Vec<(f64, f64)>,
    settled: Vec<f64>,
}

impl<'a> Acquisition<'a> {
    /// Of a process; `best` holds what must be undercut, for each of its sets of values.
    pub fn new(axes: &'a Axes, process: &'a GaussianProcess<'a>, best: Vec<f64>) -> Self {
        Self {
            axes,
            process,
            best,
            scratch: Scratch::default(),
            means: Vec::new(),
            slopes: Vec::new(),
            logs: Vec::new(),
            settled: Vec::new(),
        }
    }

    /// The logarithm of the mean improvement; leaves each set's own in `logs`.
    fn combine(&mut self, std: f64) -> f64 {
        self.logs.clear();
        for (mean, best) in self.means.iter().zip(&self.best) {
            self.logs.push(log_h((best - mean) / std));
        }
        let most = self.logs.iter().fold(f64::NEG_INFINITY, |most, log| most.max(log.0));
        let sum: f64 = self.logs.iter().map(|log| (log.0 - most).exp()).sum();
        most + (sum / self.logs.len().max(1) as f64).ln() + std.ln()
    }
}

impl Promise for Acquisition<'_> {
    fn at(&mut self, x: &[f64]) -> f64 {
        self.settled.clear();
        self.settled.extend_from_slice(x);
        self.axes.settle(&mut self.settled);
        let variance = self.process.predict(&self.settled, &mut self.scratch, &mut self.means);
        self.combine(variance.sqrt())
    }

    fn with_slopes(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        self.settled.clear();
        self.settled.extend_from_slice(x);
        self.axes.settle(&mut self.settled);
        let variance = self.process.predict_with_slopes(
            &self.settled,
            &mut self.scratch,
            &mut self.means,
            &mut self.slopes,
        );
        let std = variance.sqrt();
        let value = self.combine(std);
        gradient.fill(0.0);
        let Some((of_variance, of_means)) = self.slopes.split_last() else { return value };
        let total: f64 = self.logs.iter().map(|log| (log.0 + std.ln() - value).exp()).sum();
        for (((log, mean), best), slopes) in self.logs.iter().zip(&self.means).zip(&self.best).zip(of_means) {
            let weight = (log.0 + std.ln() - value).exp() / total;
            let z = (best - mean) / std;
            for ((sum, of_mean), of_variance) in gradient.iter_mut().zip(slopes).zip(of_variance) {
                let of_std = 0.5 * of_variance / std;
                *sum += weight * (of_std / std + log.1 * (-of_mean - z * of_std) / std);
            }
        }
        value
    }
}
