//! Whether two measures rank the same trials alike.

/// Fewest pairs for a verdict.
const FEWEST: usize = 10;
/// One-sided level at which a correlation counts as shown, as a normal quantile.
const SHOWN: f64 = 1.645;

/// How alike two measures rank.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Values of both.
    pub n: usize,
    /// Kendall's τ-b: 1 where they rank alike, 0 where one says nothing of the other.
    pub tau: f64,
    /// Place of the first measure's best by the second, from 1, and among how many values of the second.
    pub best_is: usize,
    /// They disagree: τ is not shown to be above 0, or the first one's best is in the worse half of the second.
    pub disagree: bool,
}

/// Compares pairs of losses, of which the first chose; `best`: the place of the chosen one. `None`: fewer than ten pairs of
/// finite values, or one of the two is the same everywhere.
///
/// τ-b: Kendall 1945; its normal approximation without ties: Kendall & Gibbons 1990.
#[must_use]
pub fn agreement(pairs: &[(f64, f64)], best: usize) -> Option<Agreement> {
    let n = pairs.len();
    let (_, reported) = *pairs.get(best)?;
    if n < FEWEST || pairs.iter().any(|(a, b)| !a.is_finite() || !b.is_finite()) {
        return None;
    }
    let (mut score, mut of_first, mut of_second) = (0.0, 0.0, 0.0);
    let sign = |difference: f64| if difference == 0.0 { 0.0 } else { difference.signum() };
    for (place, (a, b)) in pairs.iter().enumerate() {
        for (other_a, other_b) in pairs.iter().take(place) {
            let (first, second) = (sign(a - other_a), sign(b - other_b));
            score += first * second;
            of_first += first * first;
            of_second += second * second;
        }
    }
    if of_first == 0.0 || of_second == 0.0 {
        return None;
    }
    let tau = score / (of_first * of_second).sqrt();
    #[allow(clippy::cast_precision_loss)]
    let count = n as f64;
    let z = 3.0 * tau * (count * (count - 1.0)).sqrt() / (2.0 * (2.0 * count + 5.0)).sqrt();
    let best_is = 1 + pairs.iter().filter(|(_, loss)| *loss < reported).count();
    Some(Agreement { n, tau, best_is, disagree: z < SHOWN || 2 * best_is > n + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(n: u32, second: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        (0..n).map(|k| (f64::from(k), second(f64::from(k)))).collect()
    }

    #[test]
    fn measures_that_rank_alike_agree() {
        let same = agreement(&pairs(20, |x| x * x), 0).unwrap();
        assert_eq!((same.tau, same.best_is, same.disagree), (1.0, 1, false));
        let turned = agreement(&pairs(20, |x| -x), 0).unwrap();
        assert_eq!((turned.tau, turned.best_is, turned.disagree), (-1.0, 20, true));
    }

    #[test]
    fn a_best_that_is_poor_by_the_other_measure_is_a_disagreement() {
        let mut alike = pairs(20, |x| x);
        alike[0].1 = 15.5;
        let found = agreement(&alike, 0).unwrap();
        assert!(found.tau > 0.7 && found.disagree, "{found:?}");
        assert_eq!(found.best_is, 16);
    }

    #[test]
    fn of_few_or_equal_values_nothing_is_said() {
        assert_eq!(agreement(&pairs(9, |x| x), 0), None);
        assert_eq!(agreement(&pairs(20, |_| 1.0), 0), None);
        assert_eq!(agreement(&pairs(20, |x| x), 20), None);
        assert_eq!(agreement(&pairs(20, |_| f64::NAN), 0), None);
    }
}
