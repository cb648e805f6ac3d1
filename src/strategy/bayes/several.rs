//! The next point where there are several metrics or limits: a Gaussian process for each of what trials are judged by.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::acquisition::{Acquisition, Promise};
use super::axes::{Axes, Coordinates, TakenKeys};
use super::feasibility::{LimitedAcquisition, PredictedLimit};
use super::hypervolume::{FrontStrips, HypervolumeAcquisition};
use super::judged::{LossLimit, scalarised};
use super::model::{ANCHORS, Model};
use super::search::{AcquisitionSearch, SearchEffort};
use super::training_set::TrainingSet;
use crate::config::ConstraintError;
use crate::metric::{Losses, front};

/// The models of a sweep that is judged by more than one metric.
pub(super) struct SeveralModels<'a> {
    axes: &'a Axes,
    known: &'a TrainingSet,
    /// How many metrics there are.
    metrics: usize,
    limits: Vec<LossLimit>,
    k: u64,
}

/// A limit with the model of what it bounds.
struct ModelledLimit<'a> {
    limit: LossLimit,
    model: Model<'a>,
}

impl<'a> SeveralModels<'a> {
    /// Of what is known.
    pub fn new(
        axes: &'a Axes,
        known: &'a TrainingSet,
        metrics: usize,
        limits: Vec<LossLimit>,
        k: u64,
    ) -> Self {
        Self { axes, known, metrics, limits, k }
    }

    /// The most promising free point; `None`: nothing can be learned, or all that was looked at is taken.
    ///
    /// # Errors
    /// A constraint that can't be computed.
    pub fn propose(
        &self,
        taken: &TakenKeys,
        rng: &mut ChaCha8Rng,
    ) -> Result<Option<Coordinates>, ConstraintError> {
        match self.metrics {
            2 => self.by_hypervolume(taken, rng),
            _ => self.by_improvement(taken, rng),
        }
    }

