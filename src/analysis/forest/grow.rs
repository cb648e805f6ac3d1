//! The growth of one tree: every group's rows are kept sorted from the root to the leaves.
//!
//! The lists are sorted once for the whole forest and filtered by each tree's bootstrap sample; a split parts each list
//! in place, keeping its order. A group whose codes are all the same in a node is dropped below it.

use rand_chacha::ChaCha8Rng;

use super::super::features::{Features, Scale};
use super::super::streams::below;
use super::split::{Chooser, Entry, Share, Split, Whole, search};
use super::tree::{Node, Tree};

/// What all trees of a forest share.
#[derive(Debug)]
pub(super) struct Presorted<'a> {
    target: &'a [f64],
    scales: Vec<Scale>,
    /// Each group's rows in the order of their codes.
    lists: Vec<Vec<Entry>>,
}

impl<'a> Presorted<'a> {
    pub(super) fn of(features: &Features, target: &'a [f64]) -> Self {
        let used = |row: &u32| (*row as usize) < target.len();
        let sorted = |group: &super::super::features::Group| {
            let rows = group.sorted_rows().into_iter().filter(used);
            rows.map(|row| Entry::new(group.codes()[row as usize], row)).collect()
        };
        let scales = features.groups().iter().map(super::super::features::Group::scale).collect();
        Self { target, scales, lists: features.groups().iter().map(sorted).collect() }
    }
}

/// A node that waits to be split.
#[derive(Debug, Clone, Copy)]
struct Pending {
    start: usize,
    end: usize,
    share: Share,
    /// The groups that still vary, as a part of the list of such groups.
    varying: (usize, usize),
    /// The node whose second child this is; none for a first child.
    parent: Option<u32>,
}

/// Grows trees one after the other in the same memory.
#[derive(Debug)]
pub(super) struct Grower<'a> {
    data: &'a Presorted<'a>,
    counts: Vec<u32>,
    shares: Vec<Share>,
    lists: Vec<Vec<Entry>>,
    scratch: Vec<Entry>,
    inside: Vec<bool>,
    varying: Vec<u32>,
    pending: Vec<Pending>,
    nodes: Vec<Node>,
    decreases: Vec<f64>,
}

impl<'a> Grower<'a> {
    pub(super) fn over(data: &'a Presorted<'a>) -> Self {
        let rows = data.target.len();
        Self {
            data,
            counts: vec![0; rows],
            shares: vec![Share::default(); rows],
            lists: vec![Vec::with_capacity(rows); data.lists.len()],
            scratch: vec![Entry::default(); rows],
            inside: vec![false; rows],
            varying: Vec::new(),
            pending: Vec::new(),
            nodes: Vec::new(),
            decreases: Vec::new(),
        }
    }

    /// One tree on one bootstrap sample.
    pub(super) fn grow(&mut self, mut rng: ChaCha8Rng) -> Tree {
        let root = self.sample(&mut rng);
        self.pending.push(root);
        while let Some(node) = self.pending.pop() {
            let place = self.nodes.len() as u32;
            if let Some(parent) = node.parent {
                Tree::link(&mut self.nodes, parent, place);
            }
            self.varying.truncate(node.varying.1);
            match self.split(&node, &mut rng) {
                Some((split, varying)) => self.part(&node, &split, varying, place),
                None => self.nodes.push(Node::leaf(node.share.sum / node.share.weight)),
            }
        }
        Tree::new(self.nodes.clone(), self.decreases.clone(), &self.counts)
    }

    /// Draws as many rows as there are, with replacement, and makes everything ready for the root.
    fn sample(&mut self, rng: &mut ChaCha8Rng) -> Pending {
        let rows = self.data.target.len();
        self.counts.fill(0);
        for _ in 0..rows {
            self.counts[below(rng, rows as u32) as usize] += 1;
        }
        let mut share = Share::default();
        for ((slot, count), target) in self.shares.iter_mut().zip(&self.counts).zip(self.data.target) {
            let weight = f64::from(*count);
            *slot = Share { weight, sum: weight * target };
            share.weight += slot.weight;
            share.sum += slot.sum;
        }
        for (list, sorted) in self.lists.iter_mut().zip(&self.data.lists) {
            list.clear();
            list.extend(sorted.iter().filter(|entry| self.counts[entry.row()] > 0));
        }
        self.nodes.clear();
        self.decreases.clear();
        self.decreases.resize(self.lists.len(), 0.0);
        self.varying.clear();
        self.varying.extend(0..self.lists.len() as u32);
        let end = self.counts.iter().filter(|count| **count > 0).count();
        Pending { start: 0, end, share, varying: (0, self.lists.len()), parent: None }
    }

    /// The node's best split and the groups that vary in it; `None`: it is a leaf.
    fn split(&mut self, node: &Pending, rng: &mut ChaCha8Rng) -> Option<(Split, (usize, usize))> {
        if node.end - node.start < 2 || node.varying.0 == node.varying.1 {
            return None;
        }
        let whole = self.whole(node)?;
        let from = self.varying.len();
        let mut chooser = Chooser::new(rng, &whole);
        for place in node.varying.0..node.varying.1 {
            let group = self.varying[place];
            let list = &self.lists[group as usize][node.start..node.end];
            let scale = self.data.scales[group as usize];
            if search((group, scale), list, &self.shares, &whole, &mut chooser) {
                self.varying.push(group);
            }
        }
        chooser.best().map(|split| (split, (from, self.varying.len())))
    }

    /// Mean and sum of squares of a node; `None` if all targets are the same.
    fn whole(&self, node: &Pending) -> Option<Whole> {
        let group = self.varying[node.varying.0] as usize;
        let list = &self.lists[group][node.start..node.end];
        let first = self.data.target[list.first()?.row()];
        let mean = node.share.sum / node.share.weight;
        let (mut squares, mut varies) = (0.0, false);
        for entry in list {
            let target = self.data.target[entry.row()];
            varies |= target != first;
            squares += self.shares[entry.row()].weight * (target - mean) * (target - mean);
        }
        varies.then_some(Whole { weight: node.share.weight, sum: node.share.sum, squares })
    }

    /// Writes the node, parts the lists and puts both children on the pile, the first on top.
    fn part(&mut self, node: &Pending, split: &Split, varying: (usize, usize), place: u32) {
        self.nodes.push(Node::question(split.group, split.low, split.width));
        self.decreases[split.group as usize] += split.gain;
        let middle = node.start + (split.to - split.from);
        self.part_lists(node, split, varying);
        let inside = split.inside;
        let outside = Share { weight: node.share.weight - inside.weight, sum: node.share.sum - inside.sum };
        let second = Pending { start: middle, share: outside, varying, parent: Some(place), ..*node };
        let first = Pending { end: middle, share: inside, varying, parent: None, ..*node };
        self.pending.push(second);
        self.pending.push(first);
    }

    fn part_lists(&mut self, node: &Pending, split: &Split, varying: (usize, usize)) {
        let winner = &self.lists[split.group as usize][node.start..node.end];
        for (place, entry) in winner.iter().enumerate() {
            self.inside[entry.row()] = (split.from..split.to).contains(&place);
        }
        for group in &self.varying[varying.0..varying.1] {
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
