//! Pearson's and Spearman's correlation, with intervals and p-values.
//!
//! Intervals by Fisher's z: standard error 1/√(n−3) for Pearson, √((1+r²/2)/(n−3)) for Spearman (Bonett and Wright
//! 2000, Psychometrika 65). The p-value is Student's t with n−2 degrees of freedom, two-sided, which is the
//! regularised incomplete beta function I(1−r²; (n−2)/2, 1/2).

use statrs::function::beta::checked_beta_reg;

use super::model::Correlation;
use super::ranks;

/// Quantile of the normal distribution that leaves 2.5 % on each side.
const Z95: f64 = 1.959_963_984_540_054;

/// Fewest rows that a correlation is taken from.
pub(super) const FEWEST_ROWS: usize = 3;

/// Pearson's correlation of two columns of the same length; `None` with fewer than 3 rows, a constant column or a
/// number that is not finite.
pub(super) fn pearson(x: &[f64], y: &[f64]) -> Option<Correlation> {
    let r = coefficient(x, y)?;
    Some(with_interval(r, x.len(), 1.0))
}

/// Spearman's correlation: Pearson's of the average ranks; infinite numbers have a rank like any other.
pub(super) fn spearman(x: &[f64], y: &[f64]) -> Option<Correlation> {
    let r = coefficient(&ranks::average(x), &ranks::average(y))?;
    Some(with_interval(r, x.len(), 1.0 + r * r / 2.0))
}

/// Pearson's coefficient alone.
pub(super) fn coefficient(x: &[f64], y: &[f64]) -> Option<f64> {
    let finite = x.iter().chain(y).all(|value| value.is_finite());
    if x.len() < FEWEST_ROWS || !finite || ranks::constant(x) || ranks::constant(y) {
        return None;
    }
    of_deviations(&ranks::centred(x), &ranks::centred(y))
}

/// Pearson's coefficient of two columns whose means are zero; `None` if one of them is zero everywhere.
pub(super) fn of_deviations(x: &[f64], y: &[f64]) -> Option<f64> {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let r = product(x, y) / (product(x, x) * product(y, y)).sqrt();
    r.is_finite().then(|| r.clamp(-1.0, 1.0))
}

/// Interval and p-value; `spread` is the factor of the variance 1/(n−3).
fn with_interval(r: f64, n: usize, spread: f64) -> Correlation {
    let interval = (n > 3).then(|| {
        let half = Z95 * (spread / (n as f64 - 3.0)).sqrt();
        [(r.atanh() - half).tanh(), (r.atanh() + half).tanh()]
    });
    Correlation { r, interval, p: p_value(r, n), n }
}

fn p_value(r: f64, n: usize) -> f64 {
    let unexplained = (1.0 - r) * (1.0 + r);
    checked_beta_reg((n as f64 - 2.0) / 2.0, 0.5, unexplained.clamp(0.0, 1.0)).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_line_has_p_zero_and_a_closed_interval() {
        let found = spearman(&[1.0, 2.0, 3.0, 4.0], &[1e-9, 2e-9, 3e-9, 4e-9]).unwrap();
        assert_eq!(found, Correlation { r: 1.0, interval: Some([1.0, 1.0]), p: 0.0, n: 4 });
    }

    #[test]
    fn the_p_value_with_one_degree_of_freedom_is_an_arc_cosine() {
        for r in [-0.9_f64, -0.1, 0.0, 0.5, 0.999] {
            let expected = 2.0 * r.abs().acos() / std::f64::consts::PI;
            assert!((p_value(r, 3) - expected).abs() < 1e-12, "{r}");
        }
    }

    #[test]
    fn a_large_offset_costs_no_digits() {
        let x: Vec<f64> = (0..50).map(|i| f64::from((i * 37) % 50)).collect();
        let y: Vec<f64> = (0..50).map(|i| f64::from((i * i) % 17)).collect();
        let moved: Vec<f64> = x.iter().map(|value| 1e9 + value / 64.0).collect();
        let (plain, moved) = (coefficient(&x, &y).unwrap(), coefficient(&moved, &y).unwrap());
        assert!((plain - moved).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_correlation_has_none() {
        assert!(pearson(&[1.0, 2.0], &[1.0, 2.0]).is_none());
        assert!(pearson(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]).is_none());
        assert!(pearson(&[1.0, 2.0, f64::INFINITY], &[1.0, 2.0, 3.0]).is_none());
        assert!(spearman(&[1.0, 2.0, f64::INFINITY], &[1.0, 2.0, 3.0]).is_some());
    }
}
