//! A sweep as plain files, which one can read with no tool, and tables that other programs wrote.
//!
//! Owns the formats (`docs/export.md`) and the folder that holds them: nothing is read or written outside it. Refuses to
//! know a store.

mod error;
mod folder;
mod metrics;
mod sweep;
mod table;
mod trial;

pub use error::PlainError;
pub use folder::{Folder, LARGEST_CONFIG, Tree};
pub use metrics::{HEADER, MetricRows, metric_rows, number_text, read_number, unix_lines};
pub use sweep::{Goal, SweepRecord};
pub use table::{Around, Asked, Dialect, Table, TableTrial, infer_config};
pub use trial::{TrialRecord, final_metrics};

/// The config as it was written.
pub const CONFIG: &str = "sweep_config.yaml";
/// What the sweep is.
pub const SWEEP: &str = "sweep.json";
/// A row a trial.
pub const TRIALS: &str = "trials.csv";
/// Of a trial: its params.
pub const PARAMS: &str = "params.json";
/// Of a trial: every value of its metrics.
pub const METRICS: &str = "metrics.csv";
/// Of a trial: where its code stood.
pub const GIT: &str = "git_info.json";
/// Of a trial: what became of it. Written last: a folder that has it is whole.
pub const SUMMARY: &str = "summary.json";
/// Of a trial: its tags.
pub const TAGS: &str = "tags.json";
/// Of a trial: the folder of its artifacts.
pub const ARTIFACTS: &str = "artifacts";
