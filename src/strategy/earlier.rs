//! The finite space of an earlier version of a config, as a later version sees it.

use super::finite::Finite;
use crate::space::{Point, Value};

/// What an earlier version has run, or will run.
#[derive(Debug)]
pub(super) struct EarlierSpace {
    /// Its combinations.
    pub finite: Finite,
    /// Its explicit points, whole.
    pub points: Vec<Point>,
    /// Parameters that were added since, with the value that its trials have.
    pub before: Vec<(String, Value)>,
}

impl EarlierSpace {
    /// Whether a point of a later version is one of its own.
    pub fn holds(&self, point: &Point) -> bool {
        let as_before = self
            .before
            .iter()
            .all(|(name, before)| point.get(name).is_none_or(|value| value.same_as(before)));
        as_before && (self.finite.holds(point) || self.points.contains(point))
    }
}
