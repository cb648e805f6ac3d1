//! The REST store: any MLflow tracking server, with its own authentication.

mod answer;
mod artifacts;
mod client;
mod connect;
mod expect;
mod probe;
mod refusal;
mod registry;
mod settings;
#[cfg(test)]
mod tests;
mod tries;
mod trust;
mod window;

use std::fs::File;

use async_trait::async_trait;
use serde::Serialize;

use answer::EmptyResponse;
use client::Client;
pub use probe::Probe;
pub use settings::{Environment, Login, ServerSettings};

use super::error::{ErrorKind, Result};
use super::local_artifacts::ArtifactUpload;
use super::outage::Outage;
use super::pages::Pages;
use super::protocol::{
    ArtifactEntry, CreateExperiment, Experiment, ExperimentId, LogBatch, LogMetric, Metric, MetricEntry,
    MetricHistory, NewRun, One, Page, Run, RunId, RunInfo, RunPair, RunQuery, RunUpdate, SearchExperiments,
    SearchRuns, UpdateRun, WhichExperiment, WhichRun,
};
use super::registry::Registry;
use super::store::{EXPERIMENT_KIND, ParamWrite, Store};

// What one log-batch may hold, as MLflow limits it (1,000 entries in all).
const MOST_METRICS: usize = 800;
const MOST_PARAMS: usize = 100;
const MOST_TAGS: usize = 100;
/// Experiments of one page.
const EXPERIMENTS_PAGE: i64 = 1000;
/// Values of a metric of one page, the most that a server gives.
const HISTORY_PAGE: i64 = 25_000;

/// A tracking server.
pub struct RestStore {
    client: Client,
    uri: String,
}

impl RestStore {
    /// Sets the client up; the server is not called yet.
    ///
    /// # Errors
    /// `Io` or `Invalid` where a certificate can't be read or the credentials can't be sent.
    pub fn new(settings: ServerSettings) -> Result<Self> {
        let uri = settings.display_uri();
        Ok(Self { client: Client::new(settings)?, uri })
    }

    /// Tries as long as settings say from the first request on: the address is known to be right.
    #[must_use]
    pub fn known(self) -> Self {
        self.client.is_known();
        self
    }

    /// Whether the server is away, and since when.
    #[must_use]
    pub fn outages(&self) -> tokio::sync::watch::Receiver<Option<Outage>> {
        self.client.outages()
    }

    /// Requests sent so far, further tries included.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.client.calls()
    }
}

impl RestStore {
    /// Deletes what an earlier try made whose answer was lost: runs that are in nothing different from `made`, and in
    /// which nothing has been logged.
    async fn delete_copies(&self, asked: &NewRun, made: &RunInfo) -> Result<()> {
        let query = RunQuery {
            experiment_ids: vec![asked.experiment_id.clone()],
            filter: format!("attributes.start_time = {} AND attributes.status = 'RUNNING'", asked.start_time),
            max_results: 1000,
            ..RunQuery::default()
        };
        for found in self.search_runs(&query).await?.items {
            let unused = found.params.is_empty() && found.metrics.is_empty();
            let same = found.info.name == made.name
                && asked.tags.iter().all(|(key, value)| found.tag(key) == Some(value.as_str()));
            // The server adds tags of its own; any other one says that somebody works with the run.
            let in_use = found.tags.iter().any(|(key, _)| {
                !key.starts_with("mlflow.") && !asked.tags.iter().any(|(asked, _)| asked == key)
            });
            if found.info.id != made.id && unused && same && !in_use {
                self.delete_run(&found.info.id).await?;
            }
        }
        Ok(())
    }

    /// One value by its own request, see [`Self::set_tag`].
    async fn log_metric(&self, id: &RunId, metric: &Metric) -> Result<()> {
        let run = WhichRun { run_id: id.clone() };
        self.write("runs/log-metric", &LogMetric { run, metric: metric.clone().into() }).await
    }

    /// One tag by its own request: for a batch MLflow holds one connection to its database while it waits for a second,
    /// so that as many writers as it has connections stand still for half a minute.
    async fn set_tag(&self, id: &RunId, key: &str, value: &str) -> Result<()> {
        let run = WhichRun { run_id: id.clone() };
        self.write("runs/set-tag", &RunPair { run, key: key.to_owned(), value: value.to_owned() }).await
    }

    /// Writes to a run, a second time where two writers of one tag or param meet: the server's own race, which the second
    /// try wins where the values are equal.
    async fn write(&self, path: &str, request: &impl Serialize) -> Result<()> {
        let first: Result<EmptyResponse> = self.client.post(path, request).await;
        match first {
            Err(error) if error.kind == ErrorKind::Invalid => {
                tracing::debug!(%error, path, "sent once more");
                self.client.post(path, request).await.map(|_: EmptyResponse| ())
            }
            answer => answer.map(drop),
        }
    }
}

#[async_trait]
impl Store for RestStore {
    fn uri(&self) -> &str {
        &self.uri
    }

    fn registry(&self) -> &dyn Registry {
        self
    }

