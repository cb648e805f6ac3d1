//! Which trials a model looks at where there are very many: its cost grows with the cube of their number.

/// So many trials decide about hyperparameters.
pub fn for_hyperparameters(n: usize) -> usize {
    n.min(60)
}

/// So many trials stand behind a prediction.
pub fn for_predictions(n: usize) -> usize {
    if n <= 100 { n } else { (n / 2).clamp(100, 200) }
}

/// The places of `count` values: the smallest half, and an even selection of the rest, in their order.
pub fn chosen(y: &[f64], count: usize) -> Vec<usize> {
    let n = y.len();
    if n <= count {
        return (0..n).collect();
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| y[*a].total_cmp(&y[*b]).then(a.cmp(b)));
    let half = count.div_ceil(2);
    let (others, rest) = (count - half, n - half);
    let mut chosen: Vec<usize> = order[..half].to_vec();
    // The middle of each of as many equal parts of the rest.
    chosen.extend((0..others).map(|i| order[half + (2 * i + 1) * rest / (2 * others)]));
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_half_is_kept_and_the_rest_is_thinned_evenly() {
        let y: Vec<f64> = (0..1000).rev().map(f64::from).collect();
        let chosen = chosen(&y, 100);
        assert_eq!(chosen.len(), 100);
        assert!((950..1000).all(|i| chosen.contains(&i)));
        assert_eq!(chosen.iter().filter(|i| **i < 475).count(), 25);
        assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(super::chosen(&y[..3], 100), [0, 1, 2]);
        assert_eq!(super::chosen(&y[..3], 2).len(), 2);
    }
}
