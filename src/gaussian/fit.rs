//! The hyperparameters of a Gaussian process at their maximum a posteriori.
//!
//! The transform of the metric is one of them (Snelson, Rasmussen & Ghahramani 2004): the likelihood of the values
//! themselves decides how they are bent. Lengths have a prior that grows with the number of axes (Hvarfner, Hellsten &
//! Nardi 2024).

use super::axis::SearchAxis;
use super::gp::{Hyperparameters, best_mean, sensitivity};
use super::kernel::{KernelForm, PointColumns};
use super::linalg::{Square, dot};
use super::minimise::{MinimiserLimits, minimise};
use super::warp::{bend, log_slope};

/// A normal prior.
#[derive(Debug, Clone, Copy)]
struct NormalPrior {
    mean: f64,
    width: f64,
}

impl NormalPrior {
    /// Minus its logarithm, and the derivative of that.
    fn cost(self, x: f64) -> (f64, f64) {
        let z = (x - self.mean) / self.width;
        (0.5 * z * z, z / self.width)
    }
}

/// How hyperparameters are found.
#[derive(Debug, Clone, Copy)]
pub struct FitSettings {
    /// The form of the kernel.
    pub form: KernelForm,
    /// Whether the metric may be bent.
    pub bends: bool,
    /// Calls of the likelihood.
    pub calls: usize,
    /// Prior of ln of the noise's variance: its mean and width.
    pub noise: (f64, f64),
}

/// Values bent and standardised.
#[derive(Debug, Clone)]
pub struct WarpedTargets {
    /// The values.
    pub values: Vec<f64>,
    /// What was taken off.
    pub shift: f64,
    /// What they were divided by.
    pub scale: f64,
}

impl WarpedTargets {
    /// Bends standardised values.
    pub fn new(y: &[f64], lambda: f64) -> Self {
        let bent: Vec<f64> = y.iter().map(|y| bend(*y, lambda)).collect();
        let (shift, scale) = moments(&bent);
        Self { values: bent.iter().map(|z| (z - shift) / scale).collect(), shift, scale }
    }
}

/// Mean and standard deviation; 1 where there is no spread.
pub fn moments(y: &[f64]) -> (f64, f64) {
    let n = y.len().max(1) as f64;
    let mean = y.iter().sum::<f64>() / n;
    let variance = y.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / n;
    let scale = variance.sqrt();
    (mean, if scale > 1e-12 && scale.is_finite() { scale } else { 1.0 })
}

/// The data of a fit, with the distances of all pairs on every axis.
pub struct Evidence<'a> {
    y: &'a [f64],
    n: usize,
    /// For each axis the squared distances, packed row by row below the diagonal.
    squares: Vec<Vec<f64>>,
    settings: FitSettings,
    length: NormalPrior,
}

const AMPLITUDE: NormalPrior = NormalPrior { mean: 0.0, width: 1.0 };
/// The search expects little noise: what varies may always be explained.
pub const LITTLE_NOISE: (f64, f64) = (-9.0, 3.0);
/// The analysis expects some.
pub const SOME_NOISE: (f64, f64) = (-3.0, 2.5);
const LAMBDA: NormalPrior = NormalPrior { mean: 1.0, width: 0.7 };
const AMPLITUDES: (f64, f64) = (-4.0, 5.0);
const NOISES: (f64, f64) = (-18.5, 0.0);
const LAMBDAS: (f64, f64) = (-1.0, 3.0);
const LENGTHS: (f64, f64) = (-4.0, 4.0);

impl<'a> Evidence<'a> {
    /// Of standardised values.
    pub fn new(axes: &[SearchAxis], data: &PointColumns, y: &'a [f64], settings: FitSettings) -> Self {
        let squares = axes
            .iter()
            .zip(&data.columns)
            .map(|(axis, column)| {
                let pairs = (0..data.n).flat_map(|i| (0..i).map(move |j| (i, j)));
                pairs.map(|(i, j)| axis.kind.squared_distance(column[i], column[j])).collect()
            })
            .collect();
        let length = NormalPrior { mean: -0.7 + 0.5 * (axes.len() as f64).ln(), width: 0.6 };
        Self { y, n: data.n, squares, settings, length }
    }

    /// The best hyperparameters that were found, and minus the logarithm of their posterior density.
    pub fn fit(&self) -> (Hyperparameters, f64) {
        let d = self.squares.len();
        let mut start = vec![self.length.mean; d];
        start.extend([0.0, self.settings.noise.0 + 2.0]);
        let mut bounds = vec![LENGTHS; d];
        bounds.extend([AMPLITUDES, NOISES]);
        if self.settings.bends {
            start.push(1.0);
            bounds.push(LAMBDAS);
        }
        let effort = MinimiserLimits { steps: 60, calls: self.settings.calls, first_step: 0.7, gain: 1e-3 };
        let (theta, cost) = minimise(&start, &bounds, effort, |theta, gradient| self.cost(theta, gradient));
        (self.hyper(&theta), cost)
    }

    /// As [`Self::fit`] has them, in the order of `cost`.
    pub fn theta(&self, hyper: &Hyperparameters) -> Vec<f64> {
        let mut theta = hyper.lengths.clone();
        theta.extend([hyper.amplitude, hyper.noise]);
        theta.extend(self.settings.bends.then_some(hyper.lambda));
        theta
    }

