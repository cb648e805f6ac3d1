//! What `sweep log` could not deliver: it waits in the journal, and the agent that settles the trial delivers it.

use serde::{Deserialize, Serialize};

use super::values::{is_refusal, log_values};
use crate::tracking::{Metric, Result, RunId, Store};

/// The format of what is written to the journal. Files without a number are of the first version, which had none.
pub(in crate::agent) const VERSION: u32 = 2;

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
    pub(in crate::agent) async fn deliver(&self, store: &dyn Store) -> Result<usize> {
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
pub(in crate::agent) fn kept(metric: &Metric) -> (String, String, i64, i64) {
    (metric.key.clone(), metric.value.to_string(), metric.timestamp, metric.step)
}

/// A value as it was.
pub(in crate::agent) fn unkept((key, value, timestamp, step): &(String, String, i64, i64)) -> Metric {
    let value = value.parse().unwrap_or(f64::NAN);
    Metric { key: key.clone(), value, timestamp: *timestamp, step: *step }
}
