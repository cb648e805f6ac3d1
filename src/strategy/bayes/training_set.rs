//! What the model is fitted to.

use super::axes::{Coordinates, TakenKeys};

/// What is known, in an order of its own.
#[derive(Debug, Default)]
pub(super) struct TrainingSet {
    /// Points with values, smaller is better.
    pub seen: Vec<(Coordinates, f64)>,
    /// Of each of these what is measured beside the first metric: further metrics as losses, limited ones as they are.
    pub beside: Vec<Vec<Option<f64>>>,
    /// Points without.
    pub pending: Vec<Coordinates>,
    /// Points of trials of this sweep.
    pub(super) own: TakenKeys,
    /// Points of any trial.
    pub(super) any: TakenKeys,
    /// Values from other sweeps and of explicit points.
    pub(super) given: u64,
}
