//! The REST store: any MLflow tracking server, with its own authentication.

mod answer;
mod artifacts;
mod client;
mod connect;
mod probe;
mod registry;
mod settings;
#[cfg(test)]
mod tests;
mod tries;
mod trust;
mod wire;

use std::fs::File;

use async_trait::async_trait;
use serde_json::json;

use client::Client;
pub use probe::{FirstCall, Probe};
pub use settings::{Environment, Login, Secret, Settings};
use wire::{
    CreatedExperiment, Done, ExperimentAnswer, ExperimentsAnswer, HistoryAnswer, KeyValue, RunAnswer,
    RunsAnswer, UpdatedRun, WireMetric,
};

use super::error::{ErrorKind, Result};
use super::local_artifacts::Upload;
use super::model::{
    ArtifactEntry, Experiment, ExperimentId, Metric, NewRun, Page, Run, RunId, RunInfo, RunQuery, RunUpdate,
};
use super::outage::Outage;
use super::pages::Pages;
use super::registry::Registry;
use super::store::{EXPERIMENT_KIND, ParamWrite, Store};

// What one log-batch may hold, as MLflow limits it (1,000 entries in all).
const MOST_METRICS: usize = 800;
const MOST_PARAMS: usize = 100;
const MOST_TAGS: usize = 100;

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
    pub fn new(settings: Settings) -> Result<Self> {
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
        let answer: Result<ExperimentAnswer> =
            self.client.get("experiments/get-by-name", &[("experiment_name", name)]).await;
        match answer {
            Ok(answer) => Ok(Some(answer.experiment.into())),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create_experiment(&self, name: &str) -> Result<ExperimentId> {
        let answer: CreatedExperiment = {
            let (key, value) = EXPERIMENT_KIND;
            let request = json!({ "name": name, "tags": [{ "key": key, "value": value }] });
            self.client.post("experiments/create", &request).await?
        };
        Ok(ExperimentId(answer.experiment_id))
    }

    async fn experiments(&self) -> Result<Vec<Experiment>> {
        let mut all = Vec::new();
        let (mut page_token, mut pages) = (None, Pages::default());
        loop {
            let request = json!({ "max_results": 1000, "page_token": page_token });
            let answer: ExperimentsAnswer = self.client.post("experiments/search", &request).await?;
            all.extend(answer.experiments.into_iter().map(Experiment::from));
            page_token = pages.next(answer.next_page_token)?;
            if page_token.is_none() {
                return Ok(all);
            }
        }
    }

    async fn create_run(&self, run: &NewRun) -> Result<RunInfo> {
        let request = json!({
            "experiment_id": run.experiment_id,
            "run_name": run.name,
            "user_id": run.user,
            "start_time": run.start_time,
            "tags": KeyValue::list(&run.tags),
        });
        let (answer, again): (RunAnswer, bool) = self.client.post_counted("runs/create", request).await?;
        let info = Run::try_from(answer.run)?.info;
        if again && let Err(error) = self.delete_copies(run, &info).await {
            tracing::debug!(%error, "a copy of run {} may be left", info.id);
        }
        Ok(info)
    }

    async fn run(&self, id: &RunId) -> Result<Run> {
        let answer: RunAnswer = self.client.get("runs/get", &[("run_id", id.as_str())]).await?;
        answer.run.try_into()
    }

    async fn update_run(&self, id: &RunId, update: &RunUpdate) -> Result<()> {
        let mut request = json!({ "run_id": id });
        if let Some(status) = update.status {
            request["status"] = status.as_str().into();
        }
        if let Some(end_time) = update.end_time {
            request["end_time"] = end_time.into();
        }
        if let Some(name) = &update.name {
            request["run_name"] = name.as_str().into();
        }
        let _: UpdatedRun = self.client.post("runs/update", &request).await?;
        Ok(())
    }

    async fn delete_run(&self, id: &RunId) -> Result<()> {
        let _: Done = self.client.post("runs/delete", &json!({ "run_id": id })).await?;
        Ok(())
    }

    async fn search_runs(&self, query: &RunQuery) -> Result<Page<Run>> {
        let request = json!({
            "experiment_ids": query.experiment_ids,
            "filter": query.filter,
            "order_by": query.order_by,
            "max_results": query.max_results,
            "page_token": query.page_token,
            "run_view_type": if query.deleted { "DELETED_ONLY" } else { "ACTIVE_ONLY" },
        });
        let answer: RunsAnswer = self.client.post("runs/search", &request).await?;
        answer.try_into()
    }

    async fn log_param(&self, id: &RunId, key: &str, value: &str) -> Result<ParamWrite> {
        let request = json!({ "run_id": id, "key": key, "value": value });
        let answer: Result<Done> = self.client.post("runs/log-parameter", &request).await;
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
        let (mut metrics, mut params, mut tags) =
            (metrics.chunks(MOST_METRICS), params.chunks(MOST_PARAMS), tags.chunks(MOST_TAGS));
        loop {
            let (metrics, params, tags) = (metrics.next(), params.next(), tags.next());
            if metrics.is_none() && params.is_none() && tags.is_none() {
                return Ok(());
            }
            let metrics: Vec<WireMetric> = metrics.unwrap_or_default().iter().map(WireMetric::from).collect();
            let request = json!({
                "run_id": id,
                "metrics": metrics,
                "params": KeyValue::list(params.unwrap_or_default()),
                "tags": KeyValue::list(tags.unwrap_or_default()),
            });
            let answer: Result<Done> = self.client.post("runs/log-batch", &request).await;
            match answer {
                Ok(_) => {}
                // Two writers of one tag or param: the server's own race, which a second try wins where the values
                // are equal.
                Err(error) if error.kind == ErrorKind::Invalid => {
                    tracing::debug!(%error, run = %id, "the batch is sent once more");
                    let _: Done = self.client.post("runs/log-batch", &request).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn metric_history(&self, id: &RunId, key: &str) -> Result<Vec<Metric>> {
        let mut all = Vec::new();
        let (mut token, mut pages) = (String::new(), Pages::default());
        loop {
            let mut query = vec![("run_id", id.as_str()), ("metric_key", key), ("max_results", "25000")];
            if !token.is_empty() {
                query.push(("page_token", &token));
            }
            let answer: HistoryAnswer = self.client.get("metrics/get-history", &query).await?;
            all.extend(answer.metrics.into_iter().map(Metric::from));
            match pages.next(answer.next_page_token)? {
                Some(next) => token = next,
                None => return Ok(all),
            }
        }
    }

    async fn put_artifact(&self, run: &RunInfo, path: &str, bytes: Vec<u8>) -> Result<()> {
        artifacts::put(&self.client, run, path, bytes).await
    }

    async fn artifact(&self, run: &RunInfo, path: &str) -> Result<Vec<u8>> {
        artifacts::get(&self.client, run, path).await
    }

    async fn artifact_into(&self, run: &RunInfo, path: &str, into: &mut Upload) -> Result<()> {
        artifacts::fetch(&self.client, run, path, into).await
    }

    async fn put_artifact_file(&self, run: &RunInfo, path: &str, file: &File) -> Result<()> {
        artifacts::put_file(&self.client, run, path, file).await
    }

    async fn artifacts(&self, run: &RunInfo, path: &str) -> Result<Vec<ArtifactEntry>> {
        artifacts::list(&self.client, run, path).await
    }
}
