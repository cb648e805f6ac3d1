//! Points of trials that ran before a parameter was added: with the value that it had then.

use crate::config::Config;
use crate::space::{Conditions, Point, Space, Value};

/// Gives old points the parameters that were added since.
#[derive(Debug)]
pub(super) struct Backfill {
    space: Space,
    conditions: Conditions,
    /// For each leaf the value that trials had before it was added.
    before: Vec<Option<Value>>,
}

impl Backfill {
    /// By the `before` of the config's parameters.
    pub fn new(config: &Config) -> Self {
        let leaves = config.space.leaves();
        let before = leaves.iter().map(|leaf| leaf.parameter.before.clone()).collect();
        let conditions = Conditions::resolve(&leaves).unwrap_or_default();
        Self { conditions, before, space: config.space.clone() }
    }

    /// Whether no parameter was added.
    pub fn is_empty(&self) -> bool {
        self.before.iter().all(Option::is_none)
    }

    /// The point with what it lacks. Where it lacks nothing, it stays as it is.
    pub fn fill(&self, point: &Point) -> Point {
        let found = self.space.values_in(point);
        if self.before.iter().zip(&found).all(|(before, found)| before.is_none() || found.is_some()) {
            return point.clone();
        }
        let mut values: Vec<Option<Value>> = found
            .into_iter()
            .zip(&self.before)
            .map(|(found, before)| found.cloned().or_else(|| before.clone()))
            .collect();
        self.conditions.apply(&mut values);
        self.space.assemble(values)
    }
}
