//! Permutation importance: how much worse a forest predicts when one parameter is shuffled.
//!
//! Breiman 2001, section 10, as a drop in R². Each row is followed once down each tree. Where its path first meets a
//! question about a group, the codes that the repeats' shuffles gave it are followed from there, all repeats that go the
//! same way together. Only the mean over the repeats is wanted, so a row's shuffled codes may be sorted: the repeats that
//! go one way are then a range.

use rayon::prelude::*;

use super::features::{Features, Group};
use super::forest::{Forest, Node, Tree};
use super::model::Estimate;
use super::ranks;
use super::streams::{Stream, shuffle};

/// Shuffles of each group.
const REPEATS: usize = 30;
/// Rows that are followed together: few enough that their sums stay in the cache, enough to pay for a tree's way there.
const BLOCK: usize = 256;
/// Groups that are shuffled at the same time: bounds the memory for the shuffled codes.
const BATCH: usize = 16;

/// Which rows a forest is judged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgedRows {
    /// All rows by all trees, though the trees have seen them: flatters noise. For comparison with other programs.
    Training,
    /// Each row by the trees that did not see it.
    OutOfBag,
}

/// How well a forest predicts, and what it owes to each group.
#[derive(Debug, Clone, PartialEq)]
pub struct PermutationImportance {
    /// R² before anything is shuffled; `None` where no row can be judged or none differs.
    pub r2: Option<f64>,
    /// Drop in R² by group, mean of 30 shuffles, and its standard error from the rows' differences.
    pub drops: Vec<Estimate>,
}

impl PermutationImportance {
    /// Judges a forest on the rows that it was grown on.
    ///
    /// A forest that was grown on another number of groups can't be judged: there is no R², and all drops are 0.
    #[must_use]
    pub fn of(forest: &Forest, features: &Features, target: &[f64], rows: JudgedRows, seed: u64) -> Self {
        let nothing =
            Self { r2: None, drops: vec![Estimate { mean: 0.0, se: 0.0 }; features.groups().len()] };
        if forest.groups() != features.groups().len() {
            return nothing;
        }
        let mut order: Vec<u32> = (0..features.rows().min(target.len()) as u32).collect();
        order.sort_by(|a, b| target[*a as usize].total_cmp(&target[*b as usize]));
        let judged =
            JudgedForest { trees: forest.trees(), codes: features.by_row(), features, target, rows, order };
        let errors: Vec<Option<f64>> = judged.baseline();
        let known: Vec<f64> = target.iter().zip(&errors).filter_map(|(y, error)| error.map(|_| *y)).collect();
        let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
        let total: f64 = known.iter().map(|y| (y - mean) * (y - mean)).sum();
        let left: f64 = errors.iter().flatten().map(|error| error * error).sum();
        if ranks::constant(&known) || total.is_nan() {
            return nothing;
        }
        let starts = (0..features.groups().len()).step_by(BATCH);
        let drops = starts.flat_map(|start| judged.batch(start, seed)).map(|rises| estimate(&rises, total));
        Self { r2: Some(1.0 - left / total), drops: drops.collect() }
    }
}

/// Mean and standard error of a drop in R² from each row's mean rise of the squared error.
fn estimate(rises: &[f64], total: f64) -> Estimate {
    let n = rises.len() as f64;
    let sum: f64 = rises.iter().sum();
    let variance = rises.iter().map(|rise| (rise - sum / n).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    Estimate { mean: sum / total + 0.0, se: (variance * n).sqrt() / total }
}

/// The codes that the repeats' shuffles give one row, sorted.
type Shuffled = [u32; REPEATS];

/// Every row's shuffled codes of one group.
fn shuffled(group: &Group, place: usize, seed: u64) -> Vec<Shuffled> {
    let codes = group.codes();
    let mut rows: Vec<Shuffled> = codes.iter().map(|code| [*code; REPEATS]).collect();
    let moved = group.moved_rows();
    let mut order = moved.clone();
    let one = |repeat: usize, order: &mut [u32], rows: &mut [Shuffled]| {
        shuffle(&mut Stream::Shuffle { group: place, repeat }.open(seed), order);
        for (row, from) in moved.iter().zip(order) {
            rows[*row as usize][repeat] = codes[*from as usize];
        }
    };
    (0..REPEATS).for_each(|repeat| one(repeat, &mut order, &mut rows));
    rows.iter_mut().for_each(|row| row.sort_unstable());
    rows
}

/// A forest and the rows it is judged on.
struct JudgedForest<'a> {
    trees: &'a [Tree],
    /// The codes row by row.
    codes: Vec<u32>,
    features: &'a Features,
    target: &'a [f64],
    rows: JudgedRows,
    /// The rows in the order of their targets: neighbours go similar ways down every tree, which the cache likes.
    order: Vec<u32>,
}

