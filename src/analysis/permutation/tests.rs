use super::*;
use crate::analysis::features::SplitKind;

/// A forest over an ordered group, a group of levels, and one that is moved in some rows only.
fn table() -> (Features, Vec<f64>) {
    let n = 90_u32;
    let scatter = |step: f64| (1..=n).map(move |k| (f64::from(k) * step).fract());
    let code = |levels: f64| move |x: f64| (x * levels) as u32;
    let groups = vec![
        Group::new(SplitKind::Ordered, scatter(0.618_034).map(code(40.0)).collect()),
        Group::new(SplitKind::Levels, scatter(0.414_214).map(code(5.0)).collect()),
        Group::new(SplitKind::Ordered, scatter(0.732_051).map(code(9.0)).collect())
            .moving_only((0..n).filter(|row| row % 3 == 0).collect()),
    ];
    let features = Features::new(n as usize, groups);
    let at = |group: usize, row: usize| f64::from(features.groups()[group].codes()[row]);
    let target =
        (0..n as usize).map(|row| at(0, row) + 7.0 * (at(1, row) - 2.0).abs() + at(2, row)).collect();
    (features, target)
}

/// The same by the book: every row predicted again for every repeat.
fn by_the_book(
    forest: &Forest,
    features: &Features,
    target: &[f64],
    rows: JudgedRows,
    seed: u64,
) -> Vec<f64> {
    let n = features.rows();
    let mean = target.iter().sum::<f64>() / n as f64;
    let total: f64 = target.iter().map(|y| (y - mean).powi(2)).sum();
    let codes = features.by_row();
    let width = features.groups().len();
    let error = |row: usize, codes: &[u32]| {
        let judges: Vec<&Tree> =
            forest.trees().iter().filter(|tree| rows == JudgedRows::Training || !tree.saw(row)).collect();
        let sum: f64 = judges.iter().map(|tree| tree.predict(codes)).sum();
        (target[row] - sum / judges.len() as f64).powi(2)
    };
    let drop = |(place, group): (usize, &Group)| {
        let shuffles = shuffled(group, place, seed);
        let rise = |row: usize| {
            let own = &codes[row * width..(row + 1) * width];
            let after = shuffles[row].iter().map(|code| {
                let mut moved = own.to_vec();
                moved[place] = *code;
                error(row, &moved)
            });
            after.sum::<f64>() / REPEATS as f64 - error(row, own)
        };
        (0..n).map(rise).sum::<f64>() / total
    };
    features.groups().iter().enumerate().map(drop).collect()
}

#[test]
fn following_ranges_of_repeats_gives_what_predicting_each_repeat_gives() {
    let (features, target) = table();
    let forest = Forest::fit(&features, &target, 40, 3);
    for rows in [JudgedRows::Training, JudgedRows::OutOfBag] {
        let expected = by_the_book(&forest, &features, &target, rows, 9);
        let found = PermutationImportance::of(&forest, &features, &target, rows, 9);
        for (drop, expected) in found.drops.iter().zip(expected) {
            assert!((drop.mean - expected).abs() < 1e-10, "{rows:?}: {} instead of {expected}", drop.mean);
        }
        assert!(found.drops[1].mean > 0.2, "{found:?}");
    }
}

#[test]
fn a_shuffle_keeps_the_codes_and_moves_only_what_it_may() {
    let (features, _) = table();
    let group = &features.groups()[2];
    let shuffles = shuffled(group, 2, 5);
    let still = |row: &usize| !row.is_multiple_of(3);
    assert!((0..90).filter(still).all(|row| shuffles[row] == [group.codes()[row]; REPEATS]));
    let sum = |codes: &mut dyn Iterator<Item = u32>| codes.map(u64::from).sum::<u64>();
    let own = sum(&mut group.codes().iter().copied());
    assert_eq!(sum(&mut shuffles.iter().flatten().copied()), own * REPEATS as u64);
    assert_ne!(shuffles, shuffled(group, 2, 6));
}
