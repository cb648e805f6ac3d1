//! What the forest is taught: the metric standardised, or its ranks where its tails are heavy.

use super::ranks;

/// Distance from the median, in interquartile ranges, beyond which the metric's ranks are used instead.
const FAR: f64 = 10.0;

/// Whether some value lies more than 10 interquartile ranges from the median: diverged trials, heavy tails.
pub(super) fn heavy_tailed(metric: &[f64]) -> bool {
    let mut sorted = ranks::scaled(metric);
    sorted.sort_unstable_by(f64::total_cmp);
    let quartile = |share| ranks::quantile(&sorted, share);
    let (Some(low), Some(median), Some(high)) = (quartile(0.25), quartile(0.5), quartile(0.75)) else {
        return false;
    };
    let range = high - low;
    range > 0.0 && sorted.iter().any(|value| (value - median).abs() > FAR * range)
}

/// Mean 0 and variance 1, whatever the scale; zeros where nothing varies.
pub(super) fn standardised(metric: &[f64]) -> Vec<f64> {
    let mut deviations = ranks::centred(metric);
    let squares: f64 = deviations.iter().map(|value| value * value).sum();
    let sd = (squares / metric.len().max(1) as f64).sqrt();
    if sd > 0.0 && !ranks::constant(metric) {
        deviations.iter_mut().for_each(|value| *value /= sd);
    } else {
        deviations.fill(0.0);
    }
    deviations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_diverged_trial_makes_the_tail_heavy() {
        let mut metric: Vec<f64> = (0..20).map(f64::from).collect();
        assert!(!heavy_tailed(&metric));
        metric[3] = -1e6;
        assert!(heavy_tailed(&metric));
    }

    #[test]
    fn a_metric_that_is_mostly_one_value_keeps_its_scale() {
        assert!(!heavy_tailed(&[1.0, 1.0, 1.0, 1.0, 1.0, 1e9]));
    }

    #[test]
    fn a_tiny_metric_gets_variance_one() {
        let metric = standardised(&[1e-9, 2e-9, 3e-9, 4e-9]);
        let variance: f64 = metric.iter().map(|value| value * value).sum::<f64>() / 4.0;
        assert!((variance - 1.0).abs() < 1e-12);
        assert_eq!(standardised(&[0.1; 3]), [0.0; 3]);
    }
}
