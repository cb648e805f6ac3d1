//! Hyperparameters from their posterior: the best, then a random walk around it (Metropolis et al. 1953), so that shares are
//! as uncertain as the lengths are.

use rand::{Rng as _, RngExt as _};
use rand_distr::StandardNormal;

use super::super::streams::Stream;
use super::measure::VariedSpace;
use crate::gaussian::fit::{Evidence, FitSettings, SOME_NOISE};
use crate::gaussian::gp::Hyperparameters;
use crate::gaussian::kernel::{KernelForm, PointColumns};

/// Sets of hyperparameters that are drawn, steps between two of them, and steps before the first.
const SETS: usize = 16;
const STEPS: usize = 12;
const WARM_UP: usize = 40;
/// Calls of the likelihood for each form of the kernel.
const CALLS: usize = 40;
/// Steps of the walk: of ln lengths, amplitude, noise, and of λ, before they are scaled by their number.
const LENGTH: f64 = 0.6;
const AMPLITUDE: f64 = 0.8;
const NOISE: f64 = 0.8;
const LAMBDA: f64 = 0.2;

/// Hyperparameters of one form of the kernel.
pub(super) struct PosteriorHypers {
    /// The most probable.
    pub(super) best: Hyperparameters,
    /// Draws from their posterior.
    pub(super) all: Vec<Hyperparameters>,
}

impl PosteriorHypers {
    /// Of standardised values, which may be bent; `None`: no covariance can be inverted.
    pub(super) fn of(measure: &VariedSpace, values: &[f64], bends: bool, seed: u64) -> Option<Self> {
        let data = PointColumns::of(measure.axes.len(), &measure.rows);
        let evidence = |form| {
            let settings = FitSettings { form, bends, calls: CALLS, noise: SOME_NOISE };
            Evidence::new(&measure.axes, &data, values, settings)
        };
        let forms = [KernelForm::Matern, KernelForm::Gauss].map(|form| {
            let evidence = evidence(form);
            let (hyper, cost) = evidence.fit();
            (evidence, hyper, cost)
        });
        let (evidence, best, cost) =
            forms.into_iter().filter(|(.., cost)| cost.is_finite()).min_by(|a, b| a.2.total_cmp(&b.2))?;
        let all = walk(&evidence, &best, cost, seed);
        Some(Self { best, all })
    }
}

fn walk(evidence: &Evidence<'_>, best: &Hyperparameters, cost: f64, seed: u64) -> Vec<Hyperparameters> {
    let mut rng = Stream::Hypers.open(seed);
    let mut here = (evidence.theta(best), cost);
    let lengths = best.lengths.len();
    let scale = 1.6 / (here.0.len() as f64).sqrt();
    let step = |place: usize| match place.checked_sub(lengths) {
        None => LENGTH,
        Some(0) => AMPLITUDE,
        Some(1) => NOISE,
        Some(_) => LAMBDA,
    };
    let mut gradient = vec![0.0; here.0.len()];
    let mut sets = Vec::with_capacity(SETS);
    for number in 1..=WARM_UP + SETS * STEPS {
        let moved: Vec<f64> = (0..here.0.len())
            .map(|place| here.0[place] + scale * step(place) * rng.sample::<f64, _>(StandardNormal))
            .collect();
        let chance = f64::from(rng.next_u32()) / 4_294_967_296.0;
        if evidence.within_bounds(&moved) {
            let cost = evidence.cost(&moved, &mut gradient);
            if cost.is_finite() && chance < (here.1 - cost).exp() {
                here = (moved, cost);
            }
        }
        if number > WARM_UP && (number - WARM_UP).is_multiple_of(STEPS) {
            sets.push(evidence.hyper(&here.0));
        }
    }
    sets
}
