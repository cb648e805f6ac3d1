//! Measures for categories: the correlation ratio and Cramér's V.

use itertools::Itertools as _;

use super::correlation::FEWEST_ROWS;
use super::ranks;

/// Correlation ratio eta²: the share of the metric's sum of squares that lies between the levels.
///
/// `None` with fewer than 3 rows, one level, or a constant metric.
pub(super) fn eta_squared(levels: &[u32], metric: &[f64]) -> Option<f64> {
    let constant_level = levels.iter().all_equal();
    if levels.len() < FEWEST_ROWS || constant_level || ranks::constant(metric) {
        return None;
    }
    let deviations = ranks::centred(metric);
    let mut sums = vec![(0.0, 0.0); size(levels)];
    for (level, deviation) in levels.iter().zip(&deviations) {
        let (sum, count) = &mut sums[*level as usize];
        *sum += deviation;
        *count += 1.0;
    }
    let between: f64 =
        sums.iter().filter(|(_, count)| *count > 0.0).map(|(sum, count)| sum * sum / count).sum();
    let total: f64 = deviations.iter().map(|deviation| deviation * deviation).sum();
    (total > 0.0).then(|| (between / total).clamp(0.0, 1.0))
}

/// Cramér's V of two categories with its bias taken out (Bergsma 2013, J. Korean Stat. Soc. 42), so that many levels
/// in few rows do not look like a bond. `None` where a side has one level, or nothing but levels seen once.
pub(super) fn cramers_v(a: &[u32], b: &[u32]) -> Option<f64> {
    let n = a.len() as f64;
    let (count_a, count_b) = (counts(a), counts(b));
    let mut pairs: Vec<(u32, u32)> = a.iter().copied().zip(b.iter().copied()).collect();
    pairs.sort_unstable();
    // Σ observed²/(row total · column total) − 1 is chi²/n, and needs only the cells that are not empty.
    let shares = pairs.chunk_by(|x, y| x == y).map(|cell| {
        let (level_a, level_b) = cell[0];
        let expected = count_a[level_a as usize] * count_b[level_b as usize];
        (cell.len() * cell.len()) as f64 / expected
    });
    let phi_squared = shares.sum::<f64>() - 1.0;
    let seen = |counts: &[f64]| counts.iter().filter(|count| **count > 0.0).count() as f64;
    let (rows, columns) = (seen(&count_a), seen(&count_b));
    if rows < 2.0 || columns < 2.0 {
        return None;
    }
    let phi_squared = (phi_squared - (rows - 1.0) * (columns - 1.0) / (n - 1.0)).max(0.0);
    let corrected = |levels: f64| levels - 1.0 - (levels - 1.0).powi(2) / (n - 1.0);
    let most = corrected(rows).min(corrected(columns));
    (most > 1e-9).then(|| (phi_squared / most).sqrt().min(1.0))
}

fn size(levels: &[u32]) -> usize {
    levels.iter().max().map_or(0, |largest| *largest as usize + 1)
}

fn counts(levels: &[u32]) -> Vec<f64> {
    let mut counts = vec![0.0; size(levels)];
    levels.iter().for_each(|level| counts[*level as usize] += 1.0);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_that_decide_the_metric_have_ratio_one() {
        assert_eq!(eta_squared(&[0, 1, 0, 1], &[1e-9, 2e-9, 1e-9, 2e-9]), Some(1.0));
        assert_eq!(eta_squared(&[0, 1, 0, 1], &[1.0, 1.0, 2.0, 2.0]), Some(0.0));
    }

    #[test]
    fn one_level_or_one_value_has_no_ratio() {
        assert_eq!(eta_squared(&[3, 3, 3], &[1.0, 2.0, 3.0]), None);
        assert_eq!(eta_squared(&[0, 1, 0], &[5.0, 5.0, 5.0]), None);
        assert_eq!(eta_squared(&[0, 1], &[1.0, 2.0]), None);
    }

    #[test]
    fn a_renamed_category_is_bound_to_itself() {
        let a: Vec<u32> = (0..40).map(|i| i % 4).collect();
        let renamed: Vec<u32> = a.iter().map(|level| 3 - level).collect();
        assert!((cramers_v(&a, &renamed).unwrap() - 1.0).abs() < 1e-12);
        let crossed: Vec<u32> = (0..40).map(|i| (i / 4) % 2).collect();
        assert!(cramers_v(&a, &crossed).unwrap() < 0.05);
    }

    #[test]
    fn levels_seen_once_are_no_bond() {
        let unique: Vec<u32> = (0..20).collect();
        assert_eq!(cramers_v(&unique, &unique), None);
        assert_eq!(cramers_v(&[0, 0, 0], &[0, 1, 0]), None);
    }
}
