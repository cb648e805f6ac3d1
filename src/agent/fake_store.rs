//! A store for tests that answers as servers, proxies and logins do on a bad day.

use std::sync::Mutex;

use crate::record::{ClaimOrder, Ledger};
use crate::tracking::memory::{Call, MemoryStore, way_to_memory};
use crate::tracking::{ErrorKind, ExperimentId, NewRun, Result, RunId, RunInfo, Store as _, TrackingError};

/// A store in memory, as long as nothing else is said.
pub(super) struct FakeStore {
    store: MemoryStore,
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
        let store = MemoryStore::new();
        let experiment = store.create_experiment("fakes").await.unwrap();
        Self { store, folder, experiment, fault: Mutex::default() }
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
        self.store.create_run(&run).await.unwrap()
    }

    /// A ledger for so many trials.
    pub(super) async fn ledger(&self, trials: u64) -> Ledger {
        let parent = self.make_run("sweep").await;
        let root = Ledger::create(&self.store, &parent, "me").await.unwrap();
        let store = std::sync::Arc::new(self.store.clone());
        Ledger::open(store, &root, "me".into(), ClaimOrder::Ascending, Some(trials)).await.unwrap()
    }

    /// The values of a metric, by step.
    pub(super) async fn values(&self, run: &RunId, key: &str) -> Vec<(i64, f64)> {
        let history = self.store.metric_history(run, key).await.unwrap();
        let mut values: Vec<_> = history.into_iter().map(|metric| (metric.step, metric.value)).collect();
        values.sort_by_key(|(step, _)| *step);
        values
    }

    fn local(&self) -> bool {
        true
    }

    async fn ask<T, F: Future<Output = Result<T>>>(
        &self,
        call: Call<'_>,
        request: impl Fn() -> F,
    ) -> Result<T> {
        let fault = *self.fault.lock().unwrap();
        match fault {
            Some(kind) => Err(TrackingError::new(kind, "a bad day")),
            None if call.keys.contains(&ODD) => Err(TrackingError::new(ErrorKind::Invalid, "an odd name")),
            None => request().await,
        }
    }
}

way_to_memory!(FakeStore);