    /// Whether these numbers keep to the bounds of a fit.
    pub fn within_bounds(&self, theta: &[f64]) -> bool {
        let d = self.squares.len();
        let bounds = std::iter::repeat_n(LENGTHS, d).chain([AMPLITUDES, NOISES, LAMBDAS]);
        theta.iter().zip(bounds).all(|(x, (low, high))| (low..=high).contains(x))
    }

    /// The hyperparameters that the numbers of `cost` stand for.
    pub fn hyper(&self, theta: &[f64]) -> Hyperparameters {
        let d = self.squares.len();
        Hyperparameters {
            lengths: theta[..d].to_vec(),
            amplitude: theta[d],
            noise: theta[d + 1],
            lambda: theta.get(d + 2).copied().unwrap_or(1.0),
            form: self.settings.form,
        }
    }

    /// Minus the log posterior density up to a constant; NaN where the covariance can't be inverted.
    pub fn cost(&self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        let d = self.squares.len();
        let hyper = self.hyper(theta);
        let (amplitude, noise) = (hyper.amplitude.exp(), hyper.noise.exp());
        let rates: Vec<f64> = hyper.lengths.iter().map(|length| (-2.0 * length).exp()).collect();
        let mut sums = vec![0.0; self.n * self.n.saturating_sub(1) / 2];
        for (squares, rate) in self.squares.iter().zip(&rates) {
            super::linalg::add_scaled(&mut sums, *rate, squares);
        }
        let mut slopes = Vec::with_capacity(sums.len());
        for sum in &mut sums {
            let (value, slope) = hyper.form.at(*sum);
            *sum = amplitude * value;
            slopes.push(amplitude * slope);
        }
        let mut matrix = Square::zeros(self.n);
        let mut at = 0;
        for i in 0..self.n {
            matrix.row_mut(i)[..i].copy_from_slice(&sums[at..at + i]);
            matrix.row_mut(i)[i] = amplitude + noise;
            at += i;
        }
        let Some(factor) = matrix.cholesky() else { return f64::NAN };
        let inverse = factor.inverse_lower();
        let bent = WarpedTargets::new(self.y, hyper.lambda);
        let mut half = Vec::new();
        let mean = best_mean(&inverse, &bent.values, &mut half);
        let residuals: Vec<f64> = bent.values.iter().map(|z| z - mean).collect();
        inverse.times_lower(&residuals, &mut half);
        let mut weights = Vec::new();
        inverse.times_lower_transposed(&half, &mut weights);
        let log_determinant: f64 = (0..self.n).map(|i| factor.row(i)[i].ln()).sum();
        let mut cost =
            0.5 * dot(&half, &half) + log_determinant + 0.5 * mean * mean / super::gp::MEAN_VARIANCE;

        let (mut pairs, mut diagonal) = (Vec::new(), Vec::new());
        sensitivity(&inverse, &weights, &mut pairs, &mut diagonal);
        let total: f64 = diagonal.iter().sum();
        gradient[d] = -dot(&pairs, &sums) - 0.5 * amplitude * total;
        gradient[d + 1] = -0.5 * noise * total;
        pairs.iter_mut().zip(&slopes).for_each(|(pair, slope)| *pair *= slope);
        for (axis, (squares, rate)) in self.squares.iter().zip(&rates).enumerate() {
            gradient[axis] = -rate * dot(&pairs, squares);
        }
        for (axis, length) in hyper.lengths.iter().enumerate() {
            let (more, slope) = self.length.cost(*length);
            cost += more;
            gradient[axis] += slope;
        }
        let (mean, width) = self.settings.noise;
        let noise = NormalPrior { mean, width };
        for (at, (prior, x)) in [(AMPLITUDE, hyper.amplitude), (noise, hyper.noise)].into_iter().enumerate() {
            let (more, slope) = prior.cost(x);
            cost += more;
            gradient[d + at] += slope;
        }
        if self.settings.bends {
            let (more, slope) = LAMBDA.cost(hyper.lambda);
            cost += more - self.log_jacobian(hyper.lambda, &bent);
            gradient[d + 2] = slope + self.slope_of_bending(hyper.lambda, &weights);
        }
        cost
    }

    /// The logarithm of how much bending and standardising stretch all values together.
    fn log_jacobian(&self, lambda: f64, bent: &WarpedTargets) -> f64 {
        self.y.iter().map(|y| log_slope(*y, lambda)).sum::<f64>() - self.n as f64 * bent.scale.ln()
    }

    /// The derivative of the cost by λ, through the values and their Jacobian, by central differences.
    fn slope_of_bending(&self, lambda: f64, weights: &[f64]) -> f64 {
        const H: f64 = 1e-5;
        let (up, down) = (WarpedTargets::new(self.y, lambda + H), WarpedTargets::new(self.y, lambda - H));
        let moved: f64 = up
            .values
            .iter()
            .zip(&down.values)
            .zip(weights)
            .map(|((up, down), weight)| (up - down) * weight)
            .sum();
        let stretched = self.log_jacobian(lambda + H, &up) - self.log_jacobian(lambda - H, &down);
        (moved - stretched) / (2.0 * H)
    }
}
