use proptest::prelude::*;
use rand::SeedableRng;

use super::*;

/// Decrease of the sum of squares when the rows marked go to one side.
fn decrease(rows: &[(u32, f64, f64)], side: impl Fn(u32) -> bool) -> Option<f64> {
    let squares = |wanted: bool| {
        let part: Vec<_> = rows.iter().filter(|(code, ..)| side(*code) == wanted).collect();
        let weight: f64 = part.iter().map(|(_, weight, _)| weight).sum();
        let mean = part.iter().map(|(_, weight, y)| weight * y).sum::<f64>() / weight;
        let squares: f64 = part.iter().map(|(_, weight, y)| weight * (y - mean).powi(2)).sum();
        (!part.is_empty()).then_some(squares)
    };
    let all = rows.iter().map(|(_, weight, y)| weight * y).sum::<f64>()
        / rows.iter().map(|(_, weight, _)| weight).sum::<f64>();
    let total: f64 = rows.iter().map(|(_, weight, y)| weight * (y - all).powi(2)).sum();
    Some(total - squares(true)? - squares(false)?)
}

fn found<E: PackedRow>(rows: &[(u32, f64, f64)], scale: SplitKind) -> Option<Split> {
    let shares: Vec<Share> =
        rows.iter().map(|(_, weight, y)| Share { weight: *weight, sum: weight * y }).collect();
    let mut list: Vec<E> = rows.iter().zip(0..).map(|((code, ..), row)| E::new(*code, row)).collect();
    list.sort_by_key(|entry| entry.code());
    let sum = |part: fn(&Share) -> f64| shares.iter().map(part).sum::<f64>();
    let whole = NodeTotals { weight: sum(|share| share.weight), sum: sum(|share| share.sum), squares: 1.0 };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut chooser = Chooser::new(&mut rng, &whole);
    let mut steps = vec![Step::default(); rows.len()];
    search((0, scale), &list, &shares, &whole, &mut chooser, &mut steps);
    chooser.best()
}

proptest! {
    #[test]
    fn the_scan_finds_what_trying_every_split_finds(
        rows in prop::collection::vec((0_u32..12, 1_u32..4, -5.0_f64..5.0), 2..30),
    ) {
        let rows: Vec<(u32, f64, f64)> =
            rows.into_iter().map(|(code, weight, y)| (code, f64::from(weight), y)).collect();
        let thresholds = (0..12).filter_map(|code| decrease(&rows, |other| other <= code));
        let levels = (0..12).filter_map(|code| decrease(&rows, |other| other == code));
        let best = |gains: &mut dyn Iterator<Item = f64>| gains.reduce(f64::max);
        for (scale, expected) in
            [(SplitKind::Ordered, best(&mut { thresholds })), (SplitKind::Levels, best(&mut { levels }))]
        {
            for split in [found::<WideRow>(&rows, scale), found::<NarrowRow>(&rows, scale)] {
                let gain = split.map(|split| split.gain);
                prop_assert_eq!(gain.is_some(), expected.is_some());
                let (Some(split), Some(expected)) = (split, expected) else { continue };
                prop_assert!((split.gain - expected).abs() < 1e-9, "{:?} instead of {}", split, expected);
                let inside = |code: u32| code.wrapping_sub(split.low) <= split.width;
                prop_assert!((decrease(&rows, inside).unwrap() - expected).abs() < 1e-9, "{:?}", split);
            }
        }
    }
}

#[test]
fn equal_splits_are_drawn_with_equal_chances() {
    let whole = NodeTotals { weight: 2.0, sum: 0.0, squares: 1.0 };
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut wins = [0; 3];
    for _ in 0..3_000 {
        let mut chooser = Chooser::new(&mut rng, &whole);
        for group in 0..3 {
            // They differ by rounding only.
            let gain = 1.0 + f64::from(group) * 1e-15;
            let inside = Share::default();
            chooser.consider(Split { group, low: 0, width: 0, from: 0, to: 1, inside, gain });
        }
        wins[chooser.best().unwrap().group as usize] += 1;
    }
    assert!(wins.iter().all(|wins| (900..1_100).contains(wins)), "{wins:?}");
}
