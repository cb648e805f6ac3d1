//! Limits on what a trial gives: the logarithm of the probability that a point keeps to them.

use super::acquisition::Promise;
use super::axes::Axes;
use super::improvement::log_h;
use crate::gaussian::gp::{GaussianProcess, Scratch};

/// A limit on what a process predicts.
#[derive(Debug, Clone, Copy)]
pub(super) struct PredictedLimit<'a> {
    /// What is known of the limited metric.
    pub process: &'a GaussianProcess<'a>,
    /// The bound, as the process has its values.
    pub bound: f64,
    /// Whether the bound is the most; else the least.
    pub at_most: bool,
}

/// What another promise is worth where limits hold: the sum of the logarithms.
pub(super) struct LimitedAcquisition<'a, 'b> {
    axes: &'a Axes,
    /// `None`: nothing counts until a point is found that keeps to the limits.
    inner: Option<&'b mut dyn Promise>,
    limits: Vec<PredictedLimit<'a>>,
    scratch: Scratch,
    means: Vec<f64>,
    slopes: Vec<Vec<f64>>,
    settled: Vec<f64>,
}

impl<'a, 'b> LimitedAcquisition<'a, 'b> {
    /// Of a promise and limits.
    pub fn new(axes: &'a Axes, inner: Option<&'b mut dyn Promise>, limits: Vec<PredictedLimit<'a>>) -> Self {
        let (scratch, means, slopes, settled) = Default::default();
        Self { axes, inner, limits, scratch, means, slopes, settled }
    }

    fn settle(&mut self, x: &[f64]) {
        self.settled.clear();
        self.settled.extend_from_slice(x);
        self.axes.settle(&mut self.settled);
    }
}

/// ln Φ(z) and its derivative.
fn log_cumulated(z: f64) -> (f64, f64) {
    if z > 8.0 {
        return (0.0, 0.0);
    }
    // h = φ + zΦ; log_h has ln h and Φ/h.
    let (log, ratio) = log_h(z);
    (log + ratio.ln(), 1.0 / ratio - z)
}

impl Promise for LimitedAcquisition<'_, '_> {
    fn at(&mut self, x: &[f64]) -> f64 {
        self.settle(x);
        let mut sum = self.inner.as_mut().map_or(0.0, |inner| inner.at(x));
        for limit in &self.limits {
            let std = limit.process.predict(&self.settled, &mut self.scratch, &mut self.means).sqrt();
            let Some(mean) = self.means.first() else { continue };
            let side = if limit.at_most { 1.0 } else { -1.0 };
            sum += log_cumulated(side * (limit.bound - mean) / std).0;
        }
        sum
    }

    fn with_slopes(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        self.settle(x);
        gradient.fill(0.0);
        let mut sum = self.inner.as_mut().map_or(0.0, |inner| inner.with_slopes(x, gradient));
        for limit in &self.limits {
            let (scratch, means, slopes) = (&mut self.scratch, &mut self.means, &mut self.slopes);
            let std = limit.process.predict_with_slopes(&self.settled, scratch, means, slopes).sqrt();
            let (Some(mean), [of_mean, .., of_variance]) = (means.first(), slopes.as_slice()) else {
                continue;
            };
            let side = if limit.at_most { 1.0 } else { -1.0 };
            let z = side * (limit.bound - mean) / std;
            let (log, slope) = log_cumulated(z);
            sum += log;
            for ((sum, of_mean), of_variance) in gradient.iter_mut().zip(of_mean).zip(of_variance) {
                *sum += slope * (-side * of_mean - z * 0.5 * of_variance / std) / std;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probability_has_a_logarithm_with_a_slope_everywhere() {
        for z in [-30.0_f64, -5.0, -1.0, 0.0, 2.0, 7.9] {
            let h = 1e-5;
            let slope = (log_cumulated(z + h).0 - log_cumulated(z - h).0) / (2.0 * h);
            assert!((slope - log_cumulated(z).1).abs() < 1e-5 * (1.0 + slope.abs()), "{z}: {slope}");
        }
        assert!((log_cumulated(0.0).0 - 0.5_f64.ln()).abs() < 1e-12);
        assert!((log_cumulated(-10.0).0 + 53.231_285_1).abs() < 1e-6);
    }
}
