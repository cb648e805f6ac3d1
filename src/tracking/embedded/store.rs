//! The embedded store behind the port: each call runs [`Db`] on a thread where it may block.

use std::fs::File;
use std::sync::Arc;

use async_trait::async_trait;

use super::batch::Batch;
use super::db::Db;
use super::experiments::{ExperimentQuery, View};
use super::params::ParamOutcome;
use super::record::Pair;
use super::roots::Roots;
use super::runs::{CreateRun, RunChange};
use super::search::RunSearch;
use crate::tracking::local_artifacts::Upload;
use crate::tracking::{
    ArtifactEntry, EXPERIMENT_KIND, ErrorKind, Experiment, ExperimentId, Metric, NewRun, Page, ParamWrite,
    PastRun, Registry, Result, Run, RunId, RunInfo, RunQuery, RunUpdate, Store, TrackingError,
    local_artifacts,
};

/// Experiments of one page while all of them are read.
const EXPERIMENTS_PAGE: usize = 1000;

/// A tracking store in a SQLite file. Clones share one database.
#[derive(Debug, Clone)]
pub struct EmbeddedStore {
    db: Arc<Db>,
}

impl EmbeddedStore {
    /// Opens the database that a `sqlite:` URI or a path names; makes it, and its folder, where it is missing.
    pub fn open(uri_or_path: &str) -> Result<Self> {
        Ok(Self { db: Arc::new(Db::open(uri_or_path)?) })
    }

    /// Opens a database to read: one that can't be written, too.
    pub fn open_to_read(uri_or_path: &str) -> Result<Self> {
        Ok(Self { db: Arc::new(Db::open_to_read(uri_or_path)?) })
    }

    /// Whether the database file that a `sqlite:` URI or a path names is there.
    pub fn exists(uri_or_path: &str) -> Result<bool> {
        Ok(super::uri::database_path(uri_or_path)?.exists())
    }

    /// The same with other places for artifacts.
    pub fn open_with(uri_or_path: &str, roots: &Roots) -> Result<Self> {
        Ok(Self { db: Arc::new(Db::open_with(uri_or_path, roots)?) })
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
        tokio::task::spawn_blocking(move || work(&db)).await.unwrap_or_else(|error| {
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

    fn registry(&self) -> &dyn Registry {
        self
    }

    async fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>> {
        let name = name.to_owned();
        self.call(move |db| Ok(db.experiment_by_name(&name)?.map(Experiment::from))).await
    }

    async fn create_experiment(&self, name: &str) -> Result<ExperimentId> {
        let name = name.to_owned();
        self.call(move |db| {
            let kind = Pair::new(EXPERIMENT_KIND.0, EXPERIMENT_KIND.1);
            db.create_experiment(&name, None, &[kind]).map(ExperimentId)
        })
        .await
    }

    async fn experiments(&self) -> Result<Vec<Experiment>> {
        self.call(|db| {
            let mut query = ExperimentQuery {
                max_results: EXPERIMENTS_PAGE,
                view: View::Active,
                ..ExperimentQuery::default()
            };
            let mut all = Vec::new();
            loop {
                let page = db.search_experiments(&query)?;
                all.extend(page.items.into_iter().map(Experiment::from));
                match page.next {
                    Some(token) => query.page_token = Some(token),
                    None => return Ok(all),
                }
            }
        })
        .await
    }

    async fn create_run(&self, run: &NewRun) -> Result<RunInfo> {
        let run = CreateRun::from(run);
        self.call(move |db| Ok(db.create_run(&run)?.info.into())).await
    }

    async fn create_past_runs(&self, runs: &[PastRun]) -> Result<Vec<RunInfo>> {
        let runs = runs.to_vec();
        self.call(move |db| Ok(db.create_past_runs(&runs)?.into_iter().map(RunInfo::from).collect())).await
    }

    async fn run(&self, id: &RunId) -> Result<Run> {
        let id = id.0.clone();
        self.call(move |db| Ok(db.run(&id)?.into())).await
    }

    async fn update_run(&self, id: &RunId, update: &RunUpdate) -> Result<()> {
        let id = id.0.clone();
        let change =
            RunChange { status: update.status, end_time: update.end_time, name: update.name.clone() };
        self.call(move |db| db.update_run(&id, &change).map(drop)).await
    }

    async fn delete_run(&self, id: &RunId) -> Result<()> {
        let id = id.0.clone();
        self.call(move |db| db.delete_run(&id)).await
    }

    async fn search_runs(&self, query: &RunQuery) -> Result<Page<Run>> {
        let search = RunSearch {
            experiment_ids: query.experiment_ids.iter().map(|id| id.0.clone()).collect(),
            filter: query.filter.clone(),
            order_by: query.order_by.clone(),
            view: if query.deleted { View::Deleted } else { View::Active },
            max_results: query.max_results,
            page_token: query.page_token.clone(),
            want: query.want.clone(),
        };
        self.call(move |db| {
            let page = db.search_runs(&search)?;
            Ok(Page { items: page.items.into_iter().map(Run::from).collect(), next: page.next })
        })
        .await
    }

    async fn log_param(&self, id: &RunId, key: &str, value: &str) -> Result<ParamWrite> {
        let (id, param) = (id.0.clone(), Pair::new(key, value));
        self.call(move |db| {
            Ok(match db.log_param(&id, &param)? {
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
        let batch = Batch { metrics: metrics.to_vec(), params: pairs(params), tags: pairs(tags) };
        self.call(move |db| db.log_batch(&id, &batch)).await
    }

    async fn metric_history(&self, id: &RunId, key: &str) -> Result<Vec<Metric>> {
        let (id, key) = (id.0.clone(), key.to_owned());
        self.call(move |db| {
            let history = db.metric_history(&id, &key, None, None)?.items;
            Ok(history.into_iter().map(Metric::decoded).collect())
        })
        .await
    }

    async fn put_artifact(&self, run: &RunInfo, path: &str, bytes: Vec<u8>) -> Result<()> {
        local_artifacts::put(self.db.artifact_folder(&run.artifact_uri)?, path.to_owned(), bytes).await
    }

    async fn artifact(&self, run: &RunInfo, path: &str) -> Result<Vec<u8>> {
        local_artifacts::get(self.db.artifact_folder(&run.artifact_uri)?, path.to_owned()).await
    }

    async fn artifact_into(&self, run: &RunInfo, path: &str, into: &mut Upload) -> Result<()> {
        local_artifacts::copy(&self.db.artifact_folder(&run.artifact_uri)?, path, into)
    }

    async fn put_artifact_file(&self, run: &RunInfo, path: &str, file: &File) -> Result<()> {
        local_artifacts::put_file(&self.db.artifact_folder(&run.artifact_uri)?, path, file)
    }

    async fn artifacts(&self, run: &RunInfo, path: &str) -> Result<Vec<ArtifactEntry>> {
        local_artifacts::list(self.db.artifact_folder(&run.artifact_uri)?, path.to_owned()).await
    }
}

fn pairs(tags: &[(String, String)]) -> Vec<Pair> {
    tags.iter().map(|(key, value)| Pair::new(key.as_str(), value.as_str())).collect()
}
