//! "Which parameters mattered?": importances and correlations of a table of trials.
//!
//! Owns the statistics, pure and seeded. Refuses to know the program: no store, no files, no clock.
//!
//! [`analyse`] takes a [`TrialFrame`], a row a trial, and gives an [`Analysis`]: importances (mean decrease in impurity,
//! summing to 1; permutation importance as a drop in R²; Breiman 2001), correlations with their 95 % intervals, and how far
//! to believe them. [`dependences`] gives the metric, in its own unit, that is expected along each parameter (Friedman 2001).
//! Whatever the table, nothing fails: a figure that the data is too thin for is `None`, and a reason stands beside it.
//!
//! | question | file |
//! |---|---|
//! | which trials | `table` |
//! | which rows, which kinds | `columns` |
//! | one parameter against the metric | `figures`: `correlation`, `association` |
//! | parameters against each other | `together` |
//! | all parameters at once | `design`, `target` → `features` → `forest` → `permutation` |
//! | how far to believe it | `notes` |
//! | how much is each parameter's, from few trials | `variance`: `measure` → `hypers` → `draws` → `indices` |
//! | which trials fail, and where | `failures`: `split` → `tree` → `pruning` → `rules` |
//! | all of it | `analyse`; the forest, fitted and asked by linfa's traits: `estimator`, on plain numbers `number_table` |

mod analyse;
mod association;
mod columns;
mod correlation;
mod dependence;
mod design;
pub(crate) mod estimator;
mod expectation;
mod failures;
pub(crate) mod features;
mod figures;
pub(crate) mod forest;
mod model;
mod notes;
mod number_table;
pub(crate) mod permutation;
mod ranks;
mod streams;
mod surface;
mod table;
mod target;
mod together;
mod variance;
mod words;

pub use analyse::analyse;
pub use dependence::{Dependence, Dependences, dependences, dependences_with_pairs};
pub use estimator::{ForestError, RegressionForest, ValidRegressionForest};
pub use failures::{FailureAnalysis, FailureCondition, FailureGroup, FailureReason, TrialEnd, failures};
pub use model::{
    Analysis, ColumnInfo, Correlation, Dropped, Effect, Estimate, ForestTrust, Measure, ParameterAnalysis,
    ParameterAssociation, ParameterKind, RankFigures, Row, TrialFrame,
};
pub use number_table::FittedRegressionForest;
pub use surface::Surface;
pub use variance::shares::{PairShare, ParameterShare, VarianceShare, VarianceShares};
pub use variance::variance_of;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod vectors;
