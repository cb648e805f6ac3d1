//! The search for a node's best split: one pass over a group's rows in the order of their codes.

use rand_chacha::ChaCha8Rng;

use super::super::features::SplitKind;
use super::super::streams::below;

/// A row in a sorted list, packed: its code above, its number below.
pub(super) trait PackedRow: Copy + Default {
    fn new(code: u32, row: u32) -> Self;
    fn code(self) -> u32;
    fn row(self) -> usize;
}

/// Any code, any row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct WideRow(u64);

impl PackedRow for WideRow {
    fn new(code: u32, row: u32) -> Self {
        Self(u64::from(code) << 32 | u64::from(row))
    }

    #[inline]
    fn code(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline]
    fn row(self) -> usize {
        (self.0 & 0xffff_ffff) as usize
    }
}

/// A code below [`NarrowRow::CODES`] and a row below [`NarrowRow::ROWS`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NarrowRow(u32);

impl NarrowRow {
    pub(super) const ROWS: usize = 1 << Self::BITS;
    pub(super) const CODES: u32 = 1 << (32 - Self::BITS);
    const BITS: u32 = 10;
}

impl PackedRow for NarrowRow {
    fn new(code: u32, row: u32) -> Self {
        Self(code << Self::BITS | row)
    }

    #[inline]
    fn code(self) -> u32 {
        self.0 >> Self::BITS
    }

    #[inline]
    fn row(self) -> usize {
        self.0 as usize & (Self::ROWS - 1)
    }
}

/// A row's part in a tree: how often it was drawn, and its target times that.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Share {
    pub(super) weight: f64,
    pub(super) sum: f64,
}

/// What a split is judged against: the whole node.
#[derive(Debug, Clone, Copy)]
pub(super) struct NodeTotals {
    pub(super) weight: f64,
    pub(super) sum: f64,
    /// Sum of squares about the mean.
    pub(super) squares: f64,
}

/// A split: the part of a group's list that goes to the first child.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub(super) group: u32,
    /// The codes on that side: `low ..= low + width`.
    pub(super) low: u32,
    pub(super) width: u32,
    /// Where they stand in the group's list of the node.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Their shares.
    pub(super) inside: Share,
    /// Decrease of the sum of squares.
    pub(super) gain: f64,
}

/// Keeps the best split; among equals each has the same chance.
///
/// A fixed order would favour the parameter that happens to stand first. Gains that differ by less than one part in
/// 10^10 are equal: they differ by rounding only.
#[derive(Debug)]
pub(super) struct Chooser<'a> {
    rng: &'a mut ChaCha8Rng,
    slack: f64,
    equals: u32,
    best: Option<Split>,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(rng: &'a mut ChaCha8Rng, whole: &NodeTotals) -> Self {
        Self { rng, slack: whole.squares * 1e-13, equals: 0, best: None }
    }

    pub(super) fn consider(&mut self, split: Split) {
        let Some(best) = self.best else {
            self.best = Some(split);
            self.equals = 1;
            return;
        };
        let tolerance = best.gain * 1e-10 + self.slack;
        if split.gain > best.gain + tolerance {
            self.best = Some(split);
            self.equals = 1;
        } else if split.gain >= best.gain - tolerance {
            self.equals += 1;
            if below(self.rng, self.equals) == 0 {
                self.best = Some(split);
            }
        }
    }

    pub(super) fn best(self) -> Option<Split> {
        self.best
    }
}

/// Offers the group's best splits; false if its codes are all the same.
pub(super) fn search<E: PackedRow>(
    (group, scale): (u32, SplitKind),
    list: &[E],
    shares: &[Share],
    whole: &NodeTotals,
    chooser: &mut Chooser,
    steps: &mut [Step],
) -> bool {
    let (Some(first), Some(last)) = (list.first(), list.last()) else { return false };
    if first.code() == last.code() {
        return false;
    }
    match scale {
        SplitKind::Ordered => {
            if let Some(split) = best_threshold(group, list, shares, whole, steps) {
                chooser.consider(split);
            }
        }
        SplitKind::Levels => consider_levels(group, list, shares, whole, chooser),
    }
    true
}

/// What a scan writes down at each place of a list: the first side so far, and what a split behind it would gain.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Step {
    side: Share,
    gain: f64,
}

/// Taken off the gain of a split between two rows of the same code, which is none.
const NO_SPLIT: [f64; 2] = [0.0, f64::MAX];

/// The threshold with the largest decrease of the sum of squares; the first of equals.
///
/// With `c` the sum of the first side about the node's mean, the decrease is `c² W / (w (W - w))`. The scan writes all
/// gains down and looks for the largest afterwards: a branch at each new best can't be foreseen, and costs more.
fn best_threshold<E: PackedRow>(
    group: u32,
    list: &[E],
    shares: &[Share],
    whole: &NodeTotals,
    steps: &mut [Step],
) -> Option<Split> {
    let mean = whole.sum / whole.weight;
    let mut side = Share::default();
    let mut largest = -1.0;
    for (pair, step) in list.windows(2).zip(steps.iter_mut()) {
        let share = shares[pair[0].row()];
        side.sum += share.sum;
        side.weight += share.weight;
        let about = side.sum - side.weight * mean;
        let gain = about * about / (side.weight * (whole.weight - side.weight));
        let gain = gain - NO_SPLIT[usize::from(pair[0].code() == pair[1].code())];
        *step = Step { side, gain };
        largest = if gain > largest { gain } else { largest };
    }
    let place = steps.iter().take(list.len() - 1).position(|step| step.gain == largest)?;
    let (below, above) = (list.get(place)?.code(), list.get(place + 1)?.code());
    // The middle between the two neighbours, as with real numbers: rows that the tree did not see may lie there.
    let width = below + (above - below) / 2;
    let inside = steps.get(place)?.side;
    Some(Split { group, low: 0, width, from: 0, to: place + 1, inside, gain: largest * whole.weight })
}

/// Each level against the rest.
fn consider_levels<E: PackedRow>(
    group: u32,
    list: &[E],
    shares: &[Share],
    whole: &NodeTotals,
    chooser: &mut Chooser,
) {
    let mean = whole.sum / whole.weight;
    let mut from = 0;
    for level in list.chunk_by(|a, b| a.code() == b.code()) {
        let mut inside = Share::default();
        for entry in level {
            let share = shares[entry.row()];
            inside.sum += share.sum;
            inside.weight += share.weight;
        }
        let to = from + level.len();
        let about = inside.sum - inside.weight * mean;
        let gain = about * about * whole.weight / (inside.weight * (whole.weight - inside.weight));
        chooser.consider(Split { group, low: level[0].code(), width: 0, from, to, inside, gain });
        from = to;
    }
}

#[cfg(test)]
mod tests;
