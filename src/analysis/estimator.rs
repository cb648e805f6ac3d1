//! The forest behind linfa's traits.
//!
//! linfa 0.8 has trees and ensembles for labels only. [`RegressionForest`] fills the gap: parameters are checked by
//! [`ParamGuard`], fitted by [`Fit`] on features with one target a row, and the fitted [`Forest`] answers
//! [`Predict`](linfa::traits::Predict). What the analysis fits and predicts goes this way; for tables of plain numbers
//! see `number_table`.

use linfa::ParamGuard;
use linfa::dataset::{DatasetBase, Records};
use linfa::traits::{Fit, PredictInplace};
use ndarray::Array1;

use super::features::Features;
use super::forest::Forest;

/// Trees of a forest, unless other parameters say so.
pub const TREES: usize = 100;

/// What can be wrong with a forest's parameters or its data.
#[derive(Debug, thiserror::Error)]
pub enum ForestError {
    /// A forest of no trees predicts nothing.
    #[error("a forest needs at least one tree")]
    NoTrees,
    /// Codes and rows are counted in 32 bits.
    #[error("{0} rows are more than a forest can count")]
    TooManyRows(usize),
    /// A number that is not a number has no place in any order, and a target must be finite.
    #[error("{what} of row {row} is not {wanted}")]
    NotANumber {
        /// Target, or which feature.
        what: String,
        /// Which row, from 0.
        row: usize,
        /// What it should have been.
        wanted: &'static str,
    },
    /// An error of linfa's own: no samples, shapes that do not match.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
}

/// Parameters of a regression forest, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegressionForest(ValidRegressionForest);

/// Checked parameters of a regression forest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidRegressionForest {
    n_trees: usize,
    seed: u64,
}

impl Default for RegressionForest {
    fn default() -> Self {
        Self::new()
    }
}

impl RegressionForest {
    /// 100 trees, seed 0.
    #[must_use]
    pub fn new() -> Self {
        Self(ValidRegressionForest { n_trees: TREES, seed: 0 })
    }

    /// With another number of trees.
    #[must_use]
    pub fn n_trees(mut self, n_trees: usize) -> Self {
        self.0.n_trees = n_trees;
        self
    }

    /// With another seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }
}

impl ParamGuard for RegressionForest {
    type Checked = ValidRegressionForest;
    type Error = ForestError;

    fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
        if self.0.n_trees == 0 { Err(ForestError::NoTrees) } else { Ok(&self.0) }
    }

    fn check(self) -> Result<Self::Checked, Self::Error> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl Records for Features {
    type Elem = u32;

    fn nsamples(&self) -> usize {
        self.rows()
    }

    fn nfeatures(&self) -> usize {
        self.groups().len()
    }
}

impl Fit<Features, Array1<f64>, ForestError> for ValidRegressionForest {
    type Object = Forest;

    fn fit(&self, dataset: &DatasetBase<Features, Array1<f64>>) -> Result<Forest, ForestError> {
        let (features, targets) = (dataset.records(), dataset.targets());
        if features.rows() != targets.len() {
            return Err(linfa::Error::MismatchedShapes(features.rows(), targets.len()).into());
        }
        if features.rows() == 0 {
            return Err(linfa::Error::NotEnoughSamples.into());
        }
        if u32::try_from(features.rows()).is_err() {
            return Err(ForestError::TooManyRows(features.rows()));
        }
        Ok(Forest::fit(features, &targets.to_vec(), self.n_trees, self.seed))
    }
}

impl PredictInplace<Features, Array1<f64>> for Forest {
    fn predict_inplace(&self, features: &Features, targets: &mut Array1<f64>) {
        let (codes, width) = (features.by_row(), features.groups().len());
        for (row, target) in targets.iter_mut().enumerate() {
            *target = self.predict_row(codes.get(row * width..(row + 1) * width).unwrap_or_default());
        }
    }

    fn default_target(&self, features: &Features) -> Array1<f64> {
        Array1::zeros(features.rows())
    }
}
