//! The sorted lists of a subtree's rows: searched for splits, and parted by them.

use super::super::features::SplitKind;
use super::super::streams::below;
use super::growth::{Growth, Pending};
use super::split::{Chooser, NodeTotals, PackedRow, Share, Split, Step, search};

/// The rows of a subtree, each group's in the order of their codes.
#[derive(Debug)]
pub(super) struct SubtreeRows<E> {
    /// What each row counts, and the sum of its targets.
    pub(super) shares: Vec<Share>,
    /// Each row's target.
    pub(super) targets: Vec<f64>,
    /// The lists, one a group.
    pub(super) lists: Vec<Vec<E>>,
    scratch: Vec<E>,
    inside: Vec<bool>,
    steps: Vec<Step>,
}

impl<E: PackedRow> SubtreeRows<E> {
    /// Space for so many rows and groups.
    pub(super) fn with_room(rows: usize, groups: usize) -> Self {
        Self {
            shares: vec![Share::default(); rows],
            targets: vec![0.0; rows],
            lists: vec![vec![E::default(); rows + 1]; groups],
            scratch: vec![E::default(); rows],
            inside: vec![false; rows],
            steps: vec![Step::default(); rows],
        }
    }

    /// The part of a group's list that belongs to a node.
    pub(super) fn list(&self, group: u32, node: &Pending) -> &[E] {
        &self.lists[group as usize][node.start..node.end]
    }

    /// The node's best split and the groups that vary in it; `None`: it is a leaf.
    pub(super) fn split(
        &mut self,
        node: &Pending,
        scales: &[SplitKind],
        growth: &mut Growth,
    ) -> Option<(Split, (usize, usize))> {
        let first = *growth.varying.get(node.varying.0..node.varying.1)?.first()?;
        if node.len() < 2 {
            return None;
        }
        let whole = self.whole(node, first)?;
        let from = growth.varying.len();
        if node.len() == 2 {
            return Some((self.split_pair(node, scales, growth)?, (from, from)));
        }
        let mut chooser = Chooser::new(&mut growth.rng, &whole);
        for place in node.varying.0..node.varying.1 {
            let group = growth.varying[place];
            let list = &self.lists[group as usize][node.start..node.end];
            let kind = (group, scales[group as usize]);
            if search(kind, list, &self.shares, &whole, &mut chooser, &mut self.steps) {
                growth.varying.push(group);
            }
        }
        chooser.best().map(|split| (split, (from, growth.varying.len())))
    }

    /// Mean and sum of squares of a node; `None` if all targets are the same.
    fn whole(&self, node: &Pending, group: u32) -> Option<NodeTotals> {
        let list = self.list(group, node);
        let first = self.targets[list.first()?.row()];
        let mean = node.share.sum / node.share.weight;
        let (mut squares, mut varies) = (0.0, false);
        for entry in list {
            let target = self.targets[entry.row()];
            varies |= target != first;
            squares += self.shares[entry.row()].weight * (target - mean) * (target - mean);
        }
        varies.then_some(NodeTotals { weight: node.share.weight, sum: node.share.sum, squares })
    }

    /// Two rows are parted by any group in which they differ: a third of all nodes are such, and need no search.
    ///
    /// A group of levels has two columns that part them, and so two chances.
    fn split_pair(&self, node: &Pending, scales: &[SplitKind], growth: &mut Growth) -> Option<Split> {
        let groups = &growth.varying[node.varying.0..node.varying.1];
        let chances = |group: u32| {
            let list = self.list(group, node);
            let differ = list[0].code() != list[1].code();
            if scales[group as usize] == SplitKind::Levels {
                2 * u32::from(differ)
            } else {
                u32::from(differ)
            }
        };
        let mut drawn = below(&mut growth.rng, groups.iter().map(|group| chances(*group)).sum());
        for group in groups {
            let chances = chances(*group);
            if drawn < chances {
                let list = self.list(*group, node);
                let (low, high) = (list[0].code(), list[1].code());
                let level = if drawn == 0 { low } else { high };
                let (low, width) = match scales[*group as usize] {
                    SplitKind::Ordered => (0, low + (high - low) / 2),
                    SplitKind::Levels => (level, 0),
                };
                let from = drawn as usize;
                let inside = self.shares[list[from].row()];
                let about = inside.sum - inside.weight * node.share.sum / node.share.weight;
                let gain =
                    about * about * node.share.weight / (inside.weight * (node.share.weight - inside.weight));
                return Some(Split { group: *group, low, width, from, to: from + 1, inside, gain });
            }
            drawn -= chances;
        }
        None
    }

    /// Parts the lists of the groups given, each in place and keeping its order.
    pub(super) fn part(&mut self, node: &Pending, split: &Split, groups: &[u32]) {
        if groups.is_empty() {
            return;
        }
        let winner = &self.lists[split.group as usize][node.start..node.end];
        for (place, entry) in winner.iter().enumerate() {
            self.inside[entry.row()] = (split.from..split.to).contains(&place);
        }
        for group in groups {
            if *group == split.group && split.from == 0 {
                continue;
            }
            let list = &mut self.lists[*group as usize][node.start..node.end];
            let scratch = &mut self.scratch[..list.len()];
            let (mut first, mut second) = (0, 0);
            for place in 0..list.len() {
                // Both are written and one of them counts: cheaper than a branch that can't be foreseen.
                let entry = list[place];
                let inside = usize::from(self.inside[entry.row()]);
                list[first] = entry;
                scratch[second] = entry;
                first += inside;
                second += 1 - inside;
            }
            list[first..].copy_from_slice(&scratch[..second]);
        }
    }
}
