//! A Gaussian process on mixed spaces: its hyperparameters, and what it says of new points.
//!
//! Rasmussen & Williams 2006, chapters 2 and 5. The mean is estimated together with the rest (generalised least squares
//! with a weak pull to 0).

use super::axis::SearchAxis;
use super::kernel::{KernelForm, PointColumns, add_distances, half_slope};
use super::linalg::{Square, add_scaled, dot};

/// Hyperparameters: all that is not data.
#[derive(Debug, Clone, PartialEq)]
pub struct Hyperparameters {
    /// ln of the length of each axis.
    pub lengths: Vec<f64>,
    /// ln of the variance of the process.
    pub amplitude: f64,
    /// ln of the variance of the noise.
    pub noise: f64,
    /// λ of the transform of the metric.
    pub lambda: f64,
    /// The form of the kernel.
    pub form: KernelForm,
}

/// Variance of the mean's prior.
pub const MEAN_VARIANCE: f64 = 1.0;

/// A process that has seen data.
#[derive(Debug)]
pub struct GaussianProcess<'a> {
    axes: &'a [SearchAxis],
    hyper: Hyperparameters,
    data: PointColumns,
    /// Inverse of the Cholesky factor of the data's covariance.
    inverse: Square,
    mean: f64,
    /// For each set of values: what its prediction weighs the data with.
    weights: Vec<Vec<f64>>,
}

/// Space for the predictions of one point, used again and again.
#[derive(Debug, Default)]
pub struct Scratch {
    squares: Vec<f64>,
    slopes: Vec<f64>,
    covariances: Vec<f64>,
    half: Vec<f64>,
    solved: Vec<f64>,
}

/// The covariances of all points with each other, lower half, noise included.
pub fn covariance(axes: &[SearchAxis], hyper: &Hyperparameters, data: &PointColumns) -> Square {
    let mut matrix = Square::zeros(data.n);
    let amplitude = hyper.amplitude.exp();
    for i in 0..data.n {
        let row = &mut matrix.row_mut(i)[..i];
        for ((axis, column), length) in axes.iter().zip(&data.columns).zip(&hyper.lengths) {
            add_distances(axis, column[i], &column[..i], (-2.0 * length).exp(), row);
        }
        row.iter_mut().for_each(|x| *x = amplitude * hyper.form.at(*x).0);
        matrix.row_mut(i)[i] = amplitude + hyper.noise.exp();
    }
    matrix
}

/// The Cholesky factor of the covariances, with more noise where it needs that; `None`: noise does not help.
fn factor(axes: &[SearchAxis], hyper: &mut Hyperparameters, data: &PointColumns) -> Option<Square> {
    loop {
        match covariance(axes, hyper, data).cholesky() {
            Some(factor) => return Some(factor),
            None if hyper.noise < 0.0 => hyper.noise += std::f64::consts::LN_10,
            None => return None,
        }
    }
}

/// The mean that fits best, given the inverse factor: generalised least squares with a prior around 0.
pub fn best_mean(inverse: &Square, y: &[f64], half: &mut Vec<f64>) -> f64 {
    inverse.times_lower(y, half);
    let mut ones = Vec::new();
    inverse.times_lower(&vec![1.0; y.len()], &mut ones);
    dot(&ones, half) / (dot(&ones, &ones) + 1.0 / MEAN_VARIANCE)
}

impl<'a> GaussianProcess<'a> {
    /// The process after `data` with `values`; `None`: its covariance can't be inverted.
    pub fn new(
        axes: &'a [SearchAxis],
        hyper: Hyperparameters,
        data: PointColumns,
        values: &[f64],
    ) -> Option<Self> {
        Self::around(axes, hyper, data, values, None)
    }

