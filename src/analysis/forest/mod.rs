//! A random forest for regression (Breiman 2001), made for tables of trials.
//!
//! Bootstrap samples, all features at each split, trees grown until every leaf is pure: what scikit-learn's
//! `RandomForestRegressor` does by default, but on ranks, so that neither the scale of a parameter nor that of the
//! metric matters. Each tree has a random stream of its own; the result is the same for any number of threads.

mod grow;
mod growth;
mod split;
mod tree;
mod work;

use rayon::prelude::*;

pub(super) use tree::{Node, Tree};

use super::features::Features;
use super::streams::Stream;
use grow::{Grower, Presorted};

/// A fitted forest.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    trees: Vec<Tree>,
    groups: usize,
}

impl Forest {
    /// Grows `n_trees` trees on a target that has one number for each row of the features.
    ///
    /// A forest over no rows has no trees, and predicts 0. Rows beyond the shorter of the two are ignored.
    #[must_use]
    pub fn fit(features: &Features, target: &[f64], n_trees: usize, seed: u64) -> Self {
        let groups = features.groups().len();
        let rows = features.rows().min(target.len());
        if rows == 0 {
            return Self { trees: Vec::new(), groups };
        }
        let presorted = Presorted::of(features, &target[..rows]);
        let grow = |grower: &mut Grower, tree: usize| grower.grow(Stream::Tree(tree).open(seed));
        let trees = (0..n_trees).into_par_iter().map_init(|| Grower::over(&presorted), grow).collect();
        Self { trees, groups }
    }

    /// Mean decrease in impurity of each group: normalised to 1 within a tree, averaged over the trees that have a
    /// split, and normalised again. All zero where no tree has a split.
    #[must_use]
    pub fn importances(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.groups];
        for tree in &self.trees {
            let total: f64 = tree.decreases().iter().sum();
            if total > 0.0 {
                sums.iter_mut().zip(tree.decreases()).for_each(|(sum, decrease)| *sum += decrease / total);
            }
        }
        let total: f64 = sums.iter().sum();
        if total > 0.0 {
            sums.iter_mut().for_each(|sum| *sum /= total);
        }
        sums
    }

    /// The mean of the trees for one row of codes, one code for each group.
    pub(super) fn predict_row(&self, codes: &[u32]) -> f64 {
        let sum: f64 = self.trees.iter().map(|tree| tree.predict(codes)).sum();
        sum / self.trees.len().max(1) as f64
    }

    /// Number of groups of the features that it was grown on.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// The trees, in the order of their streams.
    pub(super) fn trees(&self) -> &[Tree] {
        &self.trees
    }
}
