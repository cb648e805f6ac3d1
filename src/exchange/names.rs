//! The files of an exported sweep.

/// The config as it was written.
pub(super) const CONFIG: &str = "sweep_config.yaml";
/// What the sweep is.
pub(super) const SWEEP: &str = "sweep.json";
/// A row a trial.
pub(super) const TRIALS: &str = "trials.csv";
/// Of a trial: its params.
pub(super) const PARAMS: &str = "params.json";
/// Of a trial: every value of its metrics.
pub(super) const METRICS: &str = "metrics.csv";
/// Of a trial: where its code stood.
pub(super) const GIT: &str = "git_info.json";
/// Of a trial: what became of it. Written last: a folder that has it is whole.
pub(super) const SUMMARY: &str = "summary.json";
/// Of a trial: its tags.
pub(super) const TAGS: &str = "tags.json";
/// Of a trial: the folder of its artifacts.
pub(super) const ARTIFACTS: &str = "artifacts";
