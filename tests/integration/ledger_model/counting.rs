//! A store that counts the calls it passes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use sweep::testing::{
    ArtifactEntry, Experiment, ExperimentId, Metric, NewRun, Page, ParamWrite, Registry, Run, RunId, RunInfo,
    RunQuery, RunUpdate, Store, StoreResult as Result,
};

pub struct Counting {
    inner: Arc<dyn Store>,
    calls: AtomicU64,
}

impl Counting {
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, calls: AtomicU64::new(0) }
    }

    pub fn count(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    fn inner(&self) -> &dyn Store {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.inner.as_ref()
    }
}

#[async_trait]
impl Store for Counting {
    fn uri(&self) -> &str {
        self.inner.uri()
    }

    fn registry(&self) -> &dyn Registry {
        self.inner.registry()
    }

    async fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>> {
        self.inner().experiment_by_name(name).await
    }

    async fn create_experiment(&self, name: &str) -> Result<ExperimentId> {
        self.inner().create_experiment(name).await
    }

    async fn experiments(&self) -> Result<Vec<Experiment>> {
        self.inner().experiments().await
    }

    async fn create_run(&self, run: &NewRun) -> Result<RunInfo> {
        self.inner().create_run(run).await
    }

    async fn run(&self, id: &RunId) -> Result<Run> {
        self.inner().run(id).await
    }

    async fn update_run(&self, id: &RunId, update: &RunUpdate) -> Result<()> {
        self.inner().update_run(id, update).await
    }

    async fn delete_run(&self, id: &RunId) -> Result<()> {
        self.inner().delete_run(id).await
    }

    async fn restore_run(&self, id: &RunId) -> Result<()> {
        self.inner().restore_run(id).await
    }

    async fn search_runs(&self, query: &RunQuery) -> Result<Page<Run>> {
        self.inner().search_runs(query).await
    }

    async fn log_param(&self, id: &RunId, key: &str, value: &str) -> Result<ParamWrite> {
        self.inner().log_param(id, key, value).await
    }

    async fn log_batch(
        &self,
        id: &RunId,
        metrics: &[Metric],
        params: &[(String, String)],
        tags: &[(String, String)],
    ) -> Result<()> {
        self.inner().log_batch(id, metrics, params, tags).await
    }

    async fn metric_history(&self, id: &RunId, key: &str) -> Result<Vec<Metric>> {
        self.inner().metric_history(id, key).await
    }

    async fn put_artifact(&self, run: &RunInfo, path: &str, bytes: Vec<u8>) -> Result<()> {
        self.inner().put_artifact(run, path, bytes).await
    }

    async fn artifact(&self, run: &RunInfo, path: &str) -> Result<Vec<u8>> {
        self.inner().artifact(run, path).await
    }

    async fn artifacts(&self, run: &RunInfo, path: &str) -> Result<Vec<ArtifactEntry>> {
        self.inner().artifacts(run, path).await
    }
}