impl JudgedForest<'_> {
    fn n_rows(&self) -> usize {
        self.features.rows().min(self.target.len())
    }

    fn codes_of(&self, row: usize) -> &[u32] {
        let groups = self.features.groups().len();
        &self.codes[row * groups..(row + 1) * groups]
    }

    fn judges(&self, tree: &Tree, row: usize) -> bool {
        self.rows == JudgedRows::Training || !tree.saw(row)
    }

    /// Each row's error before anything is shuffled; `None`: no tree may judge it.
    fn baseline(&self) -> Vec<Option<f64>> {
        let error = |row: usize| {
            let codes = self.codes_of(row);
            let judges = self.trees.iter().filter(|tree| self.judges(tree, row));
            let (sum, count) =
                judges.fold((0.0, 0.0), |(sum, count), tree| (sum + tree.predict(codes), count + 1.0));
            (count > 0.0).then(|| self.target[row] - sum / count)
        };
        (0..self.n_rows()).into_par_iter().map(error).collect()
    }

    /// The rises of the squared error, row by row, of up to [`BATCH`] groups from `start` on.
    fn batch(&self, start: usize, seed: u64) -> Vec<Vec<f64>> {
        let groups = &self.features.groups()[start..];
        let groups = &groups[..groups.len().min(BATCH)];
        let shuffles: Vec<Vec<Shuffled>> = groups
            .par_iter()
            .enumerate()
            .map(|(place, group)| shuffled(group, start + place, seed))
            .collect();
        let blocks: Vec<Vec<Vec<f64>>> = self
            .order
            .par_chunks(BLOCK)
            .map(|block| Follower::over(self, start, &shuffles, block).rises())
            .collect();
        (0..groups.len())
            .map(|group| blocks.iter().flat_map(|block| &block[group]).copied().collect())
            .collect()
    }
}

/// Follows a block of rows down all trees.
struct Follower<'a> {
    judged: &'a JudgedForest<'a>,
    /// The batch's first group.
    start: usize,
    shuffles: &'a [Vec<Shuffled>],
    block: &'a [u32],
    /// Sum and number of the predictions, by row.
    predictions: Vec<(f64, f64)>,
    /// By row and group: how the repeats' sums differ from the row's own, as differences between neighbours (a range of
    /// repeats is raised at its start and lowered behind its end).
    changes: Vec<[f64; REPEATS + 1]>,
}

impl<'a> Follower<'a> {
    fn over(
        judged: &'a JudgedForest<'a>,
        start: usize,
        shuffles: &'a [Vec<Shuffled>],
        block: &'a [u32],
    ) -> Self {
        let rows = block.len();
        let changes = vec![[0.0; REPEATS + 1]; rows * shuffles.len()];
        Self { judged, start, shuffles, block, predictions: vec![(0.0, 0.0); rows], changes }
    }

    /// The mean rise of the squared error by group and row, for the rows that some tree may judge.
    fn rises(mut self) -> Vec<Vec<f64>> {
        let mut met = MetGroups { marks: vec![0; self.shuffles.len()], mark: 0, forks: Vec::new() };
        for tree in self.judged.trees {
            for place in 0..self.predictions.len() {
                if self.judged.judges(tree, self.block[place] as usize) {
                    self.follow(tree, place, &mut met);
                }
            }
        }
        let groups = self.shuffles.len();
        let rise = |group: usize, place: usize| {
            let (sum, count) = self.predictions[place];
            let target = self.judged.target[self.block[place] as usize];
            let error = target - sum / count;
            let mut change = 0.0;
            let squares = self.changes[place * groups + group][..REPEATS].iter().map(|step| {
                change += step;
                (target - (sum + change) / count).powi(2)
            });
            squares.sum::<f64>() / REPEATS as f64 - error * error
        };
        let judged = |place: &usize| self.predictions[*place].1 > 0.0;
        let row_range = 0..self.predictions.len();
        (0..groups)
            .map(|group| row_range.clone().filter(judged).map(|place| rise(group, place)).collect())
            .collect()
    }

