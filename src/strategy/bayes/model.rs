//! From what is known to the next point, by a Gaussian process.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::super::Expectation;
use super::TrainingSet;
use super::acquisition::Acquisition;
use super::axes::{Axes, Coordinates, TakenKeys};
use super::improvement::{cumulated, expected};
use super::search::{AcquisitionSearch, SearchEffort};
use crate::config::{ConstraintError, Goal, MetricConfig};
use crate::gaussian::fit::{Evidence, FitSettings, LITTLE_NOISE, WarpedTargets, moments};
use crate::gaussian::gp::{GaussianProcess, Hyperparameters, Scratch};
use crate::gaussian::kernel::{KernelForm, PointColumns};
use crate::gaussian::subset;
use crate::gaussian::warp::{bend, unbend};

/// Sets of values that are imagined for trials without one.
const FANTASIES: usize = 8;
/// Of the trials without a value so many are imagined, the latest.
const MOST_PENDING: usize = 50;
/// A plain model takes its turn unless it explains the data worse than this, in units of ln of the evidence.
const TOLERANCE: f64 = 5.0;
/// Calls of the likelihood for each form of the model.
const CALLS: usize = 40;
/// Good points near which others are tried.
pub(super) const ANCHORS: usize = 5;

/// A model of the metric.
pub(super) struct Model<'a> {
    axes: &'a Axes,
    process: GaussianProcess<'a>,
    /// Its process after imagined values of pending trials, and the sets of values: what was seen, then what is imagined.
    imagined: Option<(GaussianProcess<'a>, Vec<Vec<f64>>)>,
    /// How many points were seen.
    count: usize,
    /// The points it learned from, the best first.
    seen: Vec<Coordinates>,
    best: f64,
    bent: WarpedTargets,
    shift: f64,
    scale: f64,
}

impl<'a> Model<'a> {
    /// Of what is known; `None`: nothing can be learned from it.
    pub fn new(axes: &'a Axes, known: &TrainingSet, k: u64, rng: &mut ChaCha8Rng) -> Option<Self> {
        let points: Vec<&Coordinates> = known.seen.iter().map(|(x, _)| x).collect();
        let y: Vec<f64> = known.seen.iter().map(|(_, y)| *y).collect();
        Self::of(axes, &points, y, &known.pending, k, rng)
    }

    /// Of points with values, smaller being better; `None`: nothing can be learned from them.
    pub fn of(
        axes: &'a Axes,
        points: &[&Coordinates],
        y: Vec<f64>,
        pending: &[Coordinates],
        k: u64,
        rng: &mut ChaCha8Rng,
    ) -> Option<Self> {
        let all: Vec<f64> = tame(y);
        let chosen = subset::chosen(&all, subset::for_predictions(all.len()));
        let y: Vec<f64> = chosen.iter().map(|i| all[*i]).collect();
        let (shift, scale) = moments(&y);
        let y: Vec<f64> = y.iter().map(|y| (y - shift) / scale).collect();
        let seen: Vec<Coordinates> = chosen.iter().map(|i| points[*i].clone()).collect();
        let hyper = hyperparameters(axes, &seen, &y, k);
        let bent = WarpedTargets::new(&y, hyper.lambda);
        let process =
            GaussianProcess::new(&axes.axes, hyper, PointColumns::of(axes.axes.len(), &seen), &bent.values)?;
        let pending: Vec<Coordinates> = pending.iter().rev().take(MOST_PENDING).cloned().collect();
        let imagined = if pending.is_empty() {
            None
        } else {
            let draws: Vec<Vec<f64>> = (0..FANTASIES)
                .map(|_| pending.iter().map(|_| rng.sample(StandardNormal)).collect())
                .collect();
            let (sets, process) = process.imagine(&bent.values, &pending, &draws)?;
            Some((process, sets))
        };
        let mut order: Vec<usize> = (0..seen.len()).collect();
        order.sort_by(|a, b| bent.values[*a].total_cmp(&bent.values[*b]));
        let count = seen.len();
        let seen = order.into_iter().map(|i| seen[i].clone()).collect();
        let best = least(&bent.values);
        Some(Self { axes, process, imagined, count, seen, best, bent, shift, scale })
    }

