//! Points guided by what finished trials gave: Bayesian optimisation with a Gaussian process on mixed spaces.
//!
//! Owns the model and the search for the next point. Refuses everything with an effect: a proposal is a function of the
//! config, the seed, the trial and the history, whatever its order.

mod acquisition;
mod axes;
mod design;
mod feasibility;
mod hypervolume;
mod improvement;
mod judged;
mod model;
mod search;
mod several;
mod targets;
mod tpe;
mod training_set;

use std::sync::OnceLock;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::finite::Finite;
use super::random::Random;
use super::sequence::Sequence;
use super::streams::key as stream_key;
use super::{Observation, Proposal, Strategy, StrategyError};
use crate::config::{Config, Objectives, Optimizer};
use crate::gaussian::axis;
use crate::space::Point;
use crate::trial::TrialIndex;
use axes::{Axes, Coordinates, TakenKeys, key};
use judged::LossLimit;
use several::SeveralModels;
use targets::{SearchTarget, targets};
use training_set::TrainingSet;

/// Draws of a point that may be taken or refused.
const DRAWS: usize = 64;

/// With more axes than this `optimizer: auto` is `tpe`: distances say little there.
const MOST_AXES: usize = 40;

/// A trial as the model knows it: number, place, value, and what is measured beside it.
type KnownEntry = (Option<TrialIndex>, Coordinates, Option<f64>, Vec<Option<f64>>);

/// `method: bayes`.
#[derive(Debug)]
pub struct Bayes {
    seed: u64,
    axes: Axes,
    objectives: Objectives,
    limits: Vec<LossLimit>,
    optimizer: Optimizer,
    /// All points of a finite space.
    finite: Option<Sequence>,
    /// Draws that keep to the constraints.
    random: Random,
    /// Explicit points that come before.
    before: u64,
    /// Those of them that lie in a finite space, each once.
    explicit: TakenKeys,
    first: OnceLock<Vec<Coordinates>>,
    /// So many indices may have gone to points that are not in the space any more.
    spent: u128,
}

impl Bayes {
    /// The search of a config.
    ///
    /// # Errors
    /// Conditions that can't be resolved.
    pub fn new(config: &Config, seed: u64) -> Result<Self, StrategyError> {
        let axes = Axes::new(config);
        let explicit =
            config.points.iter().filter_map(|point| axes.coordinates(point)).map(|x| key(&x)).collect();
        let finite = match Finite::new(config, axis::listing) {
            Ok(finite) => Some(Sequence::new(finite, Some(seed), &config.points)),
            Err(StrategyError::NotListable(_) | StrategyError::TooLarge) => None,
            Err(error) => return Err(error),
        };
        Ok(Self {
            seed,
            axes,
            limits: judged::limits(&config.objectives()),
            objectives: config.objectives(),
            optimizer: config.optimizer,
            finite,
            random: Random::new(config, seed)?,
            before: config.points.len() as u64,
            explicit,
            first: OnceLock::new(),
            spent: 0,
        })
    }

    /// The same where up to so many trials were run with points that the space may not have any more.
    pub fn after(self, spent: u128) -> Self {
        Self { spent, ..self }
    }

    /// Sorts what is known; what does not fit the space is left out.
    fn known(&self, k: u64, history: &[Observation]) -> TrainingSet {
        let own_index = TrialIndex(k.saturating_add(self.before));
        let mut known = TrainingSet::default();
        let Some(metric) = self.objectives.first() else { return known };
        let targets = match self.objectives.are_several() {
            true => judged::first_of_several(&self.objectives, history),
            false => targets(metric, history),
        };
        let beside = judged::beside(&self.objectives, history);
        let mut entries: Vec<KnownEntry> = Vec::new();
        for ((observation, target), beside) in history.iter().zip(targets).zip(beside) {
            if observation.trial == Some(own_index) {
                continue;
            }
            let Some(x) = self.axes.coordinates(&observation.point) else { continue };
            known.any.insert(key(&x));
            if observation.trial.is_some() {
                known.own.insert(key(&x));
            }
            let value = match target {
                SearchTarget::Value(y) => Some(y),
                SearchTarget::Pending => None,
            };
            let given = observation.trial.is_none_or(|trial| trial.0 < self.before);
            known.given += u64::from(given && value.is_some());
            entries.push((observation.trial, x, value, beside));
        }
        entries.sort_by(|a, b| {
            (a.0.is_some(), a.0).cmp(&(b.0.is_some(), b.0)).then_with(|| key(&a.1).cmp(&key(&b.1))).then_with(
                || {
                    let bits = |value: Option<f64>| value.map(f64::to_bits);
                    let of_beside =
                        |entry: &KnownEntry| entry.3.iter().map(|value| bits(*value)).collect::<Vec<_>>();
                    bits(a.2).cmp(&bits(b.2)).then_with(|| of_beside(a).cmp(&of_beside(b)))
                },
            )
        });
        for (_, x, value, beside) in entries {
            match value {
                Some(y) => {
                    known.seen.push((x, y));
                    known.beside.push(beside);
                }
                None => known.pending.push(x),
            }
        }
        known
    }

