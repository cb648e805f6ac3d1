//! The port: what a sweep asks of a tracking store.

use std::fs::File;

use async_trait::async_trait;

use super::error::Result;
use super::local_artifacts::{self, ArtifactUpload};
use super::protocol::{
    ArtifactEntry, Experiment, ExperimentId, Metric, NewRun, Page, PastRun, Run, RunId, RunInfo, RunQuery,
    RunUpdate,
};
use super::registry::Registry;

/// The tag of experiments that are made here: MLflow's page shows their runs at once, and not its pages for agents.
pub const EXPERIMENT_KIND: (&str, &str) = ("mlflow.experimentKind", "custom_model_development");
/// What a server takes in one request.
const PARAMS_AT_ONCE: usize = 100;
const METRICS_AT_ONCE: usize = 1000;

/// How a write of a param came out. A param is written once: this is the compare-and-set that the ledger stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamWrite {
    /// The param has the value that was asked for (it was free, or had just this value).
    Held,
    /// The param had another value already, and keeps it.
    Refused,
}

/// A tracking store.
///
/// Every method may be called by many tasks and processes at once. A retried call is harmless but for
/// [`Store::create_run`], which may leave a second run behind.
#[async_trait]
pub trait Store: Send + Sync {
    /// Where it is, for a person and for `MLFLOW_TRACKING_URI`; without credentials.
    fn uri(&self) -> &str;

    /// Whether it is a file of this machine: a look at it costs a fraction of a millisecond, and no request.
    fn is_local(&self) -> bool {
        false
    }

    /// A number that is another one after anything in it has changed, where that is known without reading what is there;
    /// `None`: only a full look shows it.
    async fn change_mark(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Its model registry.
    fn registry(&self) -> &dyn Registry;

    /// The experiment of this name, deleted ones included.
    async fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>>;
    /// Makes an experiment; `AlreadyExists` where the name is taken.
    async fn create_experiment(&self, name: &str) -> Result<ExperimentId>;
    /// All active experiments.
    async fn experiments(&self) -> Result<Vec<Experiment>>;

    /// Makes a run in state RUNNING.
    async fn create_run(&self, run: &NewRun) -> Result<RunInfo>;
    /// Makes runs that are over, in this order.
    async fn create_past_runs(&self, runs: &[PastRun]) -> Result<Vec<RunInfo>> {
        let mut made = Vec::with_capacity(runs.len());
        for past in runs {
            let info = self.create_run(&past.run).await?;
            for params in past.params.chunks(PARAMS_AT_ONCE) {
                self.log_batch(&info.id, &[], params, &[]).await?;
            }
            for metrics in past.metrics.chunks(METRICS_AT_ONCE) {
                self.log_batch(&info.id, metrics, &[], &[]).await?;
            }
            let end =
                RunUpdate { status: Some(past.status), end_time: past.end_time, ..RunUpdate::default() };
            self.update_run(&info.id, &end).await?;
            made.push(info);
        }
        Ok(made)
    }
    /// Reads a run.
    async fn run(&self, id: &RunId) -> Result<Run>;
    /// Changes a run's state, end or name.
    async fn update_run(&self, id: &RunId, update: &RunUpdate) -> Result<()>;
    /// Marks a run as deleted.
    async fn delete_run(&self, id: &RunId) -> Result<()>;
    /// Takes a deleted run back into use; one that is in use stays so.
    async fn restore_run(&self, id: &RunId) -> Result<()>;
    /// One page of the active runs that match, or of the deleted ones.
    async fn search_runs(&self, query: &RunQuery) -> Result<Page<Run>>;

    /// Writes a param once.
    async fn log_param(&self, id: &RunId, key: &str, value: &str) -> Result<ParamWrite>;
    /// Writes metrics, params and tags at once. Tags overwrite; a param that has another value already makes the whole
    /// batch `Invalid`.
    async fn log_batch(
        &self,
        id: &RunId,
        metrics: &[Metric],
        params: &[(String, String)],
        tags: &[(String, String)],
    ) -> Result<()>;
    /// Writes params and tags as [`Store::log_batch`] does, then how the run ended; in one step where the store can.
    async fn conclude_run(
        &self,
        id: &RunId,
        params: &[(String, String)],
        tags: &[(String, String)],
        end: &RunUpdate,
    ) -> Result<()> {
        self.log_batch(id, &[], params, tags).await?;
        self.update_run(id, end).await
    }
    /// All values of a metric in the order of timestamp, step, value.
    async fn metric_history(&self, id: &RunId, key: &str) -> Result<Vec<Metric>>;

    /// Saves `bytes` as the artifact `path` (with `/`, no `..`) of a run.
    async fn put_artifact(&self, run: &RunInfo, path: &str, bytes: Vec<u8>) -> Result<()>;
    /// Reads an artifact; `NotFound` where there is none.
    async fn artifact(&self, run: &RunInfo, path: &str) -> Result<Vec<u8>>;
    /// Reads an artifact into a file, piece by piece; `NotFound` where there is none.
    async fn artifact_into(&self, run: &RunInfo, path: &str, into: &mut ArtifactUpload) -> Result<()> {
        into.write(&self.artifact(run, path).await?)
    }
    /// Saves a file, from its beginning and piece by piece, as the artifact `path` of a run.
    async fn put_artifact_file(&self, run: &RunInfo, path: &str, file: &File) -> Result<()> {
        self.put_artifact(run, path, local_artifacts::read_whole(file, path).await?).await
    }
    /// What lies in the folder `path` of a run's artifacts (`""`: its root), sorted by path.
    async fn artifacts(&self, run: &RunInfo, path: &str) -> Result<Vec<ArtifactEntry>>;
}