    /// What is known with one value a trial, for a search that knows nothing of metrics and limits: among those that keep to
    /// the limits by the metrics, the others behind them.
    pub fn as_one(&self, rng: &mut ChaCha8Rng) -> TrainingSet {
        let y = self.one_value(rng);
        let (low, high) =
            y.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(*y), high.max(*y)));
        let behind = if self.limits.is_empty() { 0.0 } else { (high - low).max(1e-9) };
        let seen = self.known.seen.iter().zip(y).enumerate().map(|(at, ((x, _), y))| {
            let worse = if self.holds(at) == Some(false) { behind } else { 0.0 };
            (x.clone(), y + worse)
        });
        TrainingSet { seen: seen.collect(), pending: self.known.pending.clone(), ..TrainingSet::default() }
    }

    /// Whether a trial that was seen keeps to the limits; `None`: of one it is not known.
    fn holds(&self, at: usize) -> Option<bool> {
        let (_, y) = self.known.seen[at];
        let each = self.limits.iter().map(|limit| limit.holds(y, &self.known.beside[at]));
        each.reduce(|a, b| match (a, b) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        })
        .unwrap_or(Some(true))
    }

    fn losses(&self, at: usize) -> Losses {
        let beside = self.known.beside[at].iter().map(|value| value.unwrap_or(0.0));
        std::iter::once(self.known.seen[at].1).chain(beside).take(self.metrics).collect()
    }

    /// One value a trial: the metric, or metrics weighted by chance.
    fn one_value(&self, rng: &mut ChaCha8Rng) -> Vec<f64> {
        if self.metrics < 2 {
            return self.known.seen.iter().map(|(_, y)| *y).collect();
        }
        // Even on the simplex.
        let draws: Vec<f64> = (0..self.metrics).map(|_| -rng.random::<f64>().max(1e-12).ln()).collect();
        let sum: f64 = draws.iter().sum();
        let weights: Vec<f64> = draws.iter().map(|draw| draw / sum).collect();
        let all: Vec<Losses> = (0..self.known.seen.len()).map(|at| self.losses(at)).collect();
        scalarised(&all, &weights)
    }

    /// The model of the `place`th of what is measured, of the trials that gave it.
    fn model(&self, place: usize, rng: &mut ChaCha8Rng) -> Option<Model<'a>> {
        let value = |at: usize| match place {
            0 => Some(self.known.seen[at].1),
            _ => self.known.beside[at].get(place - 1).copied().flatten(),
        };
        let known = (0..self.known.seen.len()).filter_map(|at| Some((&self.known.seen[at].0, value(at)?)));
        let (points, y): (Vec<&Coordinates>, Vec<f64>) = known.unzip();
        if y.len() < 2 {
            return None;
        }
        Model::of(self.axes, &points, y, &self.known.pending, self.k, rng)
    }

    /// Expected improvement of one value, where the limits hold.
    fn by_improvement(
        &self,
        taken: &TakenKeys,
        rng: &mut ChaCha8Rng,
    ) -> Result<Option<Coordinates>, ConstraintError> {
        let y = self.one_value(rng);
        let points: Vec<&Coordinates> = self.known.seen.iter().map(|(x, _)| x).collect();
        let Some(model) = Model::of(self.axes, &points, y.clone(), &self.known.pending, self.k, rng) else {
            return Ok(None);
        };
        let limits = self.modelled_limits(&self.limits, rng);
        let mut kept: Vec<usize> = (0..y.len()).filter(|at| self.holds(*at) == Some(true)).collect();
        kept.sort_by(|a, b| y[*a].total_cmp(&y[*b]));
        let best = kept.first().map(|at| model.bent(y[*at]));
        let best: Vec<f64> = best
            .map(|best| {
                let of_set = |set: usize| {
                    let pending = model.imagined(set).iter().enumerate();
                    let inside =
                        pending.filter(|(at, _)| limits.iter().all(|limit| limit.imagines(set, *at)));
                    inside.map(|(_, y)| *y).fold(best, f64::min)
                };
                (0..model.sets()).map(of_set).collect()
            })
            .unwrap_or_default();
        let anchors: Vec<Coordinates> =
            kept.iter().take(ANCHORS).map(|at| self.known.seen[*at].0.clone()).collect();
        let mut improvement = Acquisition::new(self.axes, model.process(), best.clone());
        let inner: Option<&mut dyn Promise> = if best.is_empty() { None } else { Some(&mut improvement) };
        self.search(inner, &limits, &anchors, 1 + limits.len(), (taken, rng))
    }

    /// Expected hypervolume improvement of two metrics, where the limits hold. A limit on the good side of a metric ends
    /// the volume; the others are a matter of probability.
    fn by_hypervolume(
        &self,
        taken: &TakenKeys,
        rng: &mut ChaCha8Rng,
    ) -> Result<Option<Coordinates>, ConstraintError> {
        let (Some(first), Some(second)) = (self.model(0, rng), self.model(1, rng)) else { return Ok(None) };
        let (ending, others): (Vec<LossLimit>, Vec<LossLimit>) =
            self.limits.iter().partition(|limit| limit.place < 2 && limit.at_most);
        let limits = self.modelled_limits(&others, rng);
        let models = [&first, &second];
        let kept: Vec<usize> =
            (0..self.known.seen.len()).filter(|at| self.holds(*at) != Some(false)).collect();
        let mut reference = [0.0; 2];
        for (place, model) in models.iter().enumerate() {
            let bent = (0..self.known.seen.len()).map(|at| model.bent(self.losses(at)[place]));
            let end = ending.iter().filter(|limit| limit.place == place).map(|limit| model.bent(limit.bound));
            reference[place] = end.fold(bent.fold(f64::NEG_INFINITY, f64::max), f64::min);
        }
        let bent = |at: &usize| {
            let losses = self.losses(*at);
            [first.bent(losses[0]), second.bent(losses[1])]
        };
        let seen: Vec<[f64; 2]> = kept.iter().map(bent).collect();
        let fronts = (0..first.sets().min(second.sets())).map(|set| {
            let imagined = first.imagined(set).iter().zip(second.imagined(set)).map(|(a, b)| [*a, *b]);
            let all: Vec<[f64; 2]> = seen.iter().copied().chain(imagined).collect();
            FrontStrips::new(&all, reference)
        });
        let fronts: Vec<FrontStrips> = fronts.collect();
        let anchors = self.anchors(&kept);
        let mut volume = HypervolumeAcquisition::new(self.axes, models.map(Model::process), fronts);
        self.search(Some(&mut volume), &limits, &anchors, 2 + limits.len(), (taken, rng))
    }

    /// The points of the front.
    fn anchors(&self, kept: &[usize]) -> Vec<Coordinates> {
        let losses: Vec<Losses> = kept.iter().map(|at| self.losses(*at)).collect();
        let places = front(&losses);
        // Evenly along a long one.
        let step = places.len().div_ceil(2 * ANCHORS).max(1);
        places.iter().step_by(step).map(|place| self.known.seen[kept[*place]].0.clone()).collect()
    }

    fn modelled_limits(&self, limits: &[LossLimit], rng: &mut ChaCha8Rng) -> Vec<ModelledLimit<'a>> {
        let of = |limit: &LossLimit| {
            let model = self.model(limit.place, rng)?;
            Some(ModelledLimit { limit: *limit, model })
        };
        limits.iter().filter_map(of).collect()
    }

    fn search(
        &self,
        inner: Option<&mut dyn Promise>,
        limits: &[ModelledLimit<'a>],
        anchors: &[Coordinates],
        models: usize,
        (taken, rng): (&TakenKeys, &mut ChaCha8Rng),
    ) -> Result<Option<Coordinates>, ConstraintError> {
        let predicted: Vec<PredictedLimit<'_>> = limits.iter().map(ModelledLimit::predicted).collect();
        let mut acquisition = LimitedAcquisition::new(self.axes, inner, predicted);
        let effort = SearchEffort::after(models * self.known.seen.len());
        AcquisitionSearch { axes: self.axes, acquisition: &mut acquisition, taken, rng }.best(anchors, effort)
    }
}

impl<'a> ModelledLimit<'a> {
    fn predicted(&self) -> PredictedLimit<'_> {
        PredictedLimit {
            process: self.model.process_of_seen(),
            bound: self.model.bent(self.limit.bound),
            at_most: self.limit.at_most,
        }
    }

    /// Whether a set imagines that a pending trial keeps to it.
    fn imagines(&self, set: usize, pending: usize) -> bool {
        let bound = self.model.bent(self.limit.bound);
        let value = self.model.imagined(set).get(pending);
        value.is_some_and(|value| if self.limit.at_most { *value <= bound } else { *value >= bound })
    }
}