    /// One row down one tree, and from each group's first question on once more with its shuffled codes.
    fn follow(&mut self, tree: &Tree, place: usize, met: &mut MetGroups) {
        let row = self.block[place] as usize;
        let codes = self.judged.codes_of(row);
        let nodes = tree.nodes();
        met.begin();
        let mut at = 0;
        let value = loop {
            let node = &nodes[at as usize];
            if let Some(value) = node.value() {
                break value;
            }
            met.meet(node.group().wrapping_sub(self.start), at);
            at = node.next(at, codes[node.group()]);
        };
        let (sum, count) = &mut self.predictions[place];
        *sum += value;
        *count += 1.0;
        for (group, at) in &met.forks {
            let path =
                TreePath { tree, codes, group: self.start + group, shuffled: &self.shuffles[*group][row] };
            path.spread(*at, value, &mut self.changes[place * self.shuffles.len() + group]);
        }
    }
}

/// The groups that a path has met, each with the place of its first question.
struct MetGroups {
    marks: Vec<u32>,
    mark: u32,
    forks: Vec<(usize, u32)>,
}

impl MetGroups {
    fn begin(&mut self) {
        self.mark += 1;
        self.forks.clear();
    }

    /// Notes a group of the batch at its first question; others are passed by.
    #[inline]
    fn meet(&mut self, group: usize, at: u32) {
        if let Some(mark) = self.marks.get_mut(group)
            && *mark != self.mark
        {
            *mark = self.mark;
            self.forks.push((group, at));
        }
    }
}

/// One row's way down one tree while one of its groups is shuffled.
struct TreePath<'a> {
    tree: &'a Tree,
    codes: &'a [u32],
    group: usize,
    shuffled: &'a Shuffled,
}

impl TreePath<'_> {
    /// Follows all repeats from a node on, and adds what they reach, less `value`, to the changes.
    fn spread(&self, from: u32, value: f64, changes: &mut [f64; REPEATS + 1]) {
        let nodes = self.tree.nodes();
        // Ranges that wait share no repeat, so there are never more of them than repeats (one place is written redundantly).
        let mut waiting = [(from, 0, REPEATS); REPEATS + 2];
        let mut left = 1;
        while left > 0 {
            left -= 1;
            let (mut at, mut low, mut high) = waiting[left];
            let reached = loop {
                let node = &nodes[at as usize];
                if let Some(reached) = node.value() {
                    break reached;
                }
                if node.group() != self.group {
                    at = node.next(at, self.codes[node.group()]);
                    continue;
                }
                let (begin, end) = self.inside(node, low, high);
                let (inside, outside) = node.children(at);
                if begin == end {
                    at = outside;
                    continue;
                }
                // The repeats outside wait, those inside continue.
                for (from, to) in [(low, begin), (end, high)] {
                    waiting[left] = (outside, from, to);
                    left += usize::from(from < to);
                }
                (at, low, high) = (inside, begin, end);
            };
            changes[low] += reached - value;
            changes[high] -= reached - value;
        }
    }

    /// Which of the repeats `low .. high` have codes on the first child's side.
    #[inline]
    fn inside(&self, node: &Node, low: usize, high: usize) -> (usize, usize) {
        let (smallest, largest) = node.inside();
        // Counting all of a short range is faster than halving it: nothing waits for anything.
        let count =
            |range: &[u32], limit: u32| range.iter().map(|code| u32::from(*code <= limit)).sum::<u32>();
        let range = &self.shuffled[low..high];
        let end = low + count(range, largest) as usize;
        let begin = if smallest == 0 { low } else { low + count(range, smallest - 1) as usize };
        (begin, end)
    }
}

#[cfg(test)]
mod tests;
