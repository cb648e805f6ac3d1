//! The embedded store behind the port: each call runs [`Db`] on a thread where it may block.

use std::fs::File;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::db::Db;
use super::params::ParamOutcome;
use super::roots::ArtifactRoots;
use crate::tracking::local_artifacts::ArtifactUpload;
use crate::tracking::protocol::ExperimentQuery;
use crate::tracking::{
    ArtifactEntry, EXPERIMENT_KIND, ErrorKind, Experiment, ExperimentId, Metric, NewRun, Page, ParamWrite,
    PastRun, Registry, Result, Run, RunId, RunInfo, RunQuery, RunUpdate, Store, TrackingError,
    local_artifacts,
};

/// Calls that are under way at once, each on a thread of its own. A thousand clients are served no quicker by more threads,
/// and a lock that hundreds wait for may leave out some for many seconds.
const CALLS_AT_ONCE: usize = 32;
/// Experiments of one page while all of them are read.
const EXPERIMENTS_PAGE: usize = 1000;

/// A tracking store in a SQLite file. Clones share one database.
#[derive(Debug, Clone)]
pub struct EmbeddedStore {
    db: Arc<Db>,
    /// Whose turn it is: first come, first served, which the file's locks are not.
    turns: Arc<Semaphore>,
}

impl EmbeddedStore {
    /// Opens the database that a `sqlite:` URI or a path names; makes it, and its folder, where it is missing.
    pub fn open(uri_or_path: &str) -> Result<Self> {
        Db::open(uri_or_path).map(Self::of)
    }

    /// Opens a database to read: one that can't be written, too.
    pub fn open_to_read(uri_or_path: &str) -> Result<Self> {
        Db::open_to_read(uri_or_path).map(Self::of)
    }

    /// Whether the database file that a `sqlite:` URI or a path names is there.
    pub fn exists(uri_or_path: &str) -> Result<bool> {
        Ok(super::uri::database_path(uri_or_path)?.exists())
    }

    /// The same with other places for artifacts.
    pub fn open_with(uri_or_path: &str, roots: &ArtifactRoots) -> Result<Self> {
        Db::open_with(uri_or_path, roots).map(Self::of)
    }

    fn of(db: Db) -> Self {
        Self { db: Arc::new(db), turns: Arc::new(Semaphore::new(CALLS_AT_ONCE)) }
    }

    /// The database itself, for synchronous work.
    #[must_use]
    pub fn db(&self) -> &Arc<Db> {
        &self.db
    }