    fn rng(&self, k: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::from_seed(stream_key(self.seed, b"bayes"));
        rng.set_stream(k);
        rng
    }

    /// The first points, each once in a finite space.
    fn first(&self) -> &[Coordinates] {
        self.first.get_or_init(|| {
            let mut points: Vec<Coordinates> = Vec::new();
            let mut taken = self.explicit.clone();
            for units in design::hypercube(&self.axes.axes, self.seed) {
                let mut x = self.axes.drawn_at(&units);
                self.axes.settle(&mut x);
                if !taken.contains(&key(&x)) && self.axes.allowed(&x).unwrap_or(false) {
                    taken.insert(key(&x));
                    points.push(x);
                }
            }
            points
        })
    }

    /// A point without a model: the first ones in their order, then spread, then drawn.
    fn blind(&self, k: u64, taken: &TakenKeys) -> Result<Option<Point>, StrategyError> {
        let first = self.first();
        if let Some(x) = usize::try_from(k).ok().and_then(|k| first.get(k))
            && !taken.contains(&key(x))
        {
            return Ok(Some(self.axes.point(x)));
        }
        let reserved: TakenKeys = first.iter().map(|x| key(x)).collect();
        let free = |x: &[f64]| !taken.contains(&key(x)) && !reserved.contains(&key(x));
        for turn in 0..DRAWS as u64 {
            let i = k.wrapping_add(turn.wrapping_mul(0x1_0000));
            let mut x = self.axes.drawn_at(&design::later(self.axes.axes.len(), self.seed, i));
            self.axes.settle(&mut x);
            if free(&x) && self.axes.allowed(&x)? {
                return Ok(Some(self.axes.point(&x)));
            }
        }
        self.leftover(k, taken)
    }

    /// Any point that is left.
    fn leftover(&self, k: u64, taken: &TakenKeys) -> Result<Option<Point>, StrategyError> {
        let Some(sequence) = &self.finite else { return self.random.point(TrialIndex(k)) };
        let mut j = 0;
        while let Some(point) = sequence.get(j)? {
            if self.axes.coordinates(&point).is_none_or(|x| !taken.contains(&key(&x))) {
                return Ok(Some(point));
            }
            j += 1;
        }
        Ok(None)
    }

    /// Whether densities take the place of the Gaussian process.
    fn by_densities(&self) -> bool {
        match self.optimizer {
            Optimizer::Tpe => true,
            Optimizer::Gp => false,
            Optimizer::Auto => self.axes.axes.len() > MOST_AXES,
        }
    }

    fn modelled(&self, k: u64, known: &TrainingSet) -> Result<Option<Proposal>, StrategyError> {
        let mut rng = self.rng(k);
        let metrics = self.objectives.metrics.len();
        if metrics > 1 || !self.limits.is_empty() {
            let models = SeveralModels::new(&self.axes, known, metrics, self.limits.clone(), k);
            let x = match self.by_densities() {
                true => {
                    let one = models.as_one(&mut rng);
                    tpe::propose(&self.axes, &one, &known.any, &mut rng)?
                }
                false => models.propose(&known.any, &mut rng)?,
            };
            return Ok(x.map(|x| self.axes.point(&x).into()));
        }
        if self.by_densities() {
            let x = tpe::propose(&self.axes, known, &known.any, &mut rng)?;
            return Ok(x.map(|x| self.axes.point(&x).into()));
        }
        let Some(model) = model::Model::new(&self.axes, known, k, &mut rng) else { return Ok(None) };
        let Some(x) = model.propose(&known.any, &mut rng)? else { return Ok(None) };
        let expectation = model.expectation(&x, self.objectives.first());
        Ok(Some(Proposal { point: self.axes.point(&x), continues: None, expectation }))
    }
}

impl Strategy for Bayes {
    fn size(&self) -> Option<u128> {
        // Where anything may have been run before, nobody knows how many are left.
        self.finite.as_ref().and_then(|finite| finite.size().checked_add(self.spent))
    }

    fn reads_history(&self) -> bool {
        true
    }

    fn foreseeable(&self) -> Option<u64> {
        Some(design::count(self.axes.axes.len()) as u64)
    }

    fn suggest(&self, k: TrialIndex, history: &[Observation]) -> Result<Option<Proposal>, StrategyError> {
        let TrialIndex(k) = k;
        if self.size().is_some_and(|size| u128::from(k) >= size) {
            return Ok(None);
        }
        let known = self.known(k, history);
        let first = design::count(self.axes.axes.len()) as u64;
        let enough = known.seen.len() as u64 >= first.min(4);
        if k.saturating_add(known.given) >= first
            && enough
            && let Some(proposal) = self.modelled(k, &known)?
        {
            return Ok(Some(proposal));
        }
        // Points of other sweeps may be tried again once nothing else is left.
        for taken in [&known.any, &known.own] {
            if let Some(point) = self.blind(k, taken)? {
                return Ok(Some(point.into()));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod vectors_tests;

#[cfg(test)]
mod promises_tests;
