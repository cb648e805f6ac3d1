//! Asynchronous successive halving (Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020,
//! algorithm 2), with a trial of its own for every rung: many points at the smallest budget, and whenever one is among
//! the best of its rung so far, it continues at the next budget from where it was.

use std::collections::{BTreeMap, BTreeSet};

use super::finite::Finite;
use super::sequence::Sequence;
use super::{Observation, Proposal, Random, Strategy, StrategyError};
use crate::config::{Budget, Config, Goal};
use crate::space::{Distribution, Point, Value};
use crate::trial::{RunStatus, TrialIndex};

/// So many draws in a row may be points that are known: then the space has no more.
const MAX_REPEATS: u64 = 1000;
/// The draws after the first of a trial read streams of the generator that no other trial's first draw reads.
const NEXT_DRAW: u32 = 40;

/// Nobody waits for a rung to fill. A trial is proposed like this, for n trials of a rung that are over:
///
/// 1. from the highest rung down, the best of those that are among the ⌊n/`eta`⌋ best and have not gone on yet;
/// 2. else a new point at the smallest budget;
/// 3. else, where a finite space has no new point: the best that has not gone on yet, from the highest rung down, as long
///    as the next rung has had less than its share (⌊points/`eta`^rung⌋, at least 1).
///
/// Failed trials, NaN and infinities count as the worst of their rung, and never continue; neither do trials that were
/// stopped.
#[derive(Debug)]
pub struct SuccessiveHalving {
    /// The name under which a point carries its budget.
    parameter: String,
    /// Ascending.
    budgets: Vec<u64>,
    eta: f64,
    goal: Goal,
    /// The config's own points, tried first.
    points: Vec<Point>,
    fresh: Fresh,
}

/// Where new points come from.
#[derive(Debug)]
enum Fresh {
    /// The combinations of a finite space, each once, in a seeded order.
    Finite(Box<Sequence>),
    /// Independent draws.
    Endless(Random),
}

/// A trial of a rung.
struct RungTrial<'a> {
    trial: TrialIndex,
    point: &'a Point,
    /// To be made small; `None`: it is not over.
    loss: Option<f64>,
    /// Whether it may continue.
    sound: bool,
}

/// The trials of one budget, by their point without it.
type Rung<'a> = BTreeMap<String, RungTrial<'a>>;

impl SuccessiveHalving {
    /// The strategy of a config and its budget.
    ///
    /// # Errors
    /// Conditions that can't be resolved.
    pub fn new(config: &Config, budget: &Budget, seed: u64) -> Result<Self, StrategyError> {
        let fresh = match Finite::new(config, Distribution::support) {
            Ok(finite) => Fresh::Finite(Box::new(Sequence::new(finite, Some(seed), &config.points))),
            Err(StrategyError::NotListable(_) | StrategyError::TooLarge) => {
                Fresh::Endless(Random::new(config, seed)?)
            }
            Err(error) => return Err(error),
        };
        Ok(Self {
            parameter: budget.parameter.clone(),
            budgets: budgets(budget),
            eta: budget.eta,
            goal: config.metric.as_ref().map_or(Goal::Minimize, |metric| metric.goal),
            points: config.points.clone(),
            fresh,
        })
    }

    /// A point with its budget.
    fn with_budget(&self, point: &Point, budget: u64) -> Point {
        let mut entries: Vec<(String, Value)> =
            point.0.iter().filter(|(name, _)| *name != self.parameter).cloned().collect();
        entries.push((self.parameter.clone(), Value::Int(budget.into())));
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        Point(entries)
    }

    /// What is equal for two points that differ in their budgets alone.
    fn key(&self, point: &Point) -> String {
        let leaves = point.leaves().into_iter().filter(|(name, _)| *name != self.parameter);
        leaves.map(|(name, value)| format!("{}:{name}={};", name.len(), value.identity())).collect()
    }

