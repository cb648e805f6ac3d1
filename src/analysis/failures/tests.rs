//! Rules say where trials fail, and nothing where failures are spread at random.

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::super::model::{ColumnInfo, TrialFrame};
use super::{FailureAnalysis, TrialEnd, failures};
use crate::space::{Point, Value};
use crate::trial::RunStatus;

/// Trials with a batch size, a depth, a learning rate, an optimizer, and a momentum that only `sgd` has.
fn frame(n: usize, seed: u64) -> TrialFrame {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut uniform = || f64::from(rng.next_u32()) / 4_294_967_296.0;
    let column = |name: &str, log| ColumnInfo { name: name.to_owned(), log, null_is_level: false };
    let columns = vec![
        column("batch_size", false),
        column("depth", false),
        column("lr", true),
        column("momentum", false),
        column("optimizer", false),
    ];
    let mut frame = TrialFrame { columns, rows: Vec::new() };
    for _ in 0..n {
        let mut point = vec![
            ("batch_size".to_owned(), Value::Int(32 << (uniform() * 5.0) as u32)),
            ("depth".to_owned(), Value::Int(1 + (uniform() * 12.0) as i128)),
            ("lr".to_owned(), Value::Float(10_f64.powf(-5.0 * uniform()))),
        ];
        let sgd = uniform() < 0.4;
        if sgd {
            point.push(("momentum".to_owned(), Value::Float(uniform())));
        }
        let word = if sgd {
            "sgd"
        } else if uniform() < 0.5 {
            "adam"
        } else {
            "lion"
        };
        point.push(("optimizer".to_owned(), Value::Text(word.to_owned())));
        frame.push(&Point(point), RunStatus::Finished, None);
    }
    frame
}

fn number(frame: &TrialFrame, row: usize, column: usize) -> f64 {
    frame.rows[row].cells[column].as_ref().and_then(Value::as_f64).unwrap_or(f64::NAN)
}

fn ends(frame: &TrialFrame, fails: impl Fn(usize) -> bool) -> Vec<TrialEnd> {
    let end = |row| if fails(row) { TrialEnd::Failed("exit code 137".to_owned()) } else { TrialEnd::Worked };
    (0..frame.rows.len()).map(end).collect()
}

fn found(frame: &TrialFrame, fails: impl Fn(usize) -> bool) -> FailureAnalysis {
    failures(frame, &ends(frame, fails), 0)
}

#[test]
fn a_region_of_two_parameters_is_found_with_its_counts() {
    let frame = frame(120, 1);
    let large = |row| number(&frame, row, 0) >= 256.0 && number(&frame, row, 1) > 6.0;
    let found = found(&frame, large);
    let inside = (0..120).filter(|row| large(*row)).count();
    assert_eq!(found.groups.len(), 1, "{found:#?}");
    let group = &found.groups[0];
    assert_eq!((group.failed, group.trials), (inside, inside));
    let mut rule: Vec<&str> = group.conditions.iter().map(|condition| condition.text.as_str()).collect();
    rule.sort_unstable();
    assert_eq!(rule, ["batch_size ≥ 256", "depth ≥ 7"]);
    assert!(group.sentence().ends_with(" failed (exit code 137)"), "{}", group.sentence());
    assert_eq!(found.elsewhere(), Some(format!("elsewhere 0 of {}", 120 - inside)));
}

#[test]
fn a_category_and_a_condition_are_named() {
    let frame = frame(90, 2);
    let sgd = |row: usize| frame.rows[row].cells[3].is_some();
    let group = &found(&frame, sgd).groups[0];
    assert!(["momentum present", "optimizer = sgd"].contains(&group.rule().as_str()), "{}", group.rule());
    let fast = |row: usize| number(&frame, row, 3) > 0.5;
    assert_eq!(found(&frame, fast).groups[0].rule(), "momentum ≥ 0.5");
    let text = |row: usize, word: &str| frame.rows[row].cells[4] == Some(Value::Text(word.to_owned()));
    assert_eq!(found(&frame, |row| text(row, "lion")).groups[0].rule(), "optimizer = lion");
}

#[test]
fn bounds_on_a_log_scale_are_short() {
    let frame = frame(100, 3);
    let rule = found(&frame, |row| number(&frame, row, 2) > 0.1).groups[0].rule();
    let bound: f64 = rule.strip_prefix("lr ≥ ").unwrap().parse().unwrap();
    assert!((0.05..0.2).contains(&bound) && rule.chars().count() <= 9, "{rule}");
}

#[test]
fn where_failures_are_spread_at_random_nothing_is_said() {
    let mut alarms = 0;
    let seeds = 200;
    for seed in 0..seeds {
        let frame = frame(60, 100 + seed);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let failed: Vec<bool> = (0..60).map(|_| rng.random_bool(0.25)).collect();
        alarms += usize::from(!found(&frame, |row| failed[row]).groups.is_empty());
    }
    assert!(alarms <= seeds as usize / 20, "{alarms} false alarms in {seeds}");
}

#[test]
fn noisy_failures_in_a_region_are_found_in_nearly_all_sweeps() {
    let hits = (0..50)
        .filter(|seed| {
            let frame = frame(60, 500 + seed);
            let mut rng = ChaCha8Rng::seed_from_u64(*seed);
            let failed: Vec<bool> = (0..60)
                .map(|row| rng.random_bool(if number(&frame, row, 0) >= 256.0 { 0.8 } else { 0.1 }))
                .collect();
            let found = found(&frame, |row| failed[row]);
            found.groups.first().is_some_and(|group| group.rule().contains("batch_size"))
        })
        .count();
    assert!(hits >= 48, "{hits} of 50");
}

#[test]
fn the_order_of_trials_and_columns_changes_nothing() {
    let frame = frame(80, 4);
    let ends = ends(&frame, |row| number(&frame, row, 1) > 8.0);
    let found = failures(&frame, &ends, 0);
    let mut turned = frame.clone();
    turned.columns.reverse();
    turned.rows.iter_mut().for_each(|row| row.cells.reverse());
    turned.rows.reverse();
    let mut turned_ends = ends;
    turned_ends.reverse();
    let mut again = failures(&turned, &turned_ends, 0);
    for (group, other) in again.groups.iter_mut().zip(&found.groups) {
        group.rows = group.rows.iter().rev().map(|row| 79 - row).collect();
        assert_eq!(group.rows, other.rows);
    }
    assert!(!found.groups.is_empty());
    assert_eq!(again, found);
}

#[test]
fn what_a_person_ended_and_what_is_rare_says_nothing() {
    let frame = frame(40, 5);
    let two = found(&frame, |row| row < 2);
    assert_eq!((two.trials, two.failed, two.groups.len()), (40, 2, 0));
    let unknown = vec![TrialEnd::Unknown; 40];
    assert_eq!(failures(&frame, &unknown, 0), FailureAnalysis::default());
    assert_eq!(failures(&TrialFrame::default(), &[], 0), FailureAnalysis::default());
    assert_eq!(found(&frame, |_| true).groups.len(), 0);
}
