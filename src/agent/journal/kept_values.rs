//! What `sweep log` could not deliver: it waits in the journal, and the agent that settles the trial delivers it.

use std::fs::File;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::values::{is_refusal, log_values};
use crate::tracking::{ErrorKind, Metric, Result, RunId, Store};

/// The format of what is written to the journal. Files without a number are of the first version, which had none.
pub(in crate::agent) const VERSION: u32 = 2;
/// The format of values with files beside them, which programs of version 2 must not take for delivered.
pub(in crate::agent) const WITH_FILES: u32 = 3;

/// A file that is to be an artifact.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct KeptArtifact {
    /// Its path among the run's artifacts.
    pub(super) path: String,
    /// The name of the copy in the journal's folder.
    pub(super) copy: String,
}

/// Values for one run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptValues {
    version: u32,
    run: RunId,
    /// Key, value, time and step. JSON has no NaN, and text keeps every bit.
    metrics: Vec<(String, String, i64, i64)>,
    params: Vec<(String, String)>,
    tags: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    artifacts: Vec<KeptArtifact>,
}

impl KeptValues {
    /// For this run.
    #[must_use]
    pub fn new(
        run: RunId,
        metrics: &[Metric],
        params: &[(String, String)],
        tags: &[(String, String)],
    ) -> Self {
        let metrics = metrics.iter().map(kept).collect();
        let (params, tags, artifacts) = (params.to_vec(), tags.to_vec(), Vec::new());
        Self { version: VERSION, run, metrics, params, tags, artifacts }
    }

    /// Files for this run.
    pub(super) fn of_files(run: RunId, artifacts: Vec<KeptArtifact>) -> Self {
        Self { version: WITH_FILES, artifacts, ..Self::new(run, &[], &[], &[]) }
    }

    /// The names of its files in the journal's folder.
    pub(super) fn copies(&self) -> impl Iterator<Item = &str> {
        self.artifacts.iter().map(|artifact| artifact.copy.as_str())
    }

    /// Logs them, with the files that lie in `folder`; how many of them the store refused for what they are.
    pub(in crate::agent) async fn deliver(&self, store: &dyn Store, folder: &Path) -> Result<usize> {
        let metrics: Vec<Metric> = self.metrics.iter().map(unkept).collect();
        let mut refused = log_values(store, &self.run, &metrics).await?;
        for (name, value) in &self.params {
            match store.log_param(&self.run, name, value).await {
                Ok(_) => {}
                Err(error) if is_refusal(&error) => refused += 1,
                Err(error) => return Err(error),
            }
        }
        for tag in &self.tags {
            match store.log_batch(&self.run, &[], &[], std::slice::from_ref(tag)).await {
                Ok(()) => {}
                Err(error) if is_refusal(&error) => refused += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(refused + self.deliver_files(store, folder).await?)
    }

    async fn deliver_files(&self, store: &dyn Store, folder: &Path) -> Result<usize> {
        if self.artifacts.is_empty() {
            return Ok(0);
        }
        let info = store.run(&self.run).await?.info;
        let mut refused = 0;
        for KeptArtifact { path, copy } in &self.artifacts {
            let sent = match File::open(folder.join(copy)) {
                Ok(file) => store.put_artifact_file(&info, path, &file).await,
                Err(error) => {
                    tracing::warn!(%error, path, "a file of the journal can't be read");
                    refused += 1;
                    continue;
                }
            };
            match sent {
                Ok(()) => {}
                // A place that can't be written from here will not be written later.
                Err(error) if is_refusal(&error) || error.kind == ErrorKind::Unsupported => {
                    tracing::warn!(%error, path, "a file was refused");
                    refused += 1;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(refused)
    }
}

/// A value as the journal keeps it.
pub(in crate::agent) fn kept(metric: &Metric) -> (String, String, i64, i64) {
    (metric.key.clone(), metric.value.to_string(), metric.timestamp, metric.step)
}

/// A value as it was.
pub(in crate::agent) fn unkept((key, value, timestamp, step): &(String, String, i64, i64)) -> Metric {
    let value = value.parse().unwrap_or(f64::NAN);
    Metric { key: key.clone(), value, timestamp: *timestamp, step: *step }
}
