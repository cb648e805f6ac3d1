//! Values of metrics.

use serde::{Deserialize, Serialize};

use super::form::text;
use super::id::RunId;
use super::number::{double, int64_or_zero, needed_int64};

/// One logged value of a metric; NaN and the infinities are themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Its name.
    pub key: String,
    /// Its value.
    #[serde(with = "double")]
    pub value: f64,
    /// When it was logged.
    #[serde(default, deserialize_with = "int64_or_zero")]
    pub timestamp: i64,
    /// The step it belongs to.
    #[serde(default, deserialize_with = "int64_or_zero")]
    pub step: i64,
}

/// A value of a metric as a client logs it: perhaps for a model that it was measured on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricEntry {
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub key: String,
    /// Its value.
    #[serde(with = "double")]
    pub value: f64,
    /// When it was logged.
    #[serde(deserialize_with = "needed_int64")]
    pub timestamp: i64,
    /// The step it belongs to.
    #[serde(default, deserialize_with = "int64_or_zero")]
    pub step: i64,
    /// The logged model that it was measured on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// The dataset that it was measured on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<String>,
    /// That dataset's digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_digest: Option<String>,
}

impl From<Metric> for MetricEntry {
    fn from(metric: Metric) -> Self {
        let Metric { key, value, timestamp, step } = metric;
        Self { key, value, timestamp, step, model_id: None, dataset_name: None, dataset_digest: None }
    }
}

impl MetricEntry {
    /// The value alone.
    #[must_use]
    pub fn metric(&self) -> Metric {
        Metric { key: self.key.clone(), value: self.value, timestamp: self.timestamp, step: self.step }
    }

    /// The dataset's name and digest, where both are given.
    #[must_use]
    pub fn dataset(&self) -> Option<(&str, &str)> {
        self.dataset_name.as_deref().zip(self.dataset_digest.as_deref())
    }
}

/// A value of a metric with the run it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunMetric {
    /// The value.
    #[serde(flatten)]
    pub metric: Metric,
    /// Its run.
    pub run_id: RunId,
}
