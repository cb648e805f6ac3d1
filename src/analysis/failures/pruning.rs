//! Whether the tree says anything, and how many of its splits are kept.

use super::super::streams::{Stream, shuffle};
use super::split::{FailureTable, best_split};
use super::tree::{FailureTree, MOST_SPLITS};

/// Shuffles of the permutation test.
const SHUFFLES: usize = 499;
/// Level of the test. People look at a sweep more than once while it runs.
const LEVEL: f64 = 0.02;
/// Most folds of the cross-validation.
const FOLDS: usize = 10;
/// Weight, in trials, of the share of all trials in the share of a leaf.
const PRIOR: f64 = 1.0;

/// Fewest trials of a leaf.
fn fewest(trials: usize) -> u32 {
    (trials / 50).max(3) as u32
}

/// Whether the best split gains more than in all but two in a hundred tables whose failures are shuffled.
pub(super) fn is_anything_there(table: &FailureTable, seed: u64) -> bool {
    let rows: Vec<usize> = (0..table.failed.len()).collect();
    let fewest = fewest(rows.len());
    let gain = |failed: &[bool]| best_split(table, failed, &rows, fewest).map_or(0.0, |(_, gain)| gain);
    let observed = gain(&table.failed);
    let most = (LEVEL * (SHUFFLES + 1) as f64) as usize - 1;
    let mut as_good = 0;
    for repeat in 0..SHUFFLES {
        let mut failed = table.failed.clone();
        shuffle(&mut Stream::Failures(repeat).open(seed), &mut failed);
        as_good += usize::from(gain(&failed) >= observed - 1e-9);
        if as_good > most {
            return false;
        }
    }
    true
}

/// The tree with as many splits as pay: the fewest whose loss on trials that a tree has not seen is within a standard
/// error of the least.
pub(super) fn pruned(table: &FailureTable, seed: u64) -> FailureTree {
    let rows: Vec<usize> = (0..table.failed.len()).collect();
    let tree = FailureTree::grown(table, &rows, fewest(rows.len()));
    let losses = held_out_losses(table, seed);
    let mean = |splits: usize| losses.iter().map(|fold| fold[splits]).sum::<f64>() / losses.len() as f64;
    let sizes = 1..=tree.splits().max(1);
    let Some(least) = sizes.clone().min_by(|a, b| mean(*a).total_cmp(&mean(*b))) else { return tree };
    let enough = |splits: &usize| {
        let apart: Vec<f64> = losses.iter().map(|fold| fold[*splits] - fold[least]).collect();
        let n = apart.len() as f64;
        let mean = apart.iter().sum::<f64>() / n;
        let variance = apart.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
        mean <= (variance / n).sqrt()
    };
    tree.first(sizes.clone().find(enough).unwrap_or(least))
}

/// For each fold the mean negative log-likelihood of its trials after each number of splits, by trees that were grown on
/// the others.
fn held_out_losses(table: &FailureTable, seed: u64) -> Vec<Vec<f64>> {
    let folds = folds(table, seed);
    let count = folds.iter().max().map_or(1, |last| last + 1);
    (0..count).map(|fold| loss_of_fold(table, &folds, fold)).collect()
}

fn loss_of_fold(table: &FailureTable, folds: &[usize], fold: usize) -> Vec<f64> {
    let (held, known): (Vec<usize>, Vec<usize>) = (0..folds.len()).partition(|row| folds[*row] == fold);
    let tree = FailureTree::grown(table, &known, fewest(known.len()));
    // Trials and failures of each leaf after each number of splits; a tree that ended earlier stays as it is.
    let mut counts = vec![vec![(0.0, 0.0); MOST_SPLITS + 1]; MOST_SPLITS + 1];
    let place = |row: usize, splits: usize| {
        let places = tree.places(table, row);
        places.get(splits).or(places.last()).copied().unwrap_or(0)
    };
    for row in &known {
        for (splits, leaves) in counts.iter_mut().enumerate() {
            let leaf = &mut leaves[place(*row, splits)];
            leaf.0 += 1.0;
            leaf.1 += f64::from(u8::from(table.failed[*row]));
        }
    }
    let all = counts[0][0];
    let share = (all.1 + 0.5) / (all.0 + 1.0);
    let loss = |splits: usize| {
        let one = |row: &usize| {
            let (trials, failed) = counts[splits][place(*row, splits)];
            let chance = (failed + PRIOR * share) / (trials + PRIOR);
            -(if table.failed[*row] { chance } else { 1.0 - chance }).ln()
        };
        held.iter().map(one).sum::<f64>() / held.len().max(1) as f64
    };
    (0..=MOST_SPLITS).map(loss).collect()
}

/// The fold of each trial: failures and others are dealt out alike.
fn folds(table: &FailureTable, seed: u64) -> Vec<usize> {
    let (trials, failed) = table.counts();
    let count = FOLDS.min(failed).min(trials - failed).max(2);
    let mut rng = Stream::Folds.open(seed);
    let mut folds = vec![0; trials];
    for wanted in [true, false] {
        let mut rows: Vec<usize> = (0..trials).filter(|row| table.failed[*row] == wanted).collect();
        shuffle(&mut rng, &mut rows);
        rows.iter().enumerate().for_each(|(place, row)| folds[*row] = place % count);
    }
    folds
}
