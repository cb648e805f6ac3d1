//! Logged models: what `log_model` and autologging of MLflow 3 keep beside a run.

use serde::{Deserialize, Serialize};

use super::form::{list, text, yes};
use super::id::{ExperimentId, RunId};
use super::metric::Metric;
use super::number::{int64, int64_or_zero};
use super::pairs;

const READY: &str = "LOGGED_MODEL_READY";

/// A model that a run logged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedModel {
    /// What it is.
    pub info: LoggedModelInfo,
    /// Its params and metrics.
    #[serde(default)]
    pub data: LoggedModelData,
}

impl LoggedModel {
    /// Whether its files are all there.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.info.status == READY
    }
}

/// What a logged model is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedModelInfo {
    /// `m-` and 32 hex digits; `models:/<id>` is what a version is made of.
    #[serde(rename = "model_id")]
    pub id: String,
    /// The experiment that holds it.
    #[serde(default)]
    pub experiment_id: ExperimentId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// When it was made, epoch milliseconds.
    #[serde(rename = "creation_timestamp_ms", default, deserialize_with = "int64_or_zero")]
    pub created: i64,
    /// When it was last changed, epoch milliseconds.
    #[serde(rename = "last_updated_timestamp_ms", default, deserialize_with = "int64_or_zero")]
    pub updated: i64,
    /// Where its files lie.
    #[serde(default)]
    pub artifact_uri: String,
    /// `LOGGED_MODEL_PENDING`, `LOGGED_MODEL_READY` or `LOGGED_MODEL_UPLOAD_FAILED`.
    #[serde(default)]
    pub status: String,
    /// What kind of model it is; free text.
    #[serde(default)]
    pub model_type: String,
    /// The run that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_run_id: Option<RunId>,
    /// More about its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// Its tags.
    #[serde(default, with = "pairs", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
}

/// The data of a logged model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoggedModelData {
    /// Its params.
    #[serde(with = "pairs", skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<(String, String)>,
    /// Metrics that were logged for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<LoggedModelMetric>,
}

/// A value of a metric that was logged for a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedModelMetric {
    /// The value.
    #[serde(flatten)]
    pub metric: Metric,
    /// The model.
    #[serde(default)]
    pub model_id: String,
    /// The run that logged it.
    #[serde(default)]
    pub run_id: RunId,
    /// The dataset it was measured on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<String>,
    /// That dataset's digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_digest: Option<String>,
}

/// A logged model that is to be created.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewLoggedModel {
    /// The experiment that will hold it.
    #[serde(default)]
    pub experiment_id: ExperimentId,
    /// Its name; chance names it where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The run that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_run_id: Option<RunId>,
    /// What kind of model it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_type: Option<String>,
    /// Its params.
    #[serde(default, with = "pairs")]
    pub params: Vec<(String, String)>,
    /// Its tags.
    #[serde(default, with = "pairs")]
    pub tags: Vec<(String, String)>,
}

/// A search among logged models.
#[derive(Debug, Clone, Default)]
pub struct LoggedModelQuery {
    /// The experiments to look in.
    pub experiment_ids: Vec<ExperimentId>,
    /// A filter in MLflow's language; empty: all.
    pub filter: String,
    /// Metrics count only where they were measured on one of these.
    pub datasets: Vec<DatasetFilter>,
    /// Order; then newest first.
    pub order_by: Vec<ModelOrder>,
    /// Most models of one page.
    pub max_results: usize,
    /// Where the page starts.
    pub page_token: Option<String>,
}

/// A search among logged models as it is sent.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SearchLoggedModels {
    /// The experiments to look in.
    #[serde(default, deserialize_with = "list")]
    pub experiment_ids: Vec<ExperimentId>,
    /// A filter in MLflow's language.
    #[serde(default, deserialize_with = "text")]
    pub filter: String,
    /// Metrics count only where they were measured on one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub datasets: Vec<DatasetFilter>,
    /// Order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order_by: Vec<ModelOrder>,
    /// Most models of one page.
    #[serde(default, deserialize_with = "int64", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
}

/// A dataset, or all of one name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetFilter {
    /// Its name.
    #[serde(rename = "dataset_name")]
    pub name: String,
    /// Its digest.
    #[serde(rename = "dataset_digest", default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// One term of a model search's order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ModelOrder {
    /// An attribute, or `metrics.<key>`.
    pub field_name: String,
    /// Small before large.
    #[serde(default = "yes")]
    pub ascending: bool,
    /// Only metrics measured on this dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<String>,
    /// With this digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_digest: Option<String>,
}
