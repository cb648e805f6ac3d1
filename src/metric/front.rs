//! Which of several results no other one beats: the Pareto front.

/// What a trial gave of each objective, as something to be made small.
pub type Losses = Vec<f64>;

/// Whether `a` is at least as good as `b` everywhere and better somewhere.
#[must_use]
pub(crate) fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b)
}

/// The places of those that none dominates, sorted by the first objective, then the next; of equal ones the first alone.
#[must_use]
pub(crate) fn front(all: &[Losses]) -> Vec<usize> {
    let order = |a: &[f64], b: &[f64]| {
        let pairs = a.iter().zip(b).map(|(a, b)| a.total_cmp(b));
        pairs.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    };
    let mut places: Vec<usize> = (0..all.len()).collect();
    places.sort_by(|a, b| order(&all[*a], &all[*b]).then(a.cmp(b)));
    // Whoever dominates another stands before it.
    let mut kept: Vec<usize> = Vec::new();
    for place in places {
        let beaten = |by: &usize| all[*by] == all[place] || dominates(&all[*by], &all[place]);
        if !kept.iter().any(beaten) {
            kept.push(place);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_holds_what_none_beats_each_point_once() {
        let all = vec![
            vec![3.0, 1.0],
            vec![1.0, 3.0],
            vec![2.0, 2.0],
            vec![2.0, 2.0],
            vec![2.0, 3.0],
            vec![3.0, 3.0],
        ];
        assert_eq!(front(&all), [1, 2, 0]);
        assert!(dominates(&all[2], &all[5]) && !dominates(&all[2], &all[3]));
        assert_eq!(front(&[]), Vec::<usize>::new());
        assert_eq!(front(&[vec![1.0, 2.0, 3.0], vec![1.0, 2.0, 2.0], vec![0.0, 9.0, 9.0]]), [2, 1]);
    }
}
