//! "Which parameters mattered?": importances and correlations of a table of trials.
//!
//! Owns the statistics, pure and seeded. Refuses to know the program: no store, no files, no clock.

mod model;
mod words;

pub use model::{
    Analysis, ColumnInfo, Correlation, Dropped, Estimate, Frame, Kind, ParameterAnalysis, Row, Trust,
};
