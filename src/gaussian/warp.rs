//! Yeo & Johnson's power transform (2000): bends the axis of a metric so that a Gaussian process fits it.

/// Bends a standardised value; λ = 1 leaves it as it is.
pub fn bend(y: f64, lambda: f64) -> f64 {
    if y >= 0.0 { power(y.ln_1p(), lambda) } else { -power((-y).ln_1p(), 2.0 - lambda) }
}

/// The logarithm of the slope of [`bend`].
pub fn log_slope(y: f64, lambda: f64) -> f64 {
    (lambda - 1.0) * y.signum() * y.abs().ln_1p()
}

/// The value that [`bend`] sends to `z`. Where the curve has an end, what lies beyond it is sent to a far value.
pub fn unbend(z: f64, lambda: f64) -> f64 {
    if z >= 0.0 { root(z, lambda).exp_m1() } else { -root(-z, 2.0 - lambda).exp_m1() }
}

/// (e^{λt} - 1)/λ.
fn power(t: f64, lambda: f64) -> f64 {
    if lambda.abs() < 1e-9 { t } else { (lambda * t).exp_m1() / lambda }
}

/// The t with (e^{λt} - 1)/λ = z, at most 50.
fn root(z: f64, lambda: f64) -> f64 {
    if lambda.abs() < 1e-9 {
        return z.min(50.0);
    }
    let inner = lambda * z;
    if inner <= -1.0 { 50.0 } else { (inner.ln_1p() / lambda).min(50.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bending_and_unbending_meet() {
        for lambda in [-1.0, 0.0, 0.4, 1.0, 2.0, 2.5] {
            for y in [-3.0, -0.2, 0.0, 0.7, 6.0] {
                assert!((unbend(bend(y, lambda), lambda) - y).abs() < 1e-9, "{lambda} {y}");
                let h = 1e-6;
                let slope = (bend(y + h, lambda) - bend(y - h, lambda)) / (2.0 * h);
                assert!(y == 0.0 || (slope.ln() - log_slope(y, lambda)).abs() < 1e-6);
            }
        }
        assert!((bend(1.3, 1.0) - 1.3).abs() < 1e-12);
        assert!(unbend(1e9, -1.0).is_finite());
    }
}
