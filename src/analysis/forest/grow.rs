//! The growth of one tree: every group's rows are kept sorted from the root to the leaves.
//!
//! The lists are sorted once for the whole forest and filtered by each tree's bootstrap sample; a split parts each list
//! in place, keeping its order. A group whose codes are all the same in a node is dropped below it. A subtree of few rows
//! is moved into narrow lists, which fit the fastest cache; nine tenths of the work are done there.

use rand_chacha::ChaCha8Rng;

use super::super::features::{Features, Group, SplitKind};
use super::super::streams::below;
use super::growth::{Growth, Pending};
use super::split::{NarrowRow, PackedRow, Share, WideRow};
use super::tree::{Node, Tree};
use super::work::SubtreeRows;

/// What all trees of a forest share.
#[derive(Debug)]
pub(super) struct Presorted<'a> {
    target: &'a [f64],
    scales: Vec<SplitKind>,
    /// Each group's rows in the order of their codes.
    lists: Vec<Vec<WideRow>>,
    /// Whether the codes are small enough for narrow lists.
    narrow: bool,
}

impl<'a> Presorted<'a> {
    pub(super) fn of(features: &Features, target: &'a [f64]) -> Self {
        let used = |row: &u32| (*row as usize) < target.len();
        let sorted = |group: &Group| -> Vec<WideRow> {
            let rows = group.sorted_rows().into_iter().filter(used);
            rows.map(|row| WideRow::new(group.codes()[row as usize], row)).collect()
        };
        let lists: Vec<Vec<WideRow>> = features.groups().iter().map(sorted).collect();
        let narrow = lists.iter().all(|list| list.last().is_none_or(|last| last.code() < NarrowRow::CODES));
        Self { target, scales: features.groups().iter().map(Group::scale).collect(), lists, narrow }
    }
}

/// Grows trees one after the other in the same memory.
#[derive(Debug)]
pub(super) struct Grower<'a> {
    data: &'a Presorted<'a>,
    counts: Vec<u32>,
    wide: SubtreeRows<WideRow>,
    narrow: SubtreeRows<NarrowRow>,
    /// Where a row stands in the narrow lists' numbering.
    places: Vec<u32>,
}

impl<'a> Grower<'a> {
    pub(super) fn over(data: &'a Presorted<'a>) -> Self {
        let (rows, groups) = (data.target.len(), data.lists.len());
        let mut wide = SubtreeRows::with_room(rows, groups);
        wide.targets.copy_from_slice(data.target);
        let narrow = SubtreeRows::with_room(NarrowRow::ROWS, groups);
        Self { data, counts: vec![0; rows], wide, narrow, places: vec![0; rows] }
    }

    /// One tree on one bootstrap sample.
    pub(super) fn grow(&mut self, rng: ChaCha8Rng) -> Tree {
        let groups = self.data.lists.len();
        let mut growth = Growth {
            rng,
            varying: (0..groups as u32).collect(),
            pending: Vec::new(),
            nodes: Vec::new(),
            decreases: vec![0.0; groups],
        };
        let root = self.sample(&mut growth.rng);
        growth.pending.push(root);
        while let Some(node) = growth.pending.pop() {
            if self.data.narrow && node.len() <= NarrowRow::ROWS && node.varying.0 < node.varying.1 {
                let narrowed = self.narrow(&node, &growth);
                let floor = growth.pending.len();
                growth.pending.push(narrowed);
                while growth.pending.len() > floor {
                    step(&mut self.narrow, &self.data.scales, &mut growth);
                }
            } else {
                growth.pending.push(node);
                step(&mut self.wide, &self.data.scales, &mut growth);
            }
        }
        growth.nodes.shrink_to_fit();
        Tree::new(growth.nodes, growth.decreases, &self.counts)
    }

    /// Draws as many rows as there are, with replacement, and makes everything ready for the root.
    fn sample(&mut self, rng: &mut ChaCha8Rng) -> Pending {
        let rows = self.data.target.len();
        self.counts.fill(0);
        for _ in 0..rows {
            self.counts[below(rng, rows as u32) as usize] += 1;
        }
        let mut share = Share::default();
        for ((slot, count), target) in self.wide.shares.iter_mut().zip(&self.counts).zip(self.data.target) {
            let weight = f64::from(*count);
            *slot = Share { weight, sum: weight * target };
            share.weight += slot.weight;
            share.sum += slot.sum;
        }
        let end = self.counts.iter().filter(|count| **count > 0).count();
        for (list, sorted) in self.wide.lists.iter_mut().zip(&self.data.lists) {
            let mut drawn = 0;
            for entry in sorted {
                // Written at any rate, and overwritten by the next if it was not drawn.
                list[drawn] = *entry;
                drawn += usize::from(self.counts[entry.row()] > 0);
            }
        }
        Pending { start: 0, end, share, varying: (0, self.data.lists.len()), parent: None }
    }

    /// Moves a node's rows into the narrow lists.
    fn narrow(&mut self, node: &Pending, growth: &Growth) -> Pending {
        let groups = &growth.varying[node.varying.0..node.varying.1];
        let first = groups.first().map_or(&[][..], |group| self.wide.list(*group, node));
        for (place, entry) in first.iter().enumerate() {
            self.places[entry.row()] = place as u32;
            self.narrow.shares[place] = self.wide.shares[entry.row()];
            self.narrow.targets[place] = self.wide.targets[entry.row()];
        }
        for group in groups {
            let moved = self.wide.list(*group, node).iter();
            let list = self.narrow.lists[*group as usize].iter_mut();
            list.zip(moved).for_each(|(slot, entry)| {
                *slot = NarrowRow::new(entry.code(), self.places[entry.row()]);
            });
        }
        Pending { start: 0, end: node.len(), ..*node }
    }
}

/// Takes the uppermost node from the pile: it becomes a leaf, or its children come onto the pile.
fn step<E: PackedRow>(work: &mut SubtreeRows<E>, scales: &[SplitKind], growth: &mut Growth) {
    let Some(node) = growth.pending.pop() else { return };
    if let Some(parent) = node.parent {
        let place = growth.nodes.len() as u32;
        Tree::link(&mut growth.nodes, parent, place);
    }
    growth.varying.truncate(node.varying.1);
    match work.split(&node, scales, growth) {
        Some((split, varying)) => {
            work.part(&node, &split, &growth.varying[varying.0..varying.1]);
            growth.part(&node, &split, varying);
        }
        None => growth.nodes.push(Node::leaf(node.share.sum / node.share.weight)),
    }
}
