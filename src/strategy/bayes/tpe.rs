//! The tree-structured Parzen estimator (Bergstra et al. 2011), over all axes together (Falkner, Klein & Hutter 2018).
//!
//! Good and other points each get a density, and the next point is the draw from the first that is rarest in the second. It
//! asks little of the metric and costs little where there are very many axes.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::TrainingSet;
use super::axes::{Axes, Coordinates, TakenKeys, key};
use super::improvement::cumulated;
use crate::config::ConstraintError;
use crate::gaussian::axis::AxisKind;

/// Draws that are compared.
const DRAWS: usize = 64;
/// At most so many points are good.
const MOST_GOOD: usize = 25;
/// Of the others so many are looked at, the latest.
const MOST_OTHERS: usize = 300;
/// Draws of a coordinate before it is left at its end.
const TRIES: usize = 16;

/// A density: one bump a point, and an even one.
struct Density<'a> {
    axes: &'a Axes,
    points: Vec<&'a Coordinates>,
    width: f64,
}

/// The draw that is likeliest among good points beside others; `None`: all draws are taken or refused.
pub(super) fn propose(
    axes: &Axes,
    known: &TrainingSet,
    taken: &TakenKeys,
    rng: &mut ChaCha8Rng,
) -> Result<Option<Coordinates>, ConstraintError> {
    let mut order: Vec<&(Coordinates, f64)> = known.seen.iter().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let good = order.len().div_ceil(10).clamp(1, MOST_GOOD).min(order.len());
    let (good, rest) = order.split_at(good);
    // A trial that is still open counts as one of the others, so that the next does not go where it is.
    let others = rest.iter().map(|(x, _)| x).chain(&known.pending).rev().take(MOST_OTHERS);
    let others = Density::new(axes, others.collect());
    let good = Density::new(axes, good.iter().map(|(x, _)| x).collect());
    let mut best: Option<(f64, Coordinates)> = None;
    for _ in 0..DRAWS {
        let mut x = good.draw(rng);
        axes.settle(&mut x);
        let score = good.log(&x) - others.log(&x);
        if best.as_ref().is_some_and(|(most, _)| score <= *most) {
            continue;
        }
        if !taken.contains(&key(&x)) && axes.allowed(&x)? {
            best = Some((score, x));
        }
    }
    Ok(best.map(|(_, x)| x))
}

impl<'a> Density<'a> {
    /// Scott's rule gives the width of a bump, around points that spread over a fifth of each axis.
    fn new(axes: &'a Axes, points: Vec<&'a Coordinates>) -> Self {
        let n = points.len().max(1) as f64;
        let width = 0.2 * n.powf(-1.0 / (axes.axes.len() as f64 + 4.0));
        Self { axes, points, width: width.clamp(0.01, 0.5) }
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> Coordinates {
        let which = rng.random_range(0..=self.points.len());
        let center = self.points.get(which);
        let coordinate = |i: usize, rng: &mut ChaCha8Rng| {
            let kind = &self.axes.axes[i].kind;
            match center.map(|center| center[i]).filter(|at| *at >= 0.0) {
                None => kind.drawn(rng.random()),
                Some(at) if kind.is_choice() => {
                    if rng.random::<f64>() < self.same(kind) {
                        at
                    } else {
                        kind.drawn(rng.random())
                    }
                }
                Some(at) => {
                    let mut draws =
                        (0..TRIES).map(|_| at + self.width * rng.sample::<f64, _>(StandardNormal));
                    let inside = draws.find(|u| (0.0..=1.0).contains(u));
                    kind.snap(inside.unwrap_or(at))
                }
            }
        };
        (0..self.axes.axes.len()).map(|i| coordinate(i, rng)).collect()
    }

    /// How often a bump gives its own value of a choice, beside an even draw.
    fn same(&self, kind: &AxisKind) -> f64 {
        let count = kind.count().unwrap_or(1) as f64;
        let n = self.points.len() as f64;
        n / (n + count)
    }

    fn log(&self, x: &[f64]) -> f64 {
        let mut logs = vec![0.0];
        for center in &self.points {
            let parts = self.axes.axes.iter().zip(x.iter().zip(center.iter()));
            let log: f64 = parts
                .map(|(axis, (x, at))| match (&axis.kind, *x < 0.0, *at < 0.0) {
                    (_, true, true) => 0.0,
                    (_, true, false) | (_, false, true) => -1.0,
                    (kind @ AxisKind::Choice { count, .. }, ..) => {
                        let (same, count) = (self.same(kind), *count as f64);
                        let hit = if x == at { same } else { 0.0 };
                        ((hit + (1.0 - same) / count) * count).ln()
                    }
                    _ => {
                        let z = (x - at) / self.width;
                        let inside = cumulated((1.0 - at) / self.width) - cumulated(-at / self.width);
                        -0.5 * z * z - (self.width * inside * 2.506_628_274_631_000_5).ln()
                    }
                })
                .sum();
            logs.push(log);
        }
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logs.iter().map(|log| (log - most).exp()).sum();
        most + sum.ln() - (logs.len() as f64).ln()
    }
}
