//! The tree so far, and the nodes that wait to be split.

use rand_chacha::ChaCha8Rng;

use super::split::{Share, Split};
use super::tree::Node;

/// A node that waits to be split.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    /// Its part of the lists.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) share: Share,
    /// The groups that still vary, as a part of [`Growth::varying`].
    pub(super) varying: (usize, usize),
    /// The node whose second child this is; none for a first child.
    pub(super) parent: Option<u32>,
}

impl Pending {
    /// How many rows it has.
    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }
}

/// The tree so far.
#[derive(Debug)]
pub(super) struct Growth {
    pub(super) rng: ChaCha8Rng,
    /// The varying groups of all nodes on the way to the present one, each node's behind its parent's.
    pub(super) varying: Vec<u32>,
    pub(super) pending: Vec<Pending>,
    pub(super) nodes: Vec<Node>,
    pub(super) decreases: Vec<f64>,
}

impl Growth {
    /// Writes a node, and puts both its children on the pile, the first on top.
    pub(super) fn part(&mut self, node: &Pending, split: &Split, varying: (usize, usize)) {
        let place = self.nodes.len() as u32;
        self.nodes.push(Node::question(split.group, split.low, split.width));
        self.decreases[split.group as usize] += split.gain;
        let middle = node.start + (split.to - split.from);
        let inside = split.inside;
        let outside = Share { weight: node.share.weight - inside.weight, sum: node.share.sum - inside.sum };
        self.pending.push(Pending { start: middle, share: outside, varying, parent: Some(place), ..*node });
        self.pending.push(Pending { end: middle, share: inside, varying, parent: None, ..*node });
    }
}
