//! What the database holds, whole. The JSON form of each record is that of MLflow's REST API.

use serde::{Serialize, Serializer};

use crate::tracking::{Experiment, ExperimentId, Metric, Run, RunId, RunInfo};
use crate::trial::RunStatus;

/// Whether a thing was deleted. Nothing is ever removed here; `mlflow gc` does that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lifecycle {
    /// In use.
    Active,
    /// Deleted, and may be restored.
    Deleted,
}

impl Lifecycle {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deleted => "deleted",
        }
    }

    pub(super) fn parse(text: Option<&str>) -> Self {
        if text == Some("deleted") { Self::Deleted } else { Self::Active }
    }
}

/// A key with its text: a param or a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Pair {
    /// Its key.
    pub key: String,
    /// Its text.
    #[serde(default)]
    pub value: String,
}

impl Pair {
    /// A pair of these two.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

/// An experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExperimentRecord {
    /// Its id: digits.
    pub experiment_id: String,
    /// Its name.
    pub name: String,
    /// Where its artifacts go.
    pub artifact_location: String,
    /// Whether it was deleted.
    pub lifecycle_stage: Lifecycle,
    /// When it was last changed, epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<i64>,
    /// When it was made, epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<i64>,
    /// Its tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Pair>,
}

impl From<ExperimentRecord> for Experiment {
    fn from(record: ExperimentRecord) -> Self {
        Self {
            id: ExperimentId(record.experiment_id),
            name: record.name,
            artifact_location: record.artifact_location,
            active: record.lifecycle_stage == Lifecycle::Active,
        }
    }
}

/// What a run is, without its data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunHeader {
    /// Its id.
    pub run_id: String,
    /// Its id once more, under the name that old clients read.
    pub run_uuid: String,
    /// The experiment that holds it.
    pub experiment_id: String,
    /// Its display name.
    pub run_name: String,
    /// Who it belongs to.
    pub user_id: String,
    /// Its state.
    pub status: RunStatus,
    /// When it started, epoch milliseconds.
    pub start_time: i64,
    /// When it ended, epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<i64>,
    /// Where its artifacts go.
    pub artifact_uri: String,
    /// Whether it was deleted.
    pub lifecycle_stage: Lifecycle,
}

impl From<RunHeader> for RunInfo {
    fn from(header: RunHeader) -> Self {
        Self {
            id: RunId(header.run_id),
            experiment_id: ExperimentId(header.experiment_id),
            name: header.run_name,
            status: header.status,
            start_time: header.start_time,
            end_time: header.end_time,
            artifact_uri: header.artifact_uri,
            active: header.lifecycle_stage == Lifecycle::Active,
        }
    }
}

/// A run's data: the latest value of each metric, params and tags, each sorted by key.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RunData {
    /// Latest metrics.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "metrics_as_json")]
    pub metrics: Vec<Metric>,
    /// Params.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Pair>,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Pair>,
}

/// What went into a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Inputs {
    /// Datasets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dataset_inputs: Vec<DatasetInput>,
    /// Logged models.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_inputs: Vec<ModelInput>,
}

/// A dataset that went into a run, with the tags of the link.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetInput {
    /// Tags of the link, such as `mlflow.data.context`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Pair>,
    /// The dataset.
    pub dataset: DatasetRecord,
}

/// A dataset: what it is called and where it comes from, never its rows.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize)]
pub struct DatasetRecord {
    /// Its name.
    pub name: String,
    /// A short hash of its contents.
    pub digest: String,
    /// What `source` is.
    pub source_type: String,
    /// Where it comes from, JSON.
    pub source: String,
    /// Its columns, JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its summary, JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// A logged model that went into a run.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize)]
pub struct ModelInput {
    /// Its id.
    pub model_id: String,
}

/// What a run made.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ModelOutputs {
    /// Logged models.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_outputs: Vec<ModelOutput>,
}

/// A run with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRecord {
    /// What it is.
    pub info: RunHeader,
    /// Its metrics, params and tags.
    pub data: RunData,
    /// What went in.
    pub inputs: Inputs,
    /// What came out.
    pub outputs: ModelOutputs,
}

impl From<RunRecord> for Run {
    fn from(record: RunRecord) -> Self {
        let plain = |pairs: Vec<Pair>| pairs.into_iter().map(|pair| (pair.key, pair.value)).collect();
        Self {
            info: record.info.into(),
            params: plain(record.data.params),
            metrics: record.data.metrics.into_iter().map(Metric::decoded).collect(),
            tags: plain(record.data.tags),
        }
    }
}

