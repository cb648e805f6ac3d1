//! A grown tree: nodes in the order of a walk, so that a node's first child is its neighbour.

/// A group that no node has: the mark of a leaf.
const LEAF: u32 = u32::MAX;

/// A node: a question about one code, or a leaf's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::analysis) struct Node {
    group: u32,
    /// The question is whether the code lies in `low ..= low + width`; a leaf keeps its value's bits here.
    low: u32,
    width: u32,
    outside: u32,
}

impl Node {
    pub(super) fn leaf(value: f64) -> Self {
        let bits = value.to_bits();
        Self { group: LEAF, low: bits as u32, width: (bits >> 32) as u32, outside: 0 }
    }

    pub(super) fn question(group: u32, low: u32, width: u32) -> Self {
        Self { group, low, width, outside: 0 }
    }

    /// The value, if it is a leaf.
    #[inline]
    pub(in crate::analysis) fn value(&self) -> Option<f64> {
        let bits = u64::from(self.width) << 32 | u64::from(self.low);
        (self.group == LEAF).then(|| f64::from_bits(bits))
    }

    /// The group that it asks about.
    #[inline]
    pub(in crate::analysis) fn group(&self) -> usize {
        self.group as usize
    }

    /// Smallest and largest code of the first child's side.
    #[inline]
    pub(in crate::analysis) fn inside(&self) -> (u32, u32) {
        (self.low, self.low.saturating_add(self.width))
    }

    /// Where the children are, seen from a node at `place`: the one for codes inside, and the other.
    #[inline]
    pub(in crate::analysis) fn children(&self, place: u32) -> (u32, u32) {
        (place + 1, self.outside)
    }

    /// The child that a code leads to.
    #[inline]
    pub(in crate::analysis) fn next(&self, place: u32, code: u32) -> u32 {
        if code.wrapping_sub(self.low) <= self.width { place + 1 } else { self.outside }
    }
}

/// One tree of a forest.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::analysis) struct Tree {
    nodes: Vec<Node>,
    /// Decrease of the sum of squares by group.
    decreases: Vec<f64>,
    /// A bit for each row: whether the tree saw it.
    seen: Vec<u64>,
}

impl Tree {
    pub(super) fn new(nodes: Vec<Node>, decreases: Vec<f64>, counts: &[u32]) -> Self {
        let bits = |rows: &[u32]| rows.iter().rev().fold(0, |bits, count| bits << 1 | u64::from(*count > 0));
        Self { nodes, decreases, seen: counts.chunks(64).map(bits).collect() }
    }

    /// Sets the second child of a node.
    pub(super) fn link(nodes: &mut [Node], parent: u32, child: u32) {
        if let Some(node) = nodes.get_mut(parent as usize) {
            node.outside = child;
        }
    }

    /// The nodes; the first is the root.
    pub(in crate::analysis) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Decrease of the sum of squares by group.
    pub(super) fn decreases(&self) -> &[f64] {
        &self.decreases
    }

    /// Whether the row was in the tree's bootstrap sample.
    #[inline]
    pub(in crate::analysis) fn saw(&self, row: usize) -> bool {
        self.seen.get(row / 64).is_some_and(|bits| bits >> (row % 64) & 1 == 1)
    }

    /// The leaf's value for a row of codes.
    pub(in crate::analysis) fn predict(&self, codes: &[u32]) -> f64 {
        let mut place = 0;
        loop {
            let node = &self.nodes[place as usize];
            if let Some(value) = node.value() {
                return value;
            }
            place = node.next(place, codes.get(node.group()).copied().unwrap_or(0));
        }
    }
}
