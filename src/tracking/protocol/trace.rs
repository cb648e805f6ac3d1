//! Traces: what one request to a program of language models did. The spans that a trace is made of are in
//! [`span`](super::span).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::assessment::Assessment;
use super::form::{list, text};
use super::id::{ExperimentId, RunId};
use super::number::int64;
use super::pairs;
use super::wire_time::{duration, timestamp};

/// The metadata that names the run of a trace.
pub const SOURCE_RUN: &str = "mlflow.sourceRun";
/// The tag that names a trace.
pub const TRACE_NAME: &str = "mlflow.traceName";

/// How a trace ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TraceState {
    /// Nobody said.
    #[default]
    StateUnspecified,
    /// Well.
    Ok,
    /// With an error.
    Error,
    /// It has not ended.
    InProgress,
}

impl TraceState {
    /// MLflow's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StateUnspecified => "STATE_UNSPECIFIED",
            Self::Ok => "OK",
            Self::Error => "ERROR",
            Self::InProgress => "IN_PROGRESS",
        }
    }

    /// Reads MLflow's word; any other says nothing.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "OK" => Self::Ok,
            "ERROR" => Self::Error,
            "IN_PROGRESS" => Self::InProgress,
            _ => Self::StateUnspecified,
        }
    }

    /// Whether how it ended is still to be said.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::StateUnspecified | Self::InProgress)
    }
}

/// What a trace is, without its spans. JSON is that of MLflow 3.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TraceInfo {
    /// `tr-` and 32 hex digits.
    #[serde(rename = "trace_id", default)]
    pub id: String,
    /// The id that the caller has for the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
    /// The experiment that holds it.
    #[serde(rename = "trace_location", default, with = "location")]
    pub experiment_id: ExperimentId,
    /// The beginning of what went in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_preview: Option<String>,
    /// The beginning of what came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_preview: Option<String>,
    /// When it began, epoch milliseconds.
    #[serde(rename = "request_time", default, with = "timestamp")]
    pub started: i64,
    /// How many milliseconds it took.
    #[serde(
        rename = "execution_duration",
        default,
        with = "duration",
        skip_serializing_if = "Option::is_none"
    )]
    pub took: Option<i64>,
    /// How it ended.
    #[serde(default)]
    pub state: TraceState,
    /// What is known of it, and does not change.
    #[serde(rename = "trace_metadata", default)]
    pub metadata: BTreeMap<String, String>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// What was said about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assessments: Vec<Assessment>,
}

/// `{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "1"}}`.
pub(crate) mod location {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::{Value, json};

    use super::ExperimentId;

    pub(crate) fn serialize<S: Serializer>(id: &ExperimentId, serializer: S) -> Result<S::Ok, S::Error> {
        json!({"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": id}}).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ExperimentId, D::Error> {
        let place = Value::deserialize(deserializer)?;
        match place.pointer("/mlflow_experiment/experiment_id").and_then(Value::as_str) {
            Some(id) => Ok(ExperimentId(id.to_owned())),
            None => Err(D::Error::custom("expected the experiment that holds the trace")),
        }
    }
}

/// A place in which traces are searched.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct TraceLocation(#[serde(with = "location")] pub ExperimentId);

/// A search among traces as MLflow 3 sends it.
#[derive(Debug, Default, Deserialize)]
pub struct SearchTraces {
    /// Where to look.
    #[serde(default, deserialize_with = "list")]
    pub locations: Vec<TraceLocation>,
    /// The same, as MLflow 2 has it.
    #[serde(default, deserialize_with = "list")]
    pub experiment_ids: Vec<ExperimentId>,
    /// A filter in MLflow's language.
    #[serde(default, deserialize_with = "text")]
    pub filter: String,
    /// Most traces of one page.
    #[serde(default, deserialize_with = "int64")]
    pub max_results: Option<i64>,
    /// `order_by` terms.
    #[serde(default, deserialize_with = "list")]
    pub order_by: Vec<String>,
    /// Where the page starts.
    #[serde(default)]
    pub page_token: Option<String>,
}

/// A search among traces.
#[derive(Debug, Clone, Default)]
pub struct TraceQuery {
    /// The experiments to look in.
    pub experiment_ids: Vec<ExperimentId>,
    /// A filter in MLflow's language; empty: all.
    pub filter: String,
    /// `order_by` terms; then newest first.
    pub order_by: Vec<String>,
    /// Most traces of one page.
    pub max_results: usize,
    /// Where the page starts.
    pub page_token: Option<String>,
}

/// Which traces are deleted: those of an experiment that meet all that is said here.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct DeleteTraces {
    /// The experiment.
    #[serde(default, deserialize_with = "text")]
    pub experiment_id: ExperimentId,
    /// They began then, epoch milliseconds, or before.
    #[serde(default, deserialize_with = "int64")]
    pub max_timestamp_millis: Option<i64>,
    /// The oldest ones, so many.
    #[serde(default, deserialize_with = "int64")]
    pub max_traces: Option<i64>,
    /// They have these ids.
    #[serde(default, deserialize_with = "list")]
    pub request_ids: Vec<String>,
}

/// The beginning or the end of a trace as MLflow 2 sends it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct TraceStep {
    /// The experiment that will hold it.
    #[serde(default, deserialize_with = "text")]
    pub experiment_id: ExperimentId,
    /// When it began, or ended.
    #[serde(default, deserialize_with = "int64")]
    pub timestamp_ms: Option<i64>,
    /// How it ended.
    #[serde(default)]
    pub status: TraceState,
    /// What is known of it.
    #[serde(default, with = "pairs")]
    pub request_metadata: Vec<(String, String)>,
    /// Its tags.
    #[serde(default, with = "pairs")]
    pub tags: Vec<(String, String)>,
}

/// A trace's info as MLflow 2 has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceInfoV2 {
    request_id: String,
    experiment_id: ExperimentId,
    timestamp_ms: i64,
    execution_time_ms: i64,
    status: TraceState,
    #[serde(with = "pairs")]
    request_metadata: Vec<(String, String)>,
    #[serde(with = "pairs")]
    tags: Vec<(String, String)>,
}

impl From<TraceInfo> for TraceInfoV2 {
    fn from(info: TraceInfo) -> Self {
        Self {
            request_id: info.id,
            experiment_id: info.experiment_id,
            timestamp_ms: info.started,
            execution_time_ms: info.took.unwrap_or_default(),
            status: info.state,
            request_metadata: info.metadata.into_iter().collect(),
            tags: info.tags.into_iter().collect(),
        }
    }
}

/// Traces that are linked to a run.
#[derive(Debug, Clone, Deserialize)]
pub struct LinkTraces {
    /// The traces.
    #[serde(default, deserialize_with = "list")]
    pub trace_ids: Vec<String>,
    /// The run.
    pub run_id: RunId,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_trace_is_read_as_it_is_written() {
        let text = json!({
            "trace_id": "tr-1",
            "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "7"}},
            "request_time": "2026-11-21T05:13:46.123Z",
            "execution_duration": "0.250s",
            "state": "IN_PROGRESS",
            "trace_metadata": {SOURCE_RUN: "r"},
            "tags": {TRACE_NAME: "predict"},
        });
        let info: TraceInfo = serde_json::from_value(text.clone()).unwrap();
        assert_eq!(
            (info.experiment_id.as_str(), info.took, info.state),
            ("7", Some(250), TraceState::InProgress)
        );
        assert_eq!(serde_json::to_value(&info).unwrap(), text);
        assert!(
            serde_json::from_value::<TraceInfo>(json!({"trace_id": "tr-1", "trace_location": {}})).is_err()
        );
    }
}