    /// Runs synchronous work on the database where it may block.
    pub async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let db = Arc::clone(&self.db);
        // With the work, which goes on where nobody waits for it any more.
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let work = move || {
            let outcome = work(&db);
            drop(turn);
            outcome
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
            Err(TrackingError::new(
                ErrorKind::Unavailable,
                "the tracking database was left in the middle of a call",
            )
            .caused_by(error))
        })
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    fn uri(&self) -> &str {
        self.db.uri()
    }

    fn is_local(&self) -> bool {
        true
    }

    async fn change_mark(&self) -> Result<Option<u64>> {
        self.call(Db::change_mark).await
    }

    fn registry(&self) -> &dyn Registry {
        self
    }

    async fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>> {
        let name = name.to_owned();
        self.call(move |db| db.experiment_by_name(&name)).await
    }

    async fn create_experiment(&self, name: &str) -> Result<ExperimentId> {
        let name = name.to_owned();
        self.call(move |db| {
            let (key, value) = EXPERIMENT_KIND;
            db.create_experiment(&name, None, &[(key.to_owned(), value.to_owned())])
        })
        .await
    }

    async fn experiments(&self) -> Result<Vec<Experiment>> {
        self.call(|db| {
            let mut query = ExperimentQuery { max_results: EXPERIMENTS_PAGE, ..ExperimentQuery::default() };
            let mut all = Vec::new();
            loop {
                let page = db.search_experiments(&query)?;
                all.extend(page.items);
                match page.next {
                    Some(token) => query.page_token = Some(token),
                    None => return Ok(all),
                }
            }
        })
        .await
    }

    async fn create_run(&self, run: &NewRun) -> Result<RunInfo> {
        let run = run.clone();
        self.call(move |db| db.create_run(&run)).await
    }

    async fn create_past_runs(&self, runs: &[PastRun]) -> Result<Vec<RunInfo>> {
        let runs = runs.to_vec();
        self.call(move |db| db.create_past_runs(&runs)).await
    }

    async fn run(&self, id: &RunId) -> Result<Run> {
        let id = id.0.clone();
        self.call(move |db| db.run(&id)).await
    }

    async fn update_run(&self, id: &RunId, update: &RunUpdate) -> Result<()> {
        let (id, change) = (id.0.clone(), update.clone());
        self.call(move |db| db.update_run(&id, &change).map(drop)).await
    }

    async fn delete_run(&self, id: &RunId) -> Result<()> {
        let id = id.0.clone();
        self.call(move |db| db.delete_run(&id)).await
    }

    async fn restore_run(&self, id: &RunId) -> Result<()> {
        let id = id.0.clone();
        self.call(move |db| db.restore_run(&id)).await
    }

    async fn search_runs(&self, query: &RunQuery) -> Result<Page<Run>> {
        let query = query.clone();
        self.call(move |db| db.search_runs(&query)).await
    }

    async fn log_param(&self, id: &RunId, key: &str, value: &str) -> Result<ParamWrite> {
        let (id, key, value) = (id.0.clone(), key.to_owned(), value.to_owned());
        self.call(move |db| {
            Ok(match db.log_param(&id, &key, &value)? {
                ParamOutcome::Held => ParamWrite::Held,
                ParamOutcome::Conflict(_) => ParamWrite::Refused,
            })
        })
        .await
    }

    async fn log_batch(
        &self,
        id: &RunId,
        metrics: &[Metric],
        params: &[(String, String)],
        tags: &[(String, String)],
    ) -> Result<()> {
        let id = id.0.clone();
        let (metrics, params, tags) = (metrics.to_vec(), params.to_vec(), tags.to_vec());
        self.call(move |db| db.log_batch(&id, &metrics, &params, &tags)).await
    }

    async fn conclude_run(
        &self,
        id: &RunId,
        params: &[(String, String)],
        tags: &[(String, String)],
        end: &RunUpdate,
    ) -> Result<()> {
        let (id, params, tags, end) = (id.0.clone(), params.to_vec(), tags.to_vec(), end.clone());
        self.call(move |db| db.conclude_run(&id, &params, &tags, &end)).await
    }

    async fn metric_history(&self, id: &RunId, key: &str) -> Result<Vec<Metric>> {
        let (id, key) = (id.0.clone(), key.to_owned());
        self.call(move |db| Ok(db.metric_history(&id, &key, None, None)?.items)).await
    }

    async fn put_artifact(&self, run: &RunInfo, path: &str, bytes: Vec<u8>) -> Result<()> {
        local_artifacts::put(self.db.artifact_folder(&run.artifact_uri)?, path.to_owned(), bytes).await
    }

    async fn artifact(&self, run: &RunInfo, path: &str) -> Result<Vec<u8>> {
        local_artifacts::get(self.db.artifact_folder(&run.artifact_uri)?, path.to_owned()).await
    }

    async fn artifact_into(&self, run: &RunInfo, path: &str, into: &mut ArtifactUpload) -> Result<()> {
        local_artifacts::copy(self.db.artifact_folder(&run.artifact_uri)?, path, into).await
    }

    async fn put_artifact_file(&self, run: &RunInfo, path: &str, file: &File) -> Result<()> {
        local_artifacts::put_file(self.db.artifact_folder(&run.artifact_uri)?, path, file).await
    }

    async fn artifacts(&self, run: &RunInfo, path: &str) -> Result<Vec<ArtifactEntry>> {
        local_artifacts::list(self.db.artifact_folder(&run.artifact_uri)?, path.to_owned()).await
    }
}
