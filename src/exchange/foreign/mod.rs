//! Runs as other programs keep them: Optuna's databases and journals, dumps of W&B's API, folders of Ray Tune, sweeps of
//! mlflow-sweep. Each becomes a table of runs.

mod detect;
mod lenient_json;
mod mlflow_sweep;
mod numbers;
mod optuna_database;
mod optuna_journal;
mod optuna_space;
mod optuna_study;
mod ray;
#[cfg(test)]
mod tests;
mod wandb_runs;

pub use detect::read_runs;
pub use mlflow_sweep::{ForeignSweep, read_mlflow_sweep};
