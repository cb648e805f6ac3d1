//! Ranks, and numbers made safe for arithmetic whatever their scale.

use itertools::Itertools as _;

/// Dense ranks 0, 1, 2, … of the values that are there; equal values share one. Also gives how many there are.
pub(super) fn dense(values: &[Option<f64>]) -> (Vec<Option<u32>>, usize) {
    let distinct = values.iter().copied().flatten().sorted_unstable_by(f64::total_cmp).dedup().collect_vec();
    let rank = |value: f64| distinct.partition_point(|known| *known < value) as u32;
    (values.iter().map(|cell| cell.map(rank)).collect(), distinct.len())
}

/// Ranks 1, 2, 3, …; equal values share the mean of theirs.
pub(super) fn average(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 1;
    for tied in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let last = first + tied.len() - 1;
        let mean = (first + last) as f64 / 2.0;
        tied.iter().for_each(|row| ranks[*row] = mean);
        first = last + 1;
    }
    ranks
}

/// Whether fewer than two different values are there.
pub(super) fn constant(values: &[f64]) -> bool {
    values.iter().all_equal()
}

/// Deviations from the mean, in units of a power of two near the largest absolute value.
///
/// A power of two changes no digit, so that tiny and huge scales neither underflow nor overflow when squared; the
/// second subtraction takes out the rounding of the mean (the corrected two-pass algorithm, Chan, Golub and
/// LeVeque 1983).
pub(super) fn centred(values: &[f64]) -> Vec<f64> {
    let mut deviations = scaled(values);
    for _ in 0..2 {
        let mean = deviations.iter().sum::<f64>() / deviations.len().max(1) as f64;
        deviations.iter_mut().for_each(|value| *value -= mean);
    }
    deviations
}

/// The values over a power of two that brings the largest of them near 1.
pub(super) fn scaled(values: &[f64]) -> Vec<f64> {
    const BIAS: i64 = 1023;
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let exponent = (((largest.to_bits() >> 52) & 0x7ff) as i64 - BIAS).clamp(1 - BIAS, BIAS - 1);
    let factor = f64::from_bits(((BIAS - exponent) as u64) << 52);
    values.iter().map(|value| value * factor).collect()
}

/// The quantile of sorted values by linear interpolation (type 7 of Hyndman and Fan 1996).
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let low = *sorted.get(place.floor() as usize)?;
    let high = *sorted.get(place.ceil() as usize)?;
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(average(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
    }

    #[test]
    fn dense_ranks_leave_no_gaps_and_keep_holes() {
        let (ranks, distinct) = dense(&[Some(1e-12), None, Some(5.0), Some(1e-12), Some(-0.0), Some(0.0)]);
        assert_eq!(ranks, [Some(1), None, Some(2), Some(1), Some(0), Some(0)]);
        assert_eq!(distinct, 3);
    }

    #[test]
    fn any_scale_is_centred_without_loss() {
        for scale in [5e-324, 1e-300, 1e-9, 1.0, 1e300] {
            let deviations = centred(&[scale, 3.0 * scale, 2.0 * scale]);
            assert!(deviations[2].abs() < 1e-15, "{scale:e}");
            assert!(
                deviations[0].powi(2) > 1e-40 && (deviations[0] + deviations[1]).abs() < 1e-15,
                "{scale:e}"
            );
        }
        assert!(centred(&[f64::MAX, f64::MIN]).iter().all(|value| value.is_finite()));
        assert!(centred(&[]).is_empty());
    }

    #[test]
    fn a_quantile_lies_between_its_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0, 8.0], 0.25), Some(1.75));
        assert_eq!(quantile(&[1.0], 0.75), Some(1.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
