//! Functions with known indices, noise, and crowded trials.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::super::columns::AnalysisTable;
use super::super::model::{ColumnInfo, TrialFrame};
use super::shares::VarianceShares;
use super::variance_shares;
use crate::space::{Point, Value};
use crate::trial::RunStatus;

/// Random trials of a function on the unit cube.
fn frame(n: usize, names: &[&str], seed: u64, function: impl Fn(&[f64], f64) -> f64) -> TrialFrame {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut uniform = || (f64::from(rng.next_u32()) + 0.5) / 4_294_967_296.0;
    let column = |name: &&str| ColumnInfo { name: (*name).to_owned(), log: false, null_is_level: false };
    let mut frame = TrialFrame { columns: names.iter().map(column).collect(), rows: Vec::new() };
    for _ in 0..n {
        let x: Vec<f64> = names.iter().map(|_| uniform()).collect();
        // A sum of uniform numbers is nearly normal.
        let noise = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        let point = names.iter().zip(&x).map(|(name, x)| ((*name).to_owned(), Value::Float(*x)));
        frame.push(&Point(point.collect()), RunStatus::Finished, Some(function(&x, noise)));
    }
    frame
}

fn shares(frame: &TrialFrame) -> Option<VarianceShares> {
    variance_shares(&AnalysisTable::of(frame), false, 0)
}

/// Mean error of the indices, and how many of them lie in their intervals.
fn compared(shares: &VarianceShares, truth: &[(&str, f64, f64)]) -> (f64, usize) {
    let truth_count = truth.len() as f64;
    let mut error = 0.0;
    let mut covered = 0;
    for (name, first, total) in truth {
        let found = shares.parameters.iter().find(|one| one.name == *name).unwrap();
        for (share, truth) in [(found.first, first), (found.total, total)] {
            error += (share.mean - truth).abs() / (2.0 * truth_count);
            covered += usize::from((share.low - 0.02..=share.high + 0.02).contains(truth));
        }
    }
    (error, covered)
}

/// Ishigami & Homma 1990, with a = 7 and b = 0.1.
fn ishigami(x: &[f64]) -> f64 {
    let at = |u: f64| std::f64::consts::PI * (2.0 * u - 1.0);
    let (a, b, c) = (at(x[0]), at(x[1]), at(x[2]));
    a.sin() + 7.0 * b.sin().powi(2) + 0.1 * c.powi(4) * a.sin()
}

const ISHIGAMI: [(&str, f64, f64); 3] = [("a", 0.3139, 0.5576), ("b", 0.4424, 0.4424), ("c", 0.0, 0.2437)];

#[test]
fn the_indices_of_ishigamis_function_are_found() {
    let found = shares(&frame(90, &["a", "b", "c"], 1, |x, _| ishigami(x))).unwrap();
    let (error, covered) = compared(&found, &ISHIGAMI);
    assert!(error < 0.1, "{error} {found:#?}");
    assert!(covered >= 5, "{found:#?}");
}

#[test]
fn an_interaction_is_named() {
    let product = |x: &[f64], noise| 4.0 * (x[0] - 0.5) * (x[1] - 0.5) + 0.2 * x[2] + 0.02 * noise;
    let found = shares(&frame(40, &["a", "b", "c"], 2, product)).unwrap();
    assert_eq!(found.pairs[0].names, ["a".to_owned(), "b".to_owned()], "{found:#?}");
    assert!(found.pairs[0].share.mean > 0.5, "{found:#?}");
    assert!(found.pairs_sentence().unwrap().starts_with("Together: a × b 0."));
}

/// The g-function (Saltelli & Sobol 1995) of 0, 1, 4.5 and 9.
#[test]
fn the_indices_of_the_g_function_are_found_from_forty_trials() {
    const A: [f64; 4] = [0.0, 1.0, 4.5, 9.0];
    let part = |a: f64| 1.0 / (3.0 * (1.0 + a).powi(2));
    let whole = A.iter().map(|a| 1.0 + part(*a)).product::<f64>() - 1.0;
    let total = |a: f64| {
        part(a) * A.iter().filter(|other| **other != a).map(|other| 1.0 + part(*other)).product::<f64>()
    };
    let truth: Vec<(&str, f64, f64)> = ["p", "q", "r", "s"]
        .into_iter()
        .zip(A)
        .map(|(name, a)| (name, part(a) / whole, total(a) / whole))
        .collect();
    let g =
        |x: &[f64], _| A.iter().zip(x).map(|(a, x)| ((4.0 * x - 2.0).abs() + a) / (1.0 + a)).product::<f64>();
    let found = shares(&frame(40, &["p", "q", "r", "s"], 3, g)).unwrap();
    let (error, covered) = compared(&found, &truth);
    assert!(error < 0.12, "{error} {found:#?}");
    assert!(covered >= 6, "{covered} {found:#?}");
    assert_eq!(found.parameters[0].name, "p");
}

#[test]
fn a_dozen_trials_show_what_matters_and_how_uncertain_that_is() {
    let found = shares(&frame(12, &["lr", "width"], 5, |x, noise| (x[0] - 0.3).powi(2) * 4.0 + 0.05 * noise))
        .unwrap();
    assert_eq!(found.parameters[0].name, "lr");
    let lr = found.parameters[0].total;
    assert!(lr.mean > 0.7 && lr.low < lr.mean && lr.high <= 1.0, "{found:#?}");
}

#[test]
fn nothing_is_said_of_pure_noise() {
    let mut alarms = 0;
    let mut sweeps = 0;
    for n in [12, 20, 40] {
        for seed in 0..20 {
            sweeps += 1;
            alarms +=
                usize::from(shares(&frame(n, &["a", "b", "c"], 1000 + seed, |_, noise| noise)).is_some());
        }
    }
    assert!(alarms * 20 <= sweeps, "{alarms} false alarms in {sweeps}");
}

#[test]
fn the_noise_between_trials_of_one_point_is_estimated() {
    let found = shares(&frame(60, &["a", "b"], 7, |x, noise| 3.0 * x[0] + x[1] + 0.2 * noise)).unwrap();
    let noise = found.noise.unwrap();
    assert!((0.1..0.35).contains(&noise.mean), "{noise:?}");
}

#[test]
fn the_order_of_trials_and_columns_changes_nothing() {
    let frame = frame(20, &["a", "b"], 9, |x, noise| x[0] + 0.05 * noise);
    let mut turned = frame.clone();
    turned.columns.reverse();
    turned.rows.iter_mut().for_each(|row| row.cells.reverse());
    turned.rows.reverse();
    assert!(shares(&frame).is_some());
    assert_eq!(shares(&turned), shares(&frame));
}
