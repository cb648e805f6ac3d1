//! Functions from the posterior of a Gaussian process, by Matheron's rule (Wilson et al. 2020): a function from the prior, made of
//! random Fourier features (Rahimi & Recht 2007), is corrected by what the process says of its errors at the trials.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{ChiSquared, Distribution as _, StandardNormal};

use super::super::streams::Stream;
use super::measure::VariedSpace;
use crate::gaussian::axis::AxisKind;
use crate::gaussian::gp::{GaussianProcess, Hyperparameters, Scratch};
use crate::gaussian::kernel::{KernelForm, PointColumns};

/// WaveFeatures of a function from the prior.
const FEATURES: usize = 192;
/// Functions from each process.
const FUNCTIONS: usize = 6;
/// Degrees of freedom of the spectrum of a Matérn kernel with ν = 5/2.
const MATERN: f64 = 5.0;

/// Functions from one process.
pub(super) struct FunctionDraws<'a> {
    measure: &'a VariedSpace,
    features: WaveFeatures,
    /// Weights of the features, for each function.
    weights: Vec<Vec<f64>>,
    /// Around which they vary.
    mean: f64,
    correction: GaussianProcess<'a>,
}

/// Cosines of random waves. A category is a corner of a simplex, so that all categories are equally far apart.
struct WaveFeatures {
    /// For each axis and each wave: how fast it goes, or where it stands for each category.
    waves: Vec<Waves>,
    phases: Vec<f64>,
    scale: f64,
}

enum Waves {
    Ordered(Vec<f64>),
    Choice(Vec<Vec<f64>>),
}

impl WaveFeatures {
    fn of(measure: &VariedSpace, hyper: &Hyperparameters, rng: &mut ChaCha8Rng) -> Self {
        let spread: Vec<f64> = (0..FEATURES).map(|_| stretch(hyper.form, rng)).collect();
        let mut wave = |rate: f64| -> Vec<f64> {
            spread.iter().map(|spread| rate * spread * rng.sample::<f64, _>(StandardNormal)).collect()
        };
        let waves = measure.axes.iter().zip(&hyper.lengths).map(|(axis, length)| {
            let rate = (-length).exp();
            match &axis.kind {
                AxisKind::Choice { count, .. } => {
                    Waves::Choice((0..*count).map(|_| wave(rate * std::f64::consts::FRAC_1_SQRT_2)).collect())
                }
                _ => Waves::Ordered(wave(rate)),
            }
        });
        let waves = waves.collect();
        let phases = (0..FEATURES).map(|_| std::f64::consts::TAU * rng.random::<f64>()).collect();
        Self { waves, phases, scale: (2.0 * hyper.amplitude.exp() / FEATURES as f64).sqrt() }
    }

    fn at(&self, x: &[f64], out: &mut Vec<f64>) {
        out.clear();
        out.extend_from_slice(&self.phases);
        for (waves, x) in self.waves.iter().zip(x) {
            match waves {
                Waves::Ordered(rates) => out.iter_mut().zip(rates).for_each(|(sum, rate)| *sum += rate * x),
                Waves::Choice(levels) => {
                    let level = levels.get(*x as usize).map(Vec::as_slice).unwrap_or_default();
                    out.iter_mut().zip(level).for_each(|(sum, part)| *sum += part);
                }
            }
        }
        out.iter_mut().for_each(|sum| *sum = self.scale * sum.cos());
    }
}

/// What the frequencies of a wave are multiplied with: those of a Matérn kernel have a Student distribution.
fn stretch(form: KernelForm, rng: &mut ChaCha8Rng) -> f64 {
    match form {
        KernelForm::Gauss => 1.0,
        _ => ChiSquared::new(MATERN).map_or(1.0, |squares| (MATERN / squares.sample(rng)).sqrt()),
    }
}

impl<'a> FunctionDraws<'a> {
    /// Functions after these values; `None`: the covariance can't be inverted.
    pub(super) fn of(
        measure: &'a VariedSpace,
        hyper: &Hyperparameters,
        values: &[f64],
        seed: u64,
        place: usize,
    ) -> Option<Self> {
        let mut rng = Stream::Functions(place).open(seed);
        let features = WaveFeatures::of(measure, hyper, &mut rng);
        let weights: Vec<Vec<f64>> =
            (0..FUNCTIONS).map(|_| (0..FEATURES).map(|_| rng.sample(StandardNormal)).collect()).collect();
        let data = PointColumns::of(measure.axes.len(), &measure.rows);
        let mean = GaussianProcess::new(&measure.axes, hyper.clone(), data.clone(), values)?.mean();
        let noise = (0.5 * hyper.noise).exp();
        let mut row = Vec::new();
        let mut errors: Vec<Vec<f64>> = vec![Vec::new(); FUNCTIONS];
        for (x, value) in measure.rows.iter().zip(values) {
            features.at(x, &mut row);
            for (errors, weights) in errors.iter_mut().zip(&weights) {
                let prior = dot(&row, weights);
                errors.push(value - mean - prior - noise * rng.sample::<f64, _>(StandardNormal));
            }
        }
        let correction = GaussianProcess::of_sets(&measure.axes, hyper.clone(), data, &errors, 0.0)?;
        Some(Self { measure, features, weights, mean, correction })
    }

    /// How many functions there are.
    pub(super) fn count(&self) -> usize {
        self.weights.len()
    }

    /// Their values at points: a row a point, a value a function.
    pub(super) fn values(&self, points: &[Vec<f64>]) -> Vec<Vec<f64>> {
        debug_assert!(points.iter().all(|x| x.len() == self.measure.axes.len()));
        let (mut row, mut means, mut scratch) = (Vec::new(), Vec::new(), Scratch::default());
        points
            .iter()
            .map(|x| {
                self.features.at(x, &mut row);
                self.correction.means(x, &mut scratch, &mut means);
                self.weights
                    .iter()
                    .zip(&means)
                    .map(|(weights, more)| self.mean + dot(&row, weights) + more)
                    .collect()
            })
            .collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