    /// The same around a known mean.
    pub fn around(
        axes: &'a [SearchAxis],
        mut hyper: Hyperparameters,
        data: PointColumns,
        values: &[f64],
        mean: Option<f64>,
    ) -> Option<Self> {
        let inverse = factor(axes, &mut hyper, &data)?.inverse_lower();
        let mean = mean.unwrap_or_else(|| best_mean(&inverse, values, &mut Vec::new()));
        let mut process = Self { axes, hyper, data, inverse, mean, weights: Vec::new() };
        process.weights = vec![process.weights_for(values)];
        Some(process)
    }

    /// The process after `data` with several sets of values around a known mean: one prediction for each.
    pub fn of_sets(
        axes: &'a [SearchAxis],
        hyper: Hyperparameters,
        data: PointColumns,
        sets: &[Vec<f64>],
        mean: f64,
    ) -> Option<Self> {
        let first = sets.first()?;
        let mut process = Self::around(axes, hyper, data, first, Some(mean))?;
        process.weights = sets.iter().map(|set| process.weights_for(set)).collect();
        Some(process)
    }

    /// The mean around which it varies.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// For each value what the others say of it: the difference from their prediction, and its variance with noise
    /// (Rasmussen & Williams 2006, section 5.4.2).
    pub fn left_out(&self, values: &[f64]) -> Vec<(f64, f64)> {
        let precision = self.inverse.gram_lower();
        let weights = self.weights_for(values);
        (0..self.data.n)
            .map(|i| {
                let variance = 1.0 / precision.row(i)[i];
                (weights[i] * variance, variance)
            })
            .collect()
    }

    /// Predicted means alone, one for each set of values.
    pub fn means(&self, x: &[f64], scratch: &mut Scratch, means: &mut Vec<f64>) {
        scratch.squares.clear();
        scratch.squares.resize(self.data.n, 0.0);
        for (d, axis) in self.axes.iter().enumerate() {
            let weight = (-2.0 * self.hyper.lengths[d]).exp();
            add_distances(axis, x[d], &self.data.columns[d], weight, &mut scratch.squares);
        }
        let amplitude = self.hyper.amplitude.exp();
        scratch.squares.iter_mut().for_each(|x| *x = amplitude * self.hyper.form.at(*x).0);
        means.clear();
        means.extend(self.weights.iter().map(|weights| self.mean + dot(weights, &scratch.squares)));
    }

    fn weights_for(&self, values: &[f64]) -> Vec<f64> {
        let residuals: Vec<f64> = values.iter().map(|y| y - self.mean).collect();
        let (mut half, mut weights) = (Vec::new(), Vec::new());
        self.inverse.times_lower(&residuals, &mut half);
        self.inverse.times_lower_transposed(&half, &mut weights);
        weights
    }

    /// The process after more points, whose values are drawn jointly from what it expects there: one set of values for
    /// each list of standard normal draws.
    pub fn imagine(
        &self,
        values: &[f64],
        points: &[Vec<f64>],
        draws: &[Vec<f64>],
    ) -> Option<(Vec<Vec<f64>>, Self)> {
        let all: Vec<Vec<f64>> =
            (0..self.data.n).map(|i| self.data.row(i)).chain(points.iter().cloned()).collect();
        let data = PointColumns::of(self.axes.len(), &all);
        let mut hyper = self.hyper.clone();
        let factor = factor(self.axes, &mut hyper, &data)?;
        // With L the factor of old and new points together, new values are mean + L₂₁ a + L₂₂ z, where a = L₁₁⁻¹ (y - mean).
        let (n, all) = (self.data.n, data.n);
        let mut whitened: Vec<f64> = Vec::with_capacity(n);
        for i in 0..n {
            let row = factor.row(i);
            whitened.push((values[i] - self.mean - dot(&row[..i], &whitened)) / row[i]);
        }
        let sets: Vec<Vec<f64>> = draws
            .iter()
            .map(|draw| {
                let mut white = whitened.clone();
                let mut set = values.to_vec();
                white.extend(draw.iter().take(all - n));
                for i in n..all {
                    set.push(self.mean + dot(&factor.row(i)[..=i], &white[..=i]));
                }
                set
            })
            .collect();
        let inverse = factor.inverse_lower();
        let mut process =
            Self { axes: self.axes, hyper, data, inverse, mean: self.mean, weights: Vec::new() };
        process.weights = sets.iter().map(|set| process.weights_for(set)).collect();
        Some((sets, process))
    }

