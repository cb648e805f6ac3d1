//! Sobol indices of a function, from its values at points of which one coordinate is exchanged.
//!
//! Two sets of Sobol points, A and B, and for each parameter A with B's values of it (Saltelli et al. 2010). Total indices by
//! Jansen (1999), first-order ones by Saltelli's formula, both with centred values.

use super::measure::VariedSpace;

/// Points of a set.
const POINTS: u32 = 256;
/// Most parameters between which pairs are looked for: the points grow with the square.
const MOST_IN_PAIRS: usize = 8;

/// The points: A, B, A with one parameter of B, and A with two.
pub(super) struct PickFreeze {
    pub(super) points: Vec<Vec<Vec<f64>>>,
    parameters: usize,
}

/// The indices of one function.
pub(super) struct DrawnIndices {
    pub(super) first: Vec<f64>,
    pub(super) total: Vec<f64>,
    /// Of the pairs in the order of [`pairs`].
    pub(super) pairs: Vec<f64>,
}

/// The pairs of so many parameters; none where they are many.
pub(super) fn pairs(parameters: usize) -> Vec<[usize; 2]> {
    if parameters > MOST_IN_PAIRS {
        return Vec::new();
    }
    (0..parameters).flat_map(|a| (a + 1..parameters).map(move |b| [a, b])).collect()
}

impl PickFreeze {
    pub(super) fn of(measure: &VariedSpace, seed: u64) -> Self {
        let parameters = measure.axes.len();
        let scrambling = (seed ^ (seed >> 32)) as u32;
        let set = |from: usize| -> Vec<Vec<f64>> {
            let place = |point: u32, axis: usize| {
                let u = sobol_burley::sample(point, (from + axis) as u32, scrambling);
                measure.axes[axis].kind.drawn(f64::from(u))
            };
            (0..POINTS).map(|point| (0..parameters).map(|axis| place(point, axis)).collect()).collect()
        };
        let (a, b) = (set(0), set(parameters));
        let exchanged = |axes: &[usize]| -> Vec<Vec<f64>> {
            let mut points = a.clone();
            for (point, other) in points.iter_mut().zip(&b) {
                axes.iter().for_each(|axis| point[*axis] = other[*axis]);
            }
            points
        };
        let ones: Vec<_> = (0..parameters).map(|axis| exchanged(&[axis])).collect();
        let twos: Vec<_> = pairs(parameters).iter().map(|pair| exchanged(pair)).collect();
        let points = [a.clone(), b.clone()].into_iter().chain(ones).chain(twos).collect();
        Self { points, parameters }
    }

    /// The indices of a function by its values at all points; `None`: it does not vary.
    pub(super) fn indices(&self, values: &[Vec<f64>]) -> Option<DrawnIndices> {
        let (a, b) = (&values[0], &values[1]);
        let n = a.len() as f64;
        let mean = (a.iter().sum::<f64>() + b.iter().sum::<f64>()) / (2.0 * n);
        let variance = a.iter().chain(b).map(|value| (value - mean).powi(2)).sum::<f64>() / (2.0 * n);
        if !(variance > 1e-12 && variance.is_finite()) {
            return None;
        }
        // What the exchanged parameters explain by themselves and together.
        let closed = |exchanged: &[f64]| {
            let terms = b.iter().zip(exchanged).zip(a).map(|((b, moved), a)| (b - mean) * (moved - a));
            terms.sum::<f64>() / (n * variance)
        };
        let total = |exchanged: &[f64]| {
            a.iter().zip(exchanged).map(|(a, moved)| (a - moved).powi(2)).sum::<f64>() / (2.0 * n * variance)
        };
        let ones = &values[2..2 + self.parameters];
        let twos = &values[2 + self.parameters..];
        let alone: Vec<f64> = ones.iter().map(|exchanged| closed(exchanged)).collect();
        let of_pair =
            |(exchanged, pair): (&Vec<f64>, [usize; 2])| closed(exchanged) - alone[pair[0]] - alone[pair[1]];
        Some(DrawnIndices {
            pairs: twos.iter().zip(pairs(self.parameters)).map(of_pair).collect(),
            total: ones.iter().map(|exchanged| total(exchanged).min(1.0)).collect(),
            first: alone.iter().map(|share| share.clamp(0.0, 1.0)).collect(),
        })
    }
}
