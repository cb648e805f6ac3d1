//! "Which trials fail, and where?": rules over the parameters, such as "18 of 20 trials with batch_size ≥ 256 and
//! depth > 6 failed".
//!
//! A small classification tree (Breiman et al. 1984) grows leaf by leaf, the largest gain in deviance first. Whether
//! there is anything to say is decided by a permutation test of its first split: where failures are spread at random
//! at most one sweep in fifty gets a rule. How many splits are kept is decided by cross-validation.

mod model;
mod pruning;
mod rules;
mod split;
mod tree;

#[cfg(test)]
mod tests;

use itertools::Itertools as _;

use super::columns::AnalysisTable;
use super::model::TrialFrame;
pub use model::{FailureAnalysis, FailureCondition, FailureGroup, FailureReason, TrialEnd};
use split::FailureTable;

/// Fewest failures, and fewest trials without one, from which anything is said.
const FEWEST: usize = 3;
/// Most groups that are given.
const GROUPS: usize = 5;

/// Finds where trials fail. `ends` has how each row of the frame ended.
///
/// The result depends on the set of trials and the seed alone, not on the order of rows or columns. `last_line` is left out.
#[must_use]
pub fn failures(frame: &TrialFrame, ends: &[TrialEnd], seed: u64) -> FailureAnalysis {
    let used = ends.iter().enumerate().filter_map(|(row, end)| match end {
        TrialEnd::Worked => Some((row, 0.0)),
        TrialEnd::Failed(_) => Some((row, 1.0)),
        TrialEnd::Unknown => None,
    });
    let used: Vec<(usize, f64)> = used.filter(|(row, _)| *row < frame.rows.len()).collect();
    let table = FailureTable::of(AnalysisTable::of_rows(frame, &used));
    let (trials, failed) = table.counts();
    let nothing = FailureAnalysis { trials, failed, groups: Vec::new() };
    if failed < FEWEST || trials - failed < FEWEST || !pruning::is_anything_there(&table, seed) {
        return nothing;
    }
    let tree = pruning::pruned(&table, seed);
    let mut groups: Vec<FailureGroup> = tree
        .leaves(&table)
        .into_iter()
        .filter(|leaf| leaf.failed > 1 && leaf.failed * trials > failed * leaf.rows.len())
        .map(|leaf| {
            let rows = leaf.rows.iter().filter(|row| table.failed[**row]).map(|row| table.rows[*row]);
            let rows: Vec<usize> = rows.sorted_unstable().collect();
            FailureGroup {
                conditions: rules::conditions(frame, &table, &tree.path(leaf.place)),
                trials: leaf.rows.len(),
                failed: leaf.failed,
                reasons: reasons(ends, &rows),
                last_line: None,
                rows,
            }
        })
        .collect();
    groups.sort_by(|a, b| (b.failed, a.trials).cmp(&(a.failed, b.trials)));
    groups.truncate(GROUPS);
    FailureAnalysis { groups, ..nothing }
}

/// The reasons of these rows with their counts, the commonest first, equal ones by their texts.
fn reasons(ends: &[TrialEnd], rows: &[usize]) -> Vec<FailureReason> {
    let named = rows.iter().filter_map(|row| match ends.get(*row) {
        Some(TrialEnd::Failed(reason)) => Some(reason.clone()),
        _ => None,
    });
    let counts = named.counts().into_iter().map(|(reason, trials)| FailureReason { reason, trials });
    counts.sorted_by(|a, b| b.trials.cmp(&a.trials).then_with(|| a.reason.cmp(&b.reason))).collect()
}
