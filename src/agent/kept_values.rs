//! What `sweep log` could not deliver: it waits in the journal, and whoever settles the trial delivers it.

use serde::{Deserialize, Serialize};

use super::journal::{FoundValues, Journal, VERSION, set_aside};
use super::values::{is_refusal, log_values};
use crate::tracking::{Metric, Result, RunId, Store};

/// Values for one run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptValues {
    version: u32,
    run: RunId,
    /// Key, value, time and step. JSON has no NaN, and text keeps every bit.
    metrics: Vec<(String, String, i64, i64)>,
    params: Vec<(String, String)>,
    tags: Vec<(String, String)>,
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
        Self { version: VERSION, run, metrics, params: params.to_vec(), tags: tags.to_vec() }
    }

    /// Logs them; how many of them the store refused for what they are.
    async fn deliver(&self, store: &dyn Store) -> Result<usize> {
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
        Ok(refused)
    }
}

/// A value as the journal keeps it.
pub(super) fn kept(metric: &Metric) -> (String, String, i64, i64) {
    (metric.key.clone(), metric.value.to_string(), metric.timestamp, metric.step)
}

/// A value as it was.
pub(super) fn unkept((key, value, timestamp, step): &(String, String, i64, i64)) -> Metric {
    let value = value.parse().unwrap_or(f64::NAN);
    Metric { key: key.clone(), value, timestamp: *timestamp, step: *step }
}

/// What became of files of values.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct DeliveredValues {
    /// Files that are delivered, and gone.
    pub(super) files: usize,
    /// Values that the store refused for what they are.
    pub(super) refused: usize,
    /// Files that can never be delivered, and are set aside.
    pub(super) set_aside: usize,
}

/// Delivers what the scripts of this trial, or of all, could not; what the store does not take now stays.
pub(super) async fn deliver_kept_values(
    journal: &Journal,
    store: &dyn Store,
    trial_run: Option<&RunId>,
) -> Result<DeliveredValues> {
    let mut delivered = DeliveredValues::default();
    for FoundValues { path, values } in journal.values(trial_run) {
        let outcome = match values {
            Ok(values) => values.deliver(store).await,
            // Another agent has delivered them meanwhile.
            Err(_) if !path.exists() => continue,
            Err(why) => {
                tracing::warn!(path = %path.display(), why, "unreadable");
                set_aside(&path);
                delivered.set_aside += 1;
                continue;
            }
        };
        match outcome {
            Ok(refused) => {
                delivered.files += 1;
                delivered.refused += refused;
                // Should this fail, they are delivered again, which is harmless.
                let _ = std::fs::remove_file(&path);
            }
            // The run is gone.
            Err(error) if is_refusal(&error) => {
                set_aside(&path);
                delivered.set_aside += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(delivered)
}
