//! One of a front: the trade-off that leans to no side, or the one that weights ask for.

use super::front::Losses;

/// Losses of a front moved to 0 (the best on it) to 1 (the worst on it), objective by objective.
fn scaled(front: &[Losses]) -> Vec<Losses> {
    let size = front.first().map_or(0, Vec::len);
    let ends = |i: usize| {
        let of = || front.iter().map(move |losses| losses[i]);
        (of().fold(f64::INFINITY, f64::min), of().fold(f64::NEG_INFINITY, f64::max))
    };
    let ends: Vec<(f64, f64)> = (0..size).map(ends).collect();
    let scale =
        |(x, (low, high)): (&f64, &(f64, f64))| if high > low { (x - low) / (high - low) } else { 0.0 };
    front.iter().map(|losses| losses.iter().zip(&ends).map(scale).collect()).collect()
}

fn least(scores: impl Iterator<Item = f64>) -> Option<usize> {
    let scores: Vec<f64> = scores.collect();
    (0..scores.len()).min_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(a.cmp(b)))
}

/// The place of the knee: the point that lies farthest below the plane through the ends of the front.
#[must_use]
pub(crate) fn knee(front: &[Losses]) -> Option<usize> {
    least(scaled(front).iter().map(|losses| losses.iter().sum()))
}

/// The place of the point whose largest weighted distance from the best of each objective is smallest (Chebyshev, with a
/// little of the sum, so that of two such points the better one is named).
#[must_use]
pub(crate) fn preferred(front: &[Losses], weights: &[f64]) -> Option<usize> {
    let score = |losses: &Losses| {
        let weighted = || losses.iter().zip(weights).map(|(x, weight)| x * weight);
        weighted().fold(0.0, f64::max) + 0.01 * weighted().sum::<f64>()
    };
    least(scaled(front).iter().map(score))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_knee_bends_most_and_weights_lead_to_a_side() {
        let front = [vec![0.0, 100.0], vec![1.0, 20.0], vec![5.0, 10.0], vec![10.0, 0.0]];
        assert_eq!(knee(&front), Some(1));
        assert_eq!(preferred(&front, &[1.0, 0.0]), Some(0));
        assert_eq!(preferred(&front, &[0.0, 1.0]), Some(3));
        assert_eq!(preferred(&front, &[0.5, 0.5]), Some(1));
        assert_eq!((knee(&[]), knee(&[vec![1.0, 1.0]])), (None, Some(0)));
    }
}
