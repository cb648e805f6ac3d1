//! Requests about runs, as they are sent.

use serde::{Deserialize, Deserializer, Serialize};

use super::form::{list, text};
use super::id::{ExperimentId, RunId, both_ids};
use super::metric::MetricEntry;
use super::number::int64;
use super::pairs;
use super::run::{RunQuery, RunUpdate};
use super::status::new_status;
use crate::trial::RunStatus;

/// Which run. Clients send its id as `run_id`, as `run_uuid` or as both.
#[derive(Debug, Clone, Serialize)]
pub struct WhichRun {
    /// Its id.
    pub run_id: RunId,
}

impl<'de> Deserialize<'de> for WhichRun {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        both_ids::deserialize(deserializer).map(|run_id| Self { run_id })
    }
}

/// A change of a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct UpdateRun {
    /// The run.
    #[serde(flatten)]
    pub run: WhichRun,
    /// Its new state.
    #[serde(default, deserialize_with = "new_status", skip_serializing_if = "Option::is_none")]
    pub status: Option<RunStatus>,
    /// When it ended.
    #[serde(default, deserialize_with = "int64", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<i64>,
    /// Its new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_name: Option<String>,
}

impl UpdateRun {
    /// This change of this run.
    #[must_use]
    pub fn new(run_id: RunId, update: RunUpdate) -> Self {
        let RunUpdate { status, end_time, name } = update;
        Self { run: WhichRun { run_id }, status, end_time, run_name: name }
    }

    /// The run and what is to change.
    #[must_use]
    pub fn parts(self) -> (RunId, RunUpdate) {
        let update = RunUpdate { status: self.status, end_time: self.end_time, name: self.run_name };
        (self.run.run_id, update)
    }
}

/// A search among runs.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SearchRuns {
    /// The experiments to look in.
    #[serde(default, deserialize_with = "list")]
    pub experiment_ids: Vec<ExperimentId>,
    /// A filter in MLflow's language.
    #[serde(default, deserialize_with = "text")]
    pub filter: String,
    /// MLflow's word for a [`ViewType`](super::ViewType).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_view_type: Option<String>,
    /// Most runs of one page.
    #[serde(default, deserialize_with = "int64", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// `order_by` terms in MLflow's language.
    #[serde(default, deserialize_with = "list")]
    pub order_by: Vec<String>,
    /// Where the page starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
}

impl From<&RunQuery> for SearchRuns {
    fn from(query: &RunQuery) -> Self {
        Self {
            experiment_ids: query.experiment_ids.clone(),
            filter: query.filter.clone(),
            run_view_type: Some(query.view.as_str().to_owned()),
            max_results: Some(i64::try_from(query.max_results).unwrap_or(i64::MAX)),
            order_by: query.order_by.clone(),
            page_token: query.page_token.clone(),
        }
    }
}

/// A param or a tag of a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunPair {
    /// The run.
    #[serde(flatten)]
    pub run: WhichRun,
    /// Its key.
    #[serde(default, deserialize_with = "text")]
    pub key: String,
    /// Its value.
    #[serde(default, deserialize_with = "text")]
    pub value: String,
}

/// A value of a metric of a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct LogMetric {
    /// The run.
    #[serde(flatten)]
    pub run: WhichRun,
    /// The value.
    #[serde(flatten)]
    pub metric: MetricEntry,
}

/// Metrics, params and tags of a run at once.
#[derive(Debug, Serialize, Deserialize)]
pub struct LogBatch {
    /// The run.
    #[serde(flatten)]
    pub run: WhichRun,
    /// Values of metrics.
    #[serde(default)]
    pub metrics: Vec<MetricEntry>,
    /// Params.
    #[serde(default, with = "pairs")]
    pub params: Vec<(String, String)>,
    /// Tags.
    #[serde(default, with = "pairs")]
    pub tags: Vec<(String, String)>,
}

/// One page of the values of a metric of a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct MetricHistory {
    /// The run.
    #[serde(flatten)]
    pub run: WhichRun,
    /// The metric.
    #[serde(default)]
    pub metric_key: String,
    /// Most values of one page.
    #[serde(default, deserialize_with = "int64", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
}