    async fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>> {
        let answer: Result<One<Experiment>> =
            self.client.get("experiments/get-by-name", &[("experiment_name", name)]).await;
        match answer {
            Ok(One(experiment)) => Ok(Some(experiment)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create_experiment(&self, name: &str) -> Result<ExperimentId> {
        let (key, value) = EXPERIMENT_KIND;
        let request = CreateExperiment {
            name: name.to_owned(),
            tags: vec![(key.to_owned(), value.to_owned())],
            ..CreateExperiment::default()
        };
        let made: WhichExperiment = self.client.post("experiments/create", &request).await?;
        Ok(made.experiment_id)
    }

    async fn experiments(&self) -> Result<Vec<Experiment>> {
        let mut all = Vec::new();
        let mut pages = Pages::default();
        let mut request =
            SearchExperiments { max_results: Some(EXPERIMENTS_PAGE), ..SearchExperiments::default() };
        loop {
            let page: Page<Experiment> = self.client.post("experiments/search", &request).await?;
            all.extend(page.items);
            request.page_token = pages.next(page.next)?;
            if request.page_token.is_none() {
                return Ok(all);
            }
        }
    }

    async fn create_run(&self, run: &NewRun) -> Result<RunInfo> {
        let (One(made), again): (One<Run>, bool) = self.client.post_counted("runs/create", run).await?;
        let info = made.info;
        if again && let Err(error) = self.delete_copies(run, &info).await {
            tracing::debug!(%error, "a copy of run {} may be left", info.id);
        }
        Ok(info)
    }

    async fn run(&self, id: &RunId) -> Result<Run> {
        let One(run) = self.client.get("runs/get", &[("run_id", id.as_str())]).await?;
        Ok(run)
    }

    async fn update_run(&self, id: &RunId, update: &RunUpdate) -> Result<()> {
        let request = UpdateRun::new(id.clone(), update.clone());
        let _: One<RunInfo> = self.client.post("runs/update", &request).await?;
        Ok(())
    }

    async fn delete_run(&self, id: &RunId) -> Result<()> {
        let _: EmptyResponse = self.client.post("runs/delete", &WhichRun { run_id: id.clone() }).await?;
        Ok(())
    }

    async fn restore_run(&self, id: &RunId) -> Result<()> {
        let _: EmptyResponse = self.client.post("runs/restore", &WhichRun { run_id: id.clone() }).await?;
        Ok(())
    }

    async fn search_runs(&self, query: &RunQuery) -> Result<Page<Run>> {
        self.client.post("runs/search", &SearchRuns::from(query)).await
    }

    async fn log_param(&self, id: &RunId, key: &str, value: &str) -> Result<ParamWrite> {
        let run = WhichRun { run_id: id.clone() };
        let request = RunPair { run, key: key.to_owned(), value: value.to_owned() };
        let answer: Result<EmptyResponse> = self.client.post("runs/log-parameter", &request).await;
        match answer {
            Ok(_) => Ok(ParamWrite::Held),
            Err(error) if error.kind == ErrorKind::Invalid => {
                // The same code answers for a key that can't be, and for a run that was deleted. The words decide
                // where they are known; else the run is asked, which costs more.
                if error.message.contains("Changing param values is not allowed") {
                    return Ok(ParamWrite::Refused);
                }
                match self.run(id).await?.param(key) {
                    Some(held) if held == value => Ok(ParamWrite::Held),
                    Some(_) => Ok(ParamWrite::Refused),
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn log_batch(
        &self,
        id: &RunId,
        metrics: &[Metric],
        params: &[(String, String)],
        tags: &[(String, String)],
    ) -> Result<()> {
        match (metrics, params, tags) {
            ([], [], [(key, value)]) => return self.set_tag(id, key, value).await,
            ([metric], [], []) if metric.value.is_finite() => return self.log_metric(id, metric).await,
            _ => {}
        }
        let (mut metrics, mut params, mut tags) =
            (metrics.chunks(MOST_METRICS), params.chunks(MOST_PARAMS), tags.chunks(MOST_TAGS));
        loop {
            let (metrics, params, tags) = (metrics.next(), params.next(), tags.next());
            if metrics.is_none() && params.is_none() && tags.is_none() {
                return Ok(());
            }
            let metrics = metrics.unwrap_or_default().iter().cloned();
            let request = LogBatch {
                run: WhichRun { run_id: id.clone() },
                metrics: metrics.map(MetricEntry::from).collect(),
                params: params.unwrap_or_default().to_vec(),
                tags: tags.unwrap_or_default().to_vec(),
            };
            self.write("runs/log-batch", &request).await?;
        }
    }

    async fn metric_history(&self, id: &RunId, key: &str) -> Result<Vec<Metric>> {
        let mut all = Vec::new();
        let mut pages = Pages::default();
        let mut request = MetricHistory {
            run: WhichRun { run_id: id.clone() },
            metric_key: key.to_owned(),
            max_results: Some(HISTORY_PAGE),
            page_token: None,
        };
        loop {
            let page: Page<Metric> = self.client.query("metrics/get-history", &request).await?;
            all.extend(page.items);
            request.page_token = pages.next(page.next)?;
            if request.page_token.is_none() {
                return Ok(all);
            }
        }
    }

    async fn put_artifact(&self, run: &RunInfo, path: &str, bytes: Vec<u8>) -> Result<()> {
        artifacts::put(&self.client, run, path, bytes).await
    }

    async fn artifact(&self, run: &RunInfo, path: &str) -> Result<Vec<u8>> {
        artifacts::get(&self.client, run, path).await
    }

    async fn artifact_into(&self, run: &RunInfo, path: &str, into: &mut ArtifactUpload) -> Result<()> {
        artifacts::fetch(&self.client, run, path, into).await
    }

    async fn put_artifact_file(&self, run: &RunInfo, path: &str, file: &File) -> Result<()> {
        artifacts::put_file(&self.client, run, path, file).await
    }

    async fn artifacts(&self, run: &RunInfo, path: &str) -> Result<Vec<ArtifactEntry>> {
        artifacts::list(&self.client, run, path).await
    }
}
