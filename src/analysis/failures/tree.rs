//! A tree that grows leaf by leaf, so that its first splits are a tree of their own.

use super::split::{FailureTable, ParameterSplit, best_split};

/// Most splits.
pub(super) const MOST_SPLITS: usize = 6;

/// Splits in the order in which they were made. Each parts a leaf: rows for which the answer is yes keep its place, the
/// others go to a new one, whose place is the number of the split, from 1.
#[derive(Debug, Clone, Default)]
pub(super) struct FailureTree {
    steps: Vec<(usize, ParameterSplit)>,
}

/// The rows at the end of a path.
#[derive(Debug, Clone)]
pub(super) struct FailureLeaf {
    pub(super) place: usize,
    pub(super) rows: Vec<usize>,
    pub(super) failed: usize,
}

impl FailureTree {
    /// Grows on these rows, by the split of any leaf that gains most, to at most [`MOST_SPLITS`].
    pub(super) fn grown(table: &FailureTable, rows: &[usize], fewest: u32) -> Self {
        let best = |rows: &[usize]| best_split(table, &table.failed, rows, fewest);
        let mut tree = Self::default();
        let mut leaves = vec![(rows.to_vec(), best(rows))];
        while tree.steps.len() < MOST_SPLITS {
            let gain = |place: &usize| leaves[*place].1.map_or(0.0, |(_, gain)| gain);
            // Of equal gains the earlier leaf.
            let Some(place) = (0..leaves.len()).rev().max_by(|a, b| gain(a).total_cmp(&gain(b))) else {
                break;
            };
            let Some((split, _)) = leaves[place].1 else { break };
            let (yes, no): (Vec<usize>, Vec<usize>) =
                leaves[place].0.iter().partition(|row| split.is_yes(table, **row));
            let (of_yes, of_no) = (best(&yes), best(&no));
            leaves[place] = (yes, of_yes);
            leaves.push((no, of_no));
            tree.steps.push((place, split));
        }
        tree
    }

    /// How many splits it has.
    pub(super) fn splits(&self) -> usize {
        self.steps.len()
    }

    /// The tree of its first splits.
    pub(super) fn first(&self, splits: usize) -> Self {
        Self { steps: self.steps.iter().take(splits).copied().collect() }
    }

    /// The leaf of a row after each number of splits, from none.
    pub(super) fn places(&self, table: &FailureTable, row: usize) -> Vec<usize> {
        let mut places = vec![0];
        for (number, (parted, split)) in (1..).zip(&self.steps) {
            let place = places[number - 1];
            let moves = place == *parted && !split.is_yes(table, row);
            places.push(if moves { number } else { place });
        }
        places
    }

    /// The leaves with all rows of the table.
    pub(super) fn leaves(&self, table: &FailureTable) -> Vec<FailureLeaf> {
        let mut leaves: Vec<FailureLeaf> =
            (0..=self.steps.len()).map(|place| FailureLeaf { place, rows: Vec::new(), failed: 0 }).collect();
        for row in 0..table.failed.len() {
            let place = self.places(table, row).last().copied().unwrap_or(0);
            leaves[place].rows.push(row);
            leaves[place].failed += usize::from(table.failed[row]);
        }
        leaves
    }

    /// The questions on the way to a leaf, with their answers.
    pub(super) fn path(&self, leaf: usize) -> Vec<(ParameterSplit, bool)> {
        let mut path = Vec::new();
        let mut place = leaf;
        for (number, (parted, split)) in (1..).zip(&self.steps).collect::<Vec<_>>().into_iter().rev() {
            if place == number {
                path.push((*split, false));
                place = *parted;
            } else if place == *parted {
                path.push((*split, true));
            }
        }
        path.reverse();
        path
    }
}