    /// How many points it has seen.
    pub fn n(&self) -> usize {
        self.data.n
    }

    /// What it was built with.
    pub fn hyper(&self) -> &Hyperparameters {
        &self.hyper
    }

    fn covariances(&self, x: &[f64], scratch: &mut Scratch) {
        scratch.squares.clear();
        scratch.squares.resize(self.data.n, 0.0);
        for (d, axis) in self.axes.iter().enumerate() {
            let weight = (-2.0 * self.hyper.lengths[d]).exp();
            add_distances(axis, x[d], &self.data.columns[d], weight, &mut scratch.squares);
        }
        let amplitude = self.hyper.amplitude.exp();
        scratch.covariances.clear();
        scratch.slopes.clear();
        for square in &scratch.squares {
            let (value, slope) = self.hyper.form.at(*square);
            scratch.covariances.push(amplitude * value);
            scratch.slopes.push(amplitude * slope);
        }
        self.inverse.times_lower(&scratch.covariances, &mut scratch.half);
    }

    /// Predicted means, one for each set of values, and the variance of the function without noise.
    pub fn predict(&self, x: &[f64], scratch: &mut Scratch, means: &mut Vec<f64>) -> f64 {
        self.covariances(x, scratch);
        means.clear();
        means.extend(self.weights.iter().map(|weights| self.mean + dot(weights, &scratch.covariances)));
        self.variance(scratch)
    }

    fn variance(&self, scratch: &Scratch) -> f64 {
        let amplitude = self.hyper.amplitude.exp();
        (amplitude - dot(&scratch.half, &scratch.half)).max(1e-12 * amplitude)
    }

    /// The same with derivatives along the ordered axes: means' in `slopes`, a row a set, and the variance's last.
    pub fn predict_with_slopes(
        &self,
        x: &[f64],
        scratch: &mut Scratch,
        means: &mut Vec<f64>,
        slopes: &mut Vec<Vec<f64>>,
    ) -> f64 {
        let variance = self.predict(x, scratch, means);
        self.inverse.times_lower_transposed(&scratch.half, &mut scratch.solved);
        slopes.resize(self.weights.len() + 1, Vec::new());
        for row in slopes.iter_mut() {
            row.clear();
            row.resize(x.len(), 0.0);
        }
        let mut along = vec![0.0; self.data.n];
        for (d, axis) in self.axes.iter().enumerate() {
            if axis.kind.is_choice() || x[d] < 0.0 {
                continue;
            }
            let weight = (-2.0 * self.hyper.lengths[d]).exp();
            for ((along, other), slope) in along.iter_mut().zip(&self.data.columns[d]).zip(&scratch.slopes) {
                *along = -slope * weight * half_slope(x[d], *other);
            }
            for (row, weights) in slopes.iter_mut().zip(&self.weights) {
                row[d] = dot(weights, &along);
            }
            if let Some(row) = slopes.last_mut() {
                row[d] = -2.0 * dot(&scratch.solved, &along);
            }
        }
        variance
    }
}

/// The derivative of the log likelihood by the entries of the covariance, times two: αα' - K⁻¹, packed by pairs of
/// which the second comes first, and its diagonal.
pub fn sensitivity(inverse: &Square, weights: &[f64], pairs: &mut Vec<f64>, diagonal: &mut Vec<f64>) {
    let gram = inverse.gram_lower();
    pairs.clear();
    diagonal.clear();
    for i in 0..gram.n() {
        let row = gram.row(i);
        let start = pairs.len();
        pairs.extend(row[..i].iter().map(|x| -x));
        add_scaled(&mut pairs[start..], weights[i], &weights[..i]);
        diagonal.push(weights[i] * weights[i] - row[i]);
    }
}
