//! Where the acquisition is greatest: many points, then the best of them step by step.

use rand::{Rng as _, RngExt as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::acquisition::Promise;
use super::axes::{Axes, Coordinates, TakenKeys, key};
use crate::config::ConstraintError;
use crate::gaussian::axis::AxisKind;
use crate::gaussian::minimise::{MinimiserLimits, minimise};

/// How much work a search is worth.
#[derive(Debug, Clone, Copy)]
pub(super) struct SearchEffort {
    /// Points spread evenly.
    pub spread: usize,
    /// Points near good ones.
    pub near: usize,
    /// Of these the best are improved.
    pub starts: usize,
}

impl SearchEffort {
    /// What a model of `n` points can afford: a prediction costs their square.
    pub fn after(n: usize) -> Self {
        let share = (60.0 / n.max(1) as f64).min(1.0);
        let scaled = |count: f64| (count * share) as usize;
        Self { spread: scaled(600.0), near: scaled(300.0), starts: scaled(6.0).max(2) }
    }
}

/// A point in full coordinates with what it promises.
#[derive(Debug, Clone)]
struct ScoredPoint {
    x: Coordinates,
    score: f64,
}

/// A search in a space.
pub(super) struct AcquisitionSearch<'a, 'b> {
    /// The space.
    pub axes: &'a Axes,
    /// What is sought.
    pub acquisition: &'b mut dyn Promise,
    /// Points that can't be proposed.
    pub taken: &'b TakenKeys,
    /// Where draws come from.
    pub rng: &'b mut ChaCha8Rng,
}

impl AcquisitionSearch<'_, '_> {
    /// The best free point near `anchors` or anywhere; `None`: all that was looked at is taken or refused.
    pub fn best(
        &mut self,
        anchors: &[Coordinates],
        work: SearchEffort,
    ) -> Result<Option<Coordinates>, ConstraintError> {
        let mut pool = self.pool(anchors, work)?;
        pool.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut found = Vec::new();
        for start in self.starts(&pool, work.starts) {
            found.push(self.climb(start)?);
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        for candidate in found.into_iter().chain(pool) {
            if let Some(x) = self.free(&candidate.x)? {
                return Ok(Some(x));
            }
        }
        Ok(None)
    }

    /// The settled point, if it may be proposed.
    fn free(&self, x: &[f64]) -> Result<Option<Coordinates>, ConstraintError> {
        let mut settled = x.to_vec();
        self.axes.settle(&mut settled);
        let free = !self.taken.contains(&key(&settled)) && self.axes.allowed(&settled)?;
        Ok(free.then_some(settled))
    }

    fn pool(
        &mut self,
        anchors: &[Coordinates],
        work: SearchEffort,
    ) -> Result<Vec<ScoredPoint>, ConstraintError> {
        let seed = self.rng.next_u32();
        let mut pool = Vec::with_capacity(work.spread + work.near);
        let tries = if self.axes.has_constraints() { 8 } else { 1 };
        for i in 0..(work.spread * tries) as u32 {
            if pool.len() >= work.spread {
                break;
            }
            let units: Vec<f64> = (0..self.axes.axes.len()).map(|d| spread(i, d, seed)).collect();
            let x = self.axes.drawn_at(&units);
            self.consider(x, &mut pool)?;
        }
        let mut near = Vec::new();
        if !anchors.is_empty() {
            for i in 0..work.near {
                let anchor = &anchors[i % anchors.len()];
                let x = self.perturbed(anchor, i / anchors.len());
                self.consider(x, &mut near)?;
            }
        }
        pool.append(&mut near);
        Ok(pool)
    }

    fn consider(&mut self, x: Coordinates, pool: &mut Vec<ScoredPoint>) -> Result<(), ConstraintError> {
        if self.axes.has_constraints() {
            let mut settled = x.clone();
            self.axes.settle(&mut settled);
            if !self.axes.allowed(&settled)? {
                return Ok(());
            }
        }
        let score = self.acquisition.at(&x);
        if score.is_finite() {
            pool.push(ScoredPoint { x, score });
        }
        Ok(())
    }

    /// A good point with some coordinates moved, by a scale that changes from one to the next.
    fn perturbed(&mut self, anchor: &[f64], turn: usize) -> Coordinates {
        const SCALES: [f64; 4] = [0.2, 0.05, 0.0125, 0.003];
        let scale = SCALES[turn % SCALES.len()];
        let d = anchor.len();
        let share = (2.0 / d as f64).clamp(0.3, 1.0);
        let forced = self.rng.random_range(0..d.max(1));
        let mut x = Vec::with_capacity(d);
        for (i, (axis, at)) in self.axes.axes.iter().zip(anchor).enumerate() {
            let (chance, draw) = self.rng.random::<(f64, f64)>();
            let moved = i == forced || chance < share;
            x.push(match &axis.kind {
                _ if *at < 0.0 => axis.kind.drawn(draw),
                _ if !moved => *at,
                AxisKind::Choice { .. } => {
                    if i == forced || draw < 0.5 {
                        axis.kind.drawn(self.rng.random())
                    } else {
                        *at
                    }
                }
                AxisKind::Steps(levels) => {
                    let step = (scale * self.standard_normal() * levels.count() as f64).round();
                    let step = if step == 0.0 { if draw < 0.5 { -1.0 } else { 1.0 } } else { step };
                    let last = levels.count().saturating_sub(1);
                    let k = (levels.at(*at) as f64 + step).clamp(0.0, last as f64) as u128;
                    levels.place(k.min(last))
                }
                AxisKind::Real { low, high, .. } => (at + scale * self.standard_normal()).clamp(*low, *high),
            });
        }
        x
    }

    fn standard_normal(&mut self) -> f64 {
        self.rng.sample(StandardNormal)
    }

    /// The best points of a sorted pool that are not close to each other.
    fn starts(&self, pool: &[ScoredPoint], count: usize) -> Vec<ScoredPoint> {
        let mut starts: Vec<ScoredPoint> = Vec::new();
        let apart = 0.01 * self.axes.axes.len() as f64;
        for candidate in pool {
            if starts.len() >= count {
                break;
            }
            let distance = |other: &ScoredPoint| -> f64 {
                let pairs = self.axes.axes.iter().zip(candidate.x.iter().zip(&other.x));
                pairs.map(|(axis, (a, b))| axis.kind.squared_distance(*a, *b)).sum()
            };
            if starts.iter().all(|other| distance(other) > apart) {
                starts.push(candidate.clone());
            }
        }
        starts
    }

    /// Gradient steps on the real coordinates and exchanges on the others, in turn.
    fn climb(&mut self, start: ScoredPoint) -> Result<ScoredPoint, ConstraintError> {
        let mut best = start;
        let many =
            |axis: &crate::gaussian::axis::SearchAxis| axis.kind.count().is_some_and(|count| count > 6);
        let discrete: Vec<usize> =
            (0..self.axes.axes.len()).filter(|i| self.axes.axes[*i].kind.count().is_some()).collect();
        for round in 0..3 {
            let before = best.score;
            // At first numbers with many levels move as if they were real.
            let moves: Vec<bool> = self
                .axes
                .axes
                .iter()
                .map(|axis| {
                    !axis.kind.is_choice() && (axis.kind.count().is_none() || (round == 0 && many(axis)))
                })
                .collect();
            self.ascend(&mut best, &moves)?;
            if discrete.is_empty() {
                break;
            }
            if round == 0
                && moves
                    .iter()
                    .zip(&self.axes.axes)
                    .any(|(moves, axis)| *moves && axis.kind.count().is_some())
            {
                let real: Vec<bool> = self.axes.axes.iter().map(|axis| axis.kind.count().is_none()).collect();
                self.ascend(&mut best, &real)?;
            }
            self.exchange(&mut best, &discrete)?;
            if best.score - before < 1e-3 {
                break;
            }
        }
        Ok(best)
    }

    fn ascend(&mut self, best: &mut ScoredPoint, moves: &[bool]) -> Result<(), ConstraintError> {
        let free: Vec<usize> = (0..moves.len()).filter(|i| moves[*i]).collect();
        if free.is_empty() {
            return Ok(());
        }
        let bounds: Vec<(f64, f64)> = free
            .iter()
            .map(|i| match self.axes.axes[*i].kind {
                AxisKind::Real { low, high, .. } => (low, high),
                _ => (0.0, 1.0),
            })
            .collect();
        let start: Vec<f64> = free.iter().map(|i| best.x[*i]).collect();
        let mut full = best.x.clone();
        let mut slopes = vec![0.0; full.len()];
        let effort = MinimiserLimits { steps: 40, calls: 60, first_step: 0.1, gain: 1e-6 };
        let acquisition = &mut *self.acquisition;
        let (x, _) = minimise(&start, &bounds, effort, |x, gradient| {
            for (i, x) in free.iter().zip(x) {
                full[*i] = *x;
            }
            let value = acquisition.with_slopes(&full, &mut slopes);
            for (g, i) in gradient.iter_mut().zip(&free) {
                *g = -slopes[*i];
            }
            -value
        });
        let mut there = best.x.clone();
        for (i, x) in free.iter().zip(x) {
            there[*i] = self.axes.axes[*i].kind.snap(x);
        }
        self.take_if_better(best, there)
    }

    fn take_if_better(&mut self, best: &mut ScoredPoint, x: Coordinates) -> Result<(), ConstraintError> {
        let score = self.acquisition.at(&x);
        if score > best.score && self.open(&x)? {
            *best = ScoredPoint { x, score };
        }
        Ok(())
    }

    fn open(&self, x: &[f64]) -> Result<bool, ConstraintError> {
        if self.axes.axes.iter().any(|axis| axis.kind.count().is_none()) && !self.axes.has_constraints() {
            return Ok(true);
        }
        Ok(self.free(x)?.is_some())
    }

    /// Other levels and values, one axis at a time, as long as that helps.
    fn exchange(&mut self, best: &mut ScoredPoint, discrete: &[usize]) -> Result<(), ConstraintError> {
        for _ in 0..4 {
            let before = best.score;
            for &i in discrete {
                for other in self.alternatives(i, best.x[i]) {
                    let mut x = best.x.clone();
                    x[i] = other;
                    self.take_if_better(best, x)?;
                }
            }
            if best.score <= before {
                break;
            }
        }
        Ok(())
    }

    fn alternatives(&self, i: usize, at: f64) -> Vec<f64> {
        match &self.axes.axes[i].kind {
            AxisKind::Real { .. } => Vec::new(),
            AxisKind::Choice { count, .. } => {
                (0..(*count).min(50)).map(|k| k as f64).filter(|k| *k != at).collect()
            }
            AxisKind::Steps(levels) => {
                let (k, last) = (levels.at(at), levels.count().saturating_sub(1));
                let mut all: Vec<u128> = [1, 2]
                    .into_iter()
                    .flat_map(|by| [k.checked_sub(by), k.checked_add(by).filter(|k| *k <= last)])
                    .flatten()
                    .collect();
                all.dedup();
                all.into_iter().map(|k| levels.place(k)).collect()
            }
        }
    }
}

/// A coordinate of a scrambled Sobol point; beyond the crate's dimensions another scrambling.
pub(super) fn spread(i: u32, dimension: usize, seed: u32) -> f64 {
    let (block, dimension) = (dimension as u32 / 256, dimension as u32 % 256);
    let seed = seed ^ block.wrapping_mul(0x9e37_79b9) ^ (i >> 16).wrapping_mul(0x85eb_ca6b);
    f64::from(sobol_burley::sample(i & 0xffff, dimension, seed))
}
