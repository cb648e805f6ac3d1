//! The quantiles that have no closed form: normal and beta.

use statrs::function::beta::{beta_reg, ln_beta};
use statrs::function::erf::{erfc, erfc_inv};

/// Φ⁻¹(u), the quantile of the standard normal distribution; infinite at 0 and 1.
pub(super) fn normal_quantile(u: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * u)
}

/// Φ(x), the distribution function of the standard normal distribution.
pub(super) fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x / std::f64::consts::SQRT_2)
}

/// The regularised incomplete beta function, 0 and 1 outside (0, 1).
pub(super) fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        0.0
    } else if x >= 1.0 {
        1.0
    } else {
        beta_reg(a, b, x)
    }
}

/// Its inverse: the x with I_x(a, b) = u.
///
/// Newton's method on the distribution function, kept inside a shrinking bracket: a step that leaves it is
/// replaced by halving. Solved for the nearer end, so that values close to 1 keep their digits. Below 0.5 the
/// unknown is ln x, because for small `a` the answer can be as small as the smallest float.
pub(super) fn beta_quantile(u: f64, a: f64, b: f64) -> f64 {
    if u <= 0.0 {
        return 0.0;
    }
    if u >= 1.0 {
        return 1.0;
    }
    if beta_cdf(0.5, a, b) < u { 1.0 - lower_root(1.0 - u, b, a) } else { lower_root(u, a, b) }
}

fn lower_root(u: f64, a: f64, b: f64) -> f64 {
    let scale = ln_beta(a, b);
    let (mut low, mut high) = (-746.0_f64, 0.5_f64.ln() + 1e-12);
    // For small x, I_x(a, b) is about x^a / (a B(a, b)).
    let mut y = (((u * a).ln() + scale) / a).clamp(low, high);
    for _ in 0..200 {
        let x = y.exp();
        let excess = beta_cdf(x, a, b) - u;
        if excess > 0.0 {
            high = y;
        } else {
            low = y;
        }
        let slope = (a * y + (b - 1.0) * (-x).ln_1p() - scale).exp();
        let newton = y - excess / slope;
        let next = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
        if (next - y).abs() <= 1e-15 * y.abs().max(1.0) {
            return next.exp();
        }
        y = next;
    }
    y.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beta_quantile_inverts_the_distribution_function() {
        for a in [0.05, 0.5, 1.0, 2.0, 30.0, 500.0] {
            for b in [0.05, 0.5, 1.0, 5.0, 80.0, 1000.0] {
                for i in 1..40 {
                    let u = f64::from(i) / 40.0;
                    let x = beta_quantile(u, a, b);
                    assert!((0.0..=1.0).contains(&x), "{u} {a} {b} gave {x}");
                    if x > 1e-300 && x < 1.0 - 1e-9 {
                        assert!((beta_cdf(x, a, b) - u).abs() < 1e-9, "{u} {a} {b} gave {x}");
                    }
                }
            }
        }
    }

    #[test]
    fn known_quantiles_of_the_normal_distribution() {
        for (u, x) in [(0.5, 0.0), (0.975, 1.959_963_984_540_054), (1e-10, -6.361_340_902_404_056)] {
            assert!((normal_quantile(u) - x).abs() < 1e-9);
            assert!((normal_cdf(x) - u).abs() < 1e-9);
        }
    }
}
