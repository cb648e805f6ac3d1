//! How far runs of one point differ, from points that were run more than once.

/// Fewest degrees of freedom: with fewer a standard deviation may be wrong by a factor of two.
const FEWEST: usize = 4;

/// A standard deviation with what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// The standard deviation between runs of one point.
    pub sd: f64,
    /// Its degrees of freedom.
    pub df: usize,
}

/// The noise, pooled over points by the squares around their means (as in an analysis of variance). Each item is the values of
/// one point. `None`: fewer than four degrees of freedom, or all repeats are equal.
#[must_use]
pub fn pooled_noise<'a>(points: impl IntoIterator<Item = &'a [f64]>) -> Option<Noise> {
    let (mut squares, mut df) = (0.0, 0);
    for values in points {
        let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        if finite.len() < 2 {
            continue;
        }
        #[allow(clippy::cast_precision_loss)]
        let mean = finite.iter().sum::<f64>() / finite.len() as f64;
        squares += finite.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        df += finite.len() - 1;
    }
    #[allow(clippy::cast_precision_loss)]
    let sd = (squares / df.max(1) as f64).sqrt();
    (df >= FEWEST && sd > 0.0 && sd.is_finite()).then_some(Noise { sd, df })
}

/// How many of these losses, the best among them, are so near to it that the noise alone may have
/// decided: two runs differ by less than the noise times √2 in two thirds of the cases, by less than 1.96 · √2 in 95 %.
#[must_use]
pub fn near_the_best(losses: &[f64], best: f64, sd: f64) -> usize {
    let reach = 1.96 * std::f64::consts::SQRT_2 * sd;
    losses.iter().filter(|loss| loss.is_finite() && **loss - best <= reach).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_pooled_over_points() {
        let points: [&[f64]; 4] = [&[1.0, 3.0], &[10.0, 12.0, 11.0], &[5.0], &[7.0, 7.0, f64::NAN]];
        let noise = pooled_noise(points).unwrap();
        assert_eq!(noise.df, 4);
        assert!((noise.sd - 1.0).abs() < 1e-12, "{noise:?}");
    }

    #[test]
    fn too_few_or_equal_repeats_are_no_estimate() {
        let few: [&[f64]; 1] = [&[1.0, 2.0, 3.0]];
        assert_eq!(pooled_noise(few), None);
        let equal: [&[f64]; 2] = [&[1.0, 1.0, 1.0], &[2.0, 2.0, 2.0]];
        assert_eq!(pooled_noise(equal), None);
    }

    #[test]
    fn what_the_noise_may_have_decided_is_near() {
        let losses = [1.0, 1.1, 1.27, 1.3, f64::NAN];
        assert_eq!(near_the_best(&losses, 1.0, 0.1), 3);
    }
}
