//! A store for tests that answers as servers, proxies and logins do on a bad day.

use std::sync::Mutex;

use async_trait::async_trait;

use crate::record::{ClaimOrder, Ledger};
use crate::tracking::embedded::EmbeddedStore;
use crate::tracking::{
    ArtifactEntry, ErrorKind, Experiment, ExperimentId, Metric, NewRun, Page, ParamWrite, Registry, Result,
    Run, RunId, RunInfo, RunQuery, RunUpdate, Store, TrackingError,
};

/// The embedded store, as long as nothing else is said.
pub(super) struct FakeStore {
    inner: EmbeddedStore,
    folder: tempfile::TempDir,
    experiment: ExperimentId,
    /// What every call fails with.
    fault: Mutex<Option<ErrorKind>>,
}

/// What it refuses to log as a metric, param or tag: with the name `odd`.
pub(super) const ODD: &str = "odd";

impl FakeStore {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mlflow.db");
        let inner = EmbeddedStore::open(path.to_str().unwrap()).unwrap();
        let experiment = inner.create_experiment("fakes").await.unwrap();
        Self { inner, folder, experiment, fault: Mutex::default() }
    }

    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// From now on every call fails so; `None`: none does.
    pub(super) fn fails(&self, fault: Option<ErrorKind>) {
        *self.fault.lock().unwrap() = fault;
    }

    pub(super) async fn make_run(&self, name: &str) -> RunInfo {
        let run = NewRun {
            experiment_id: self.experiment.clone(),
            name: name.into(),
            user: "me".into(),
            start_time: 1,
            tags: Vec::new(),
        };
        self.inner.create_run(&run).await.unwrap()
    }

    /// A ledger for so many trials.
    pub(super) async fn ledger(&self, trials: u64) -> Ledger {
        let parent = self.make_run("sweep").await;
        let root = Ledger::create(&self.inner, &parent, "me").await.unwrap();
        let store = std::sync::Arc::new(self.inner.clone());
        Ledger::open(store, &root, "me".into(), ClaimOrder::Ascending, Some(trials)).await.unwrap()
    }

    /// The values of a metric, by step.
    pub(super) async fn values(&self, run: &RunId, key: &str) -> Vec<(i64, f64)> {
        let history = self.inner.metric_history(run, key).await.unwrap();
        let mut values: Vec<_> = history.into_iter().map(|metric| (metric.step, metric.value)).collect();
        values.sort_by_key(|(step, _)| *step);
        values
    }

    fn answer(&self) -> Result<()> {
        match *self.fault.lock().unwrap() {
            Some(kind) => Err(TrackingError::new(kind, "a bad day")),
            None => Ok(()),
        }
    }
}

fn check<'a>(names: impl IntoIterator<Item = &'a String>) -> Result<()> {
    let odd = names.into_iter().any(|name| name == ODD);
    if odd { Err(TrackingError::new(ErrorKind::Invalid, "an odd name")) } else { Ok(()) }
}

#[async_trait]
impl Store for FakeStore {
    fn uri(&self) -> &str {
        self.inner.uri()
    }

    fn registry(&self) -> &dyn Registry {
        self.inner.registry()
    }

    async fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>> {
        self.answer()?;
        self.inner.experiment_by_name(name).await
    }

    async fn create_experiment(&self, name: &str) -> Result<ExperimentId> {
        self.answer()?;
        self.inner.create_experiment(name).await
    }

    async fn experiments(&self) -> Result<Vec<Experiment>> {
        self.answer()?;
        self.inner.experiments().await
    }

    async fn create_run(&self, run: &NewRun) -> Result<RunInfo> {
        self.answer()?;
        self.inner.create_run(run).await
    }

    async fn run(&self, id: &RunId) -> Result<Run> {
        self.answer()?;
        self.inner.run(id).await
    }

    async fn update_run(&self, id: &RunId, update: &RunUpdate) -> Result<()> {
        self.answer()?;
        self.inner.update_run(id, update).await
    }

    async fn delete_run(&self, id: &RunId) -> Result<()> {
        self.answer()?;
        self.inner.delete_run(id).await
    }

    async fn search_runs(&self, query: &RunQuery) -> Result<Page<Run>> {
        self.answer()?;
        self.inner.search_runs(query).await
    }

    async fn log_param(&self, id: &RunId, key: &str, value: &str) -> Result<ParamWrite> {
        self.answer()?;
        check([&key.to_owned()])?;
        self.inner.log_param(id, key, value).await
    }

    async fn log_batch(
        &self,
        id: &RunId,
        metrics: &[Metric],
        params: &[(String, String)],
        tags: &[(String, String)],
    ) -> Result<()> {
        self.answer()?;
        check(metrics.iter().map(|metric| &metric.key))?;
        check(params.iter().chain(tags).map(|(key, _)| key))?;
        self.inner.log_batch(id, metrics, params, tags).await
    }

    async fn metric_history(&self, id: &RunId, key: &str) -> Result<Vec<Metric>> {
        self.answer()?;
        self.inner.metric_history(id, key).await
    }

    async fn put_artifact(&self, run: &RunInfo, path: &str, bytes: Vec<u8>) -> Result<()> {
        self.answer()?;
        self.inner.put_artifact(run, path, bytes).await
    }

    async fn artifact(&self, run: &RunInfo, path: &str) -> Result<Vec<u8>> {
        self.answer()?;
        self.inner.artifact(run, path).await
    }

    async fn artifacts(&self, run: &RunInfo, path: &str) -> Result<Vec<ArtifactEntry>> {
        self.answer()?;
        self.inner.artifacts(run, path).await
    }
}
