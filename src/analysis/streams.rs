//! Random streams: one for each piece of work, so that no result depends on which thread did what.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A piece of work that draws numbers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    /// Values for the missing cells of a group.
    Fill(usize),
    /// Bootstrap and ties of a tree.
    Tree(usize),
    /// One shuffle of one group.
    Shuffle {
        /// Which group.
        group: usize,
        /// Which repeat.
        repeat: usize,
    },
    /// One shuffle of which trials failed.
    Failures(usize),
    /// Which trial is in which fold.
    Folds,
    /// The walk through hyperparameters.
    Hypers,
    /// Functions from the process of one set of hyperparameters.
    Functions(usize),
}

impl Stream {
    /// The generator of this piece of work.
    pub(super) fn open(self, seed: u64) -> ChaCha8Rng {
        let (purpose, index) = match self {
            Self::Fill(group) => (1_u64, group as u64),
            Self::Tree(tree) => (2, tree as u64),
            Self::Shuffle { group, repeat } => (3, (group as u64) << 16 | repeat as u64),
            Self::Failures(repeat) => (4, repeat as u64),
            Self::Folds => (5, 0),
            Self::Hypers => (6, 0),
            Self::Functions(place) => (7, place as u64),
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(purpose << 56 | index);
        rng
    }
}

/// A whole number from 0 to `bound - 1` by multiplication; `bound` 0 gives 0.
///
/// The bias is at most `bound / 2^32`, and the result is pinned here rather than by a library's version.
#[inline]
pub(super) fn below(rng: &mut ChaCha8Rng, bound: u32) -> u32 {
    ((u64::from(rng.next_u32()) * u64::from(bound)) >> 32) as u32
}

/// Shuffles by Fisher and Yates.
pub(super) fn shuffle<T>(rng: &mut ChaCha8Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        let other = below(rng, last as u32 + 1) as usize;
        items.swap(last, other);
    }
}