/// A logged model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelRecord {
    /// What it is.
    pub info: ModelInfo,
    /// Its params and metrics.
    pub data: ModelData,
}

/// What a logged model is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelInfo {
    /// `m-` and 32 hex digits.
    pub model_id: String,
    /// The experiment that holds it.
    pub experiment_id: String,
    /// Its name.
    pub name: String,
    /// When it was made, epoch milliseconds.
    pub creation_timestamp_ms: i64,
    /// When it was last changed, epoch milliseconds.
    pub last_updated_timestamp_ms: i64,
    /// Where its files go.
    pub artifact_uri: String,
    /// `LOGGED_MODEL_PENDING`, `LOGGED_MODEL_READY` or `LOGGED_MODEL_UPLOAD_FAILED`.
    pub status: String,
    /// What kind of model it is; free text.
    pub model_type: String,
    /// The run that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_run_id: Option<String>,
    /// More about its status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// Its tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Pair>,
}

/// The data of a logged model.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ModelData {
    /// Its params.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Pair>,
    /// Metrics that were logged for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<ModelMetric>,
}

/// A value of a metric that was logged for a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelMetric {
    /// Its name.
    pub key: String,
    /// Its value.
    #[serde(serialize_with = "number_as_json")]
    pub value: f64,
    /// When it was logged, epoch milliseconds.
    pub timestamp: i64,
    /// The step it belongs to.
    pub step: i64,
    /// The model.
    pub model_id: String,
    /// The run that logged it.
    pub run_id: String,
    /// The dataset it was measured on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<String>,
    /// That dataset's digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_digest: Option<String>,
}

/// NaN is the string `"NaN"` in MLflow's JSON.
fn number_as_json<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_nan() { serializer.serialize_str("NaN") } else { serializer.serialize_f64(*value) }
}

/// A metric in MLflow's JSON.
#[derive(Serialize)]
struct MetricJson<'a> {
    key: &'a str,
    #[serde(serialize_with = "number_as_json")]
    value: f64,
    timestamp: i64,
    step: i64,
}

/// A value of a metric with the run it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct RunMetric {
    /// The value.
    pub metric: Metric,
    /// Its run.
    pub run_id: String,
}

impl Serialize for RunMetric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Json<'a> {
            key: &'a str,
            #[serde(serialize_with = "number_as_json")]
            value: f64,
            timestamp: i64,
            step: i64,
            run_id: &'a str,
        }
        let Metric { key, value, timestamp, step } = &self.metric;
        let json = Json { key, value: *value, timestamp: *timestamp, step: *step, run_id: &self.run_id };
        json.serialize(serializer)
    }
}

/// Writes metrics in MLflow's JSON.
pub(crate) fn metrics_as_json<S: Serializer>(metrics: &[Metric], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(metrics.iter().map(|metric| MetricJson {
        key: &metric.key,
        value: metric.value,
        timestamp: metric.timestamp,
        step: metric.step,
    }))
}

/// JSON with the spaces and the escapes that Python puts in: programs compare the texts that MLflow writes.
pub(super) fn spaced(value: &serde_json::Value) -> String {
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _ = value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Spaced));
    String::from_utf8_lossy(&bytes).into_owned()
}

struct Spaced;

impl serde_json::ser::Formatter for Spaced {
    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + std::io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> std::io::Result<()> {
        for c in fragment.chars() {
            if c.is_ascii() && c != '\u{7f}' {
                write!(out, "{c}")?;
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

/// A logged model that a run made.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ModelOutput {
    /// Its id.
    pub model_id: String,
    /// The step at which it was made.
    #[serde(default)]
    pub step: i64,
}

#[cfg(test)]
mod tests {
    use super::spaced;

    #[test]
    fn texts_have_the_spaces_that_python_puts_in() {
        let value = serde_json::json!([{"name": "m", "version": 1}, {}, []]);
        assert_eq!(spaced(&value), r#"[{"name": "m", "version": 1}, {}, []]"#);
        let name = serde_json::json!({"name": "gr\u{f6}\u{df}e \u{1f600}"});
        assert_eq!(spaced(&name), r#"{"name": "gr\u00f6\u00dfe \ud83d\ude00"}"#);
    }
}
