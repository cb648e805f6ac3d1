//! Expected improvement and its logarithm, which has a slope even where the improvement itself is as good as nothing
//! (Ament et al. 2023).

use statrs::function::erf::erfc;

/// Below this the direct formula would cancel.
const FAR: f64 = -3.0;

/// The density of the standard normal distribution.
pub(super) fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() * 0.398_942_280_401_432_7
}

/// Its distribution function.
pub(super) fn cumulated(z: f64) -> f64 {
    0.5 * erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// ln(φ(z) + z Φ(z)), and its derivative.
pub(super) fn log_h(z: f64) -> (f64, f64) {
    if z > FAR {
        let phi = cumulated(z);
        let h = density(z) + z * phi;
        return (h.ln(), phi / h);
    }
    // With t = -z, Mills' ratio is 1/(t + c) for the continued fraction c; then h = φ(t) c/(t + c) and Φ/h = 1/c.
    let t = -z;
    let mut c = 0.0;
    for k in (1..=40).rev() {
        c = f64::from(k) / (t + c);
    }
    (-0.5 * t * t - 0.918_938_533_204_672_7 + (c / (t + c)).ln(), 1.0 / c)
}

/// The expected improvement of a normal prediction on `best`, smaller being better.
pub(super) fn expected(best: f64, mean: f64, std: f64) -> f64 {
    let z = (best - mean) / std;
    (best - mean) * cumulated(z) + std * density(z)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_that_of_the_direct_formula_and_goes_on_where_that_ends() {
        for z in [-2.9, -1.0, 0.0, 2.0] {
            assert!((log_h(z).0 - (density(z) + z * cumulated(z)).ln()).abs() < 1e-12);
        }
        let (left, right) = (log_h(FAR - 1e-9), log_h(FAR + 1e-9));
        assert!((left.0 - right.0).abs() < 1e-6 && (left.1 - right.1).abs() < 1e-6, "{left:?} {right:?}");
        // φ(z)/z² for far z.
        let far = -40.0_f64;
        assert!((log_h(far).0 - (-0.5 * far * far - 0.918_938_5 - 2.0 * 40.0_f64.ln())).abs() < 0.01);
        for z in [-1e3_f64, -50.0, -3.5, -1.0, 1.0] {
            let h = 1e-5 * z.abs();
            let slope = (log_h(z + h).0 - log_h(z - h).0) / (2.0 * h);
            assert!((slope / log_h(z).1 - 1.0).abs() < 1e-4, "{z}");
        }
    }
}
