//! The combinations of a finite space in an order, without those that do not count.
//!
//! Trial k is the k-th combination that counts. Without conditions and constraints it is computed from k
//! alone. With them the combinations are walked in order; where every [`STRIDE`]-th was found is kept, so
//! that agents which continue from trial to trial do not walk anything twice. The answer depends on k only.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::StrategyError;
use super::earlier::EarlierSpace;
use super::finite::Finite;
use super::permutation::IndexPermutation;
use crate::space::Point;

/// A known place every so many trials.
const STRIDE: u64 = 64;
/// So many combinations in a row may not count.
const MAX_GAP: u64 = 1_000_000;
/// Up to this size the combinations that count are counted.
const MAX_COUNTED: u128 = 50_000;
/// The same where some of them belong to an earlier version of the config: each index beyond the last would be claimed in vain.
const MAX_COUNTED_OF_NEW: u128 = 300_000;

/// A walk over a finite space.
#[derive(Debug)]
pub(super) struct Sequence {
    finite: Finite,
    order: Option<IndexPermutation>,
    /// Indices that are left out.
    skip: BTreeSet<u128>,
    /// Spaces whose combinations are left out.
    earlier: Vec<EarlierSpace>,
    /// Entry j: the position at which the search for trial j·STRIDE starts.
    marks: Mutex<Vec<u128>>,
    size: OnceLock<u128>,
}

impl Sequence {
    /// The sequence of a space, shuffled if there is a seed, without the points of `known`.
    pub fn new(finite: Finite, shuffle: Option<u64>, known: &[Point]) -> Self {
        let order = shuffle.map(|seed| IndexPermutation::new(finite.size(), seed));
        let skip = known.iter().filter_map(|point| finite.index_of(point)).collect();
        Self { finite, order, skip, earlier: Vec::new(), marks: Mutex::new(vec![0]), size: OnceLock::new() }
    }

    /// The same without what lies in earlier versions of the space.
    pub fn beyond(self, earlier: Vec<EarlierSpace>) -> Self {
        Self { earlier, ..self }
    }

    /// How many trials there are; an upper bound where counting would take too long.
    pub fn size(&self) -> u128 {
        *self.size.get_or_init(|| self.count())
    }

    fn count(&self) -> u128 {
        let most = self.finite.size().saturating_sub(self.skip.len() as u128);
        let counted = if self.earlier.is_empty() { MAX_COUNTED } else { MAX_COUNTED_OF_NEW };
        if !self.has_gaps() || self.finite.size() > counted {
            return most;
        }
        (0..self.finite.size())
            .filter(|index| !self.skip.contains(index))
            .filter(|index| matches!(self.point(*index), Ok(Some(_))))
            .count() as u128
    }

    /// The k-th point; `None` past the end.
    pub fn get(&self, k: u64) -> Result<Option<Point>, StrategyError> {
        if self.has_gaps() { self.walk(k) } else { self.jump(k) }
    }

    fn has_gaps(&self) -> bool {
        self.finite.has_gaps() || !self.earlier.is_empty()
    }

    /// The point of an index; `None`: it does not count, or an earlier version has it.
    fn point(&self, index: u128) -> Result<Option<Point>, StrategyError> {
        let point = self.finite.point(index)?;
        Ok(point.filter(|point| !self.earlier.iter().any(|space| space.holds(point))))
    }

    fn index_at(&self, position: u128) -> u128 {
        self.order.as_ref().map_or(position, |order| order.forward(position))
    }

    fn jump(&self, k: u64) -> Result<Option<Point>, StrategyError> {
        let mut left_out: Vec<u128> = match &self.order {
            Some(order) => self.skip.iter().map(|index| order.backward(*index)).collect(),
            None => self.skip.iter().copied().collect(),
        };
        left_out.sort_unstable();
        let mut position = u128::from(k);
        for place in left_out {
            if place <= position {
                position += 1;
            }
        }
        if position >= self.finite.size() {
            return Ok(None);
        }
        self.finite.point(self.index_at(position))
    }

    fn walk(&self, k: u64) -> Result<Option<Point>, StrategyError> {
        let (mut count, mut position) = {
            let marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
            let nearest =
                usize::try_from(k / STRIDE).unwrap_or(usize::MAX).min(marks.len().saturating_sub(1));
            (nearest as u64 * STRIDE, marks.get(nearest).copied().unwrap_or(0))
        };
        let mut gap = 0;
        while position < self.finite.size() {
            let index = self.index_at(position);
            let point = if self.skip.contains(&index) { None } else { self.point(index)? };
            position += 1;
            let Some(point) = point else {
                gap += 1;
                if gap > MAX_GAP {
                    return Err(StrategyError::NothingFits { tried: gap });
                }
                continue;
            };
            gap = 0;
            if count == k {
                return Ok(Some(point));
            }
            count += 1;
            if count % STRIDE == 0 {
                let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
                if marks.len() as u64 == count / STRIDE {
                    marks.push(position);
                }
            }
        }
        Ok(None)
    }
}