    /// The trials of this sweep by rung. Where there are several of one point, the first that is over and sound counts.
    fn rungs<'a>(&self, history: &'a [Observation]) -> Vec<Rung<'a>> {
        let mut rungs: Vec<Rung<'a>> = self.budgets.iter().map(|_| Rung::new()).collect();
        for observation in history {
            let budget = observation.point.get(&self.parameter).and_then(Value::as_f64);
            let rung = self.budgets.iter().position(|known| budget == Some(*known as f64));
            let (Some(trial), Some(rung)) = (observation.trial, rung.and_then(|rung| rungs.get_mut(rung)))
            else {
                continue;
            };
            let entry = self.entry(trial, observation);
            let key = self.key(&observation.point);
            let rank = |entry: &RungTrial<'_>| (entry.sound, entry.loss.is_some());
            if rung.get(&key).is_none_or(|known| rank(&entry) > rank(known)) {
                rung.insert(key, entry);
            }
        }
        rungs
    }

    fn entry<'a>(&self, trial: TrialIndex, observation: &'a Observation) -> RungTrial<'a> {
        let loss = observation.metric.map(|value| self.goal.loss(value));
        let finished = observation.status == RunStatus::Finished;
        // What was stopped early keeps its value, though it had less than its budget for it.
        let loss = loss.filter(|_| finished || observation.stopped_early).unwrap_or(f64::NAN);
        RungTrial {
            trial,
            point: &observation.point,
            loss: observation.status.is_final().then_some(loss),
            sound: finished && !loss.is_nan(),
        }
    }

    /// The best of a rung that has not gone on and is among its `share` best.
    fn best<'r, 'a>(rung: &'r Rung<'a>, next: &Rung<'_>, share: usize) -> Option<&'r RungTrial<'a>> {
        let mut over: Vec<(&String, &RungTrial<'_>, f64)> =
            rung.iter().filter_map(|(key, entry)| Some((key, entry, entry.loss?))).collect();
        over.sort_by(|a, b| a.2.total_cmp(&b.2).then(a.1.trial.cmp(&b.1.trial)));
        let mut chosen = over.into_iter().take(share);
        chosen.find(|(key, entry, _)| entry.sound && !next.contains_key(*key)).map(|(_, entry, _)| entry)
    }

    /// What continues, from the highest rung down; `share` gives how many of a rung, given the rung and its place.
    fn promotion(&self, rungs: &[Rung<'_>], share: impl Fn(&Rung<'_>, usize) -> usize) -> Option<Proposal> {
        let steps = rungs.windows(2).enumerate().rev();
        steps.filter_map(|(place, pair)| Some((place, pair.first()?, pair.get(1)?))).find_map(
            |(place, rung, next)| {
                let entry = Self::best(rung, next, share(rung, place))?;
                let budget = *self.budgets.get(place + 1)?;
                Some(Proposal {
                    point: self.with_budget(entry.point, budget),
                    continues: Some(entry.trial),
                    expectation: None,
                })
            },
        )
    }

    /// A point that no trial has at any budget; `None`: there is no more.
    fn fresh(&self, k: TrialIndex, rungs: &[Rung<'_>]) -> Result<Option<Point>, StrategyError> {
        let seen: BTreeSet<&String> = rungs.iter().flat_map(BTreeMap::keys).collect();
        let is_new = |point: &Point| !seen.contains(&self.key(point));
        match &self.fresh {
            Fresh::Finite(sequence) => {
                let own: BTreeSet<String> = self.points.iter().map(|point| self.key(point)).collect();
                // As a rule the beginning of the sequence is what was taken; what is missing there is filled in last.
                let taken = seen.iter().filter(|key| !own.contains(**key)).count() as u64;
                let mut at = taken;
                while let Some(point) = sequence.get(at)? {
                    if is_new(&point) {
                        return Ok(Some(point));
                    }
                    at += 1;
                }
                first_new(sequence, taken, is_new)
            }
            Fresh::Endless(random) => {
                for draw in 0..MAX_REPEATS {
                    let point = random.point(TrialIndex(k.0 ^ (draw << NEXT_DRAW)))?;
                    if let Some(point) = point.filter(|point| is_new(point)) {
                        return Ok(Some(point));
                    }
                }
                Ok(None)
            }
        }
    }

    /// Once every point has been tried: how many of a rung continue in all.
    fn last_share(&self, rungs: &[Rung<'_>], place: usize) -> usize {
        let points = rungs.first().map_or(0, Rung::len) as f64;
        let exponent = i32::try_from(place + 1).unwrap_or(i32::MAX);
        let share = ((points / self.eta.powi(exponent)) as usize).max(1);
        let next = rungs.get(place + 1).map_or(0, Rung::len);
        if next < share { usize::MAX } else { 0 }
    }
}

/// The first of a sequence's first `count` points that is new.
fn first_new(
    sequence: &Sequence,
    count: u64,
    is_new: impl Fn(&Point) -> bool,
) -> Result<Option<Point>, StrategyError> {
    for at in 0..count {
        if let Some(point) = sequence.get(at)?.filter(|point| is_new(point)) {
            return Ok(Some(point));
        }
    }
    Ok(None)
}

/// `min`·`eta`^k, and `max` in the place of the last of them: the largest budget is `max`, whether or not it is one of
/// the series.
pub(super) fn budgets(budget: &Budget) -> Vec<u64> {
    let mut all = Vec::new();
    let mut next = budget.min as f64;
    // A budget that is not a whole number is rounded down; what a product has lost by rounding is not lost by that.
    let whole = |budget: f64| (budget * (1.0 + 1e-12)) as u64;
    while whole(next * budget.eta) <= budget.max {
        if all.last() != Some(&whole(next)) {
            all.push(whole(next));
        }
        next *= budget.eta;
    }
    if all.is_empty() {
        all.push(budget.min);
    }
    all.push(budget.max);
    all.dedup();
    all
}

impl Strategy for SuccessiveHalving {
    /// Unknown: how many continue is seen as they come in.
    fn size(&self) -> Option<u128> {
        None
    }

    fn reads_history(&self) -> bool {
        true
    }

    fn suggest(&self, k: TrialIndex, history: &[Observation]) -> Result<Option<Proposal>, StrategyError> {
        let rungs = self.rungs(history);
        let smallest = self.budgets.first().copied().unwrap_or(1);
        let own = usize::try_from(k.0).ok().and_then(|at| self.points.get(at));
        let is_known = |point: &Point| rungs.iter().any(|rung| rung.contains_key(&self.key(point)));
        if let Some(own) = own.filter(|point| !is_known(point)) {
            return Ok(Some(self.with_budget(own, smallest).into()));
        }
        let over = |rung: &Rung<'_>| rung.values().filter(|entry| entry.loss.is_some()).count();
        let best_share = |rung: &Rung<'_>, _| (over(rung) as f64 / self.eta) as usize;
        if let Some(promotion) = self.promotion(&rungs, best_share) {
            return Ok(Some(promotion));
        }
        if let Some(point) = self.fresh(k, &rungs)? {
            return Ok(Some(self.with_budget(&point, smallest).into()));
        }
        Ok(self.promotion(&rungs, |_, place| self.last_share(&rungs, place)))
    }
}