    /// The process that a search asks: after the imagined values of pending trials, where there are any.
    pub fn process(&self) -> &GaussianProcess<'a> {
        self.imagined.as_ref().map_or(&self.process, |(process, _)| process)
    }

    /// The process after what was seen alone.
    pub fn process_of_seen(&self) -> &GaussianProcess<'a> {
        &self.process
    }

    /// How many sets of values the process was given.
    pub fn sets(&self) -> usize {
        self.imagined.as_ref().map_or(1, |(_, sets)| sets.len())
    }

    /// The values that a set imagines for pending trials.
    pub fn imagined(&self, set: usize) -> &[f64] {
        let sets = self.imagined.as_ref().and_then(|(_, sets)| sets.get(set));
        sets.and_then(|set| set.get(self.count..)).unwrap_or_default()
    }

    /// A value as the process has it.
    pub fn bent(&self, y: f64) -> f64 {
        (bend((y - self.shift) / self.scale, self.process.hyper().lambda) - self.bent.shift) / self.bent.scale
    }

    /// The most promising free point.
    ///
    /// # Errors
    /// A constraint that can't be computed.
    pub fn propose(
        &self,
        taken: &TakenKeys,
        rng: &mut ChaCha8Rng,
    ) -> Result<Option<Coordinates>, ConstraintError> {
        let best = match &self.imagined {
            None => vec![self.best],
            Some((_, sets)) => sets.iter().map(|set| least(set)).collect(),
        };
        let process = self.process();
        let mut acquisition = Acquisition::new(self.axes, process, best);
        let anchors = &self.seen[..self.seen.len().min(ANCHORS)];
        let mut search = AcquisitionSearch { axes: self.axes, acquisition: &mut acquisition, taken, rng };
        search.best(anchors, SearchEffort::after(process.n()))
    }

    /// What is expected of a point, in the units of the metric.
    pub fn expectation(&self, x: &[f64], metric: Option<&MetricConfig>) -> Option<Expectation> {
        let sign = match metric?.goal {
            Goal::Minimize => 1.0,
            Goal::Maximize => -1.0,
        };
        let mut means = Vec::new();
        let std = self.process.predict(x, &mut Scratch::default(), &mut means).sqrt();
        let mean = *means.first()?;
        let lambda = self.process.hyper().lambda;
        let back = |z: f64| unbend(z * self.bent.scale + self.bent.shift, lambda) * self.scale + self.shift;
        let spread = 0.5 * (back(mean + std) - back(mean - std));
        let probability = cumulated((self.best - mean) / std);
        let improvement = expected(back(self.best), back(mean), spread.max(f64::MIN_POSITIVE));
        let expectation = Expectation { mean: sign * back(mean), std: spread, improvement, probability };
        let finite = [expectation.mean, spread, improvement, probability].iter().all(|x| x.is_finite());
        finite.then_some(expectation)
    }
}

/// The hyperparameters of the model whose turn it is.
///
/// Models take turns, so that what one is blind to the other may find. Every other trial belongs to the one that the
/// evidence prefers, of a rough and a very smooth function of a bent metric. The rest belong to a very smooth function of
/// the metric as it is: wherever the metric has the shape of a bowl it sees far, and it is used unless the data speak
/// clearly against it.
fn hyperparameters(axes: &Axes, seen: &[Coordinates], y: &[f64], k: u64) -> Hyperparameters {
    let chosen = subset::chosen(y, subset::for_hyperparameters(y.len()));
    let points: Vec<Coordinates> = chosen.iter().map(|i| seen[*i].clone()).collect();
    let values: Vec<f64> = chosen.iter().map(|i| y[*i]).collect();
    let data = PointColumns::of(axes.axes.len(), &points);
    let fit = |form, bends| {
        Evidence::new(
            &axes.axes,
            &data,
            &values,
            FitSettings { form, bends, calls: CALLS, noise: LITTLE_NOISE },
        )
        .fit()
    };
    let (rough, cost) = fit(KernelForm::Matern, true);
    let plain = k % 2 == 1;
    let (smooth, other) = fit(KernelForm::Gauss, !plain);
    let tolerance = if plain { TOLERANCE } else { 0.0 };
    // Where a fit fails its cost is NaN.
    if cost + tolerance <= other || other.is_nan() { rough } else { smooth }
}

/// Values that can be computed with: far outliers on the bad side count as bad, not by how much.
fn tame(mut y: Vec<f64>) -> Vec<f64> {
    const HUGE: f64 = 1e150;
    y.iter_mut().for_each(|y| *y = y.clamp(-HUGE, HUGE));
    let mut sorted = y.clone();
    sorted.sort_by(f64::total_cmp);
    if let (Some(best), Some(middle)) = (sorted.first(), sorted.get(sorted.len() / 2))
        && middle > best
    {
        let most = middle + 1e3 * (middle - best);
        y.iter_mut().for_each(|y| *y = y.min(most));
    }
    y
}

pub(super) fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}
