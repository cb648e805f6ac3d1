//! "Which parameters mattered?": importances and correlations of a table of trials.
//!
//! Owns the statistics, pure and seeded. Refuses to know the program: no store, no files, no clock.
//!
//! | question | file |
//! |---|---|
//! | which rows, which kinds | `columns` |
//! | one parameter against the metric | `figures`: `correlation`, `association` |
//! | parameters against each other | `together` |
//! | all parameters at once | `design`, `target` → `features` → `forest` → `permutation` |
//! | how far to believe it | `notes` |
//! | all of it | `analyse`; the forest alone, behind linfa's traits: `estimator` |

mod analyse;
mod association;
mod columns;
mod correlation;
mod dependence;
mod design;
mod estimator;
mod features;
mod figures;
mod forest;
mod model;
mod notes;
mod permutation;
mod ranks;
mod streams;
mod target;
mod together;
mod words;

pub use analyse::{TREES, analyse};
pub use dependence::{Dependence, dependences};
pub use estimator::{FittedRegressionForest, ForestError, RegressionForest, ValidRegressionForest};
pub use features::{Features, Group, SplitKind};
pub use forest::Forest;
pub use model::{
    Analysis, ColumnInfo, Correlation, Dropped, Effect, Estimate, ForestTrust, Measure, ParameterAnalysis,
    ParameterAssociation, ParameterKind, RankFigures, Row, TrialFrame,
};
pub use permutation::{JudgedRows, PermutationImportance};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod vectors;
