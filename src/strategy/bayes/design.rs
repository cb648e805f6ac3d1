//! The first points, before there is anything to learn from.

use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::super::streams::key;
use super::search::spread;
use crate::gaussian::axis::SearchAxis;

/// Latin hypercubes that are compared.
const HYPERCUBES: usize = 30;

/// How many first points a space is given.
pub(super) fn count(axes: usize) -> usize {
    (axes + 3).clamp(5, 10)
}

/// Even draws for the first points: of some Latin hypercubes (McKay, Beckman & Conover 1979) the one whose closest
/// points are farthest apart.
pub(super) fn hypercube(axes: &[SearchAxis], seed: u64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::from_seed(key(seed, b"design"));
    let n = count(axes.len());
    let mut best = (f64::NEG_INFINITY, Vec::new());
    for _ in 0..HYPERCUBES {
        let columns: Vec<Vec<f64>> = axes.iter().map(|_| column(n, &mut rng)).collect();
        let rows: Vec<Vec<f64>> = (0..n).map(|i| columns.iter().map(|column| column[i]).collect()).collect();
        let closest = closest(axes, &rows);
        if closest > best.0 {
            best = (closest, rows);
        }
    }
    best.1
}

/// One draw from each of n equal parts, in random order.
fn column(n: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let mut column: Vec<f64> = (0..n).map(|i| (i as f64 + rng.random::<f64>()) / n as f64).collect();
    column.shuffle(rng);
    column
}

/// The smallest squared distance of two points.
fn closest(axes: &[SearchAxis], rows: &[Vec<f64>]) -> f64 {
    let mut least = f64::INFINITY;
    for (i, one) in rows.iter().enumerate() {
        for other in &rows[..i] {
            let pairs = axes.iter().zip(one.iter().zip(other));
            let distance: f64 = pairs
                .map(|(axis, (a, b))| axis.kind.squared_distance(axis.kind.drawn(*a), axis.kind.drawn(*b)))
                .sum();
            least = least.min(distance);
        }
    }
    least
}

/// Even draws for a point beyond the first ones.
pub(super) fn later(axes: usize, seed: u64, i: u64) -> Vec<f64> {
    let seed = (seed ^ (seed >> 32) ^ (i >> 32)) as u32;
    (0..axes).map(|d| spread(i as u32, d, seed)).collect()
}
