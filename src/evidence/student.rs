//! Student's t distribution: its distribution function and quantiles.

use statrs::function::beta::beta_reg;

/// P(T ≤ t).
pub(super) fn cdf(t: f64, df: f64) -> f64 {
    if t.is_nan() {
        return 0.5;
    }
    if t.is_infinite() {
        return if t > 0.0 { 1.0 } else { 0.0 };
    }
    let outside = beta_reg(0.5 * df, 0.5, df / (df + t * t));
    if t > 0.0 { 1.0 - 0.5 * outside } else { 0.5 * outside }
}

/// The t with P(T ≤ t) = p, for p in (0, 1). By halving: the inverse that `statrs` has is off by a percent for some.
pub(super) fn quantile(p: f64, df: f64) -> f64 {
    let mut high = 1.0;
    while high < 1e12 && cdf(high, df) < p.max(1.0 - p) {
        high *= 2.0;
    }
    let mut low = -high;
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if cdf(middle, df) < p { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (p, df, expected) in [
            (0.975, 3.0, 3.182_446),
            (0.975, 15.0, 2.131_450),
            (0.95, 10.0, 1.812_461),
            (0.8, 2.0, 1.060_660),
            (0.025, 3.0, -3.182_446),
            (0.5, 4.0, 0.0),
        ] {
            assert!((quantile(p, df) - expected).abs() < 1e-5, "{p} {df}: {}", quantile(p, df));
            assert!((cdf(expected, df) - p).abs() < 1e-6);
        }
        assert_eq!((cdf(f64::INFINITY, 3.0), cdf(f64::NEG_INFINITY, 3.0)), (1.0, 0.0));
    }
}
