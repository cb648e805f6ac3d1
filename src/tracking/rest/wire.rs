//! MLflow's JSON, and the way between it and our nouns.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::tracking::error::{ErrorKind, Result as TrackingResult, TrackingError};
use crate::tracking::model::{ArtifactEntry, Experiment, ExperimentId, Metric, Page, Run, RunId, RunInfo};
use crate::trial::RunStatus;

#[derive(Deserialize)]
pub(super) struct ExperimentAnswer {
    pub(super) experiment: WireExperiment,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ExperimentsAnswer {
    pub(super) experiments: Vec<WireExperiment>,
    pub(super) next_page_token: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct WireExperiment {
    experiment_id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    artifact_location: String,
    #[serde(default)]
    lifecycle_stage: String,
}

impl From<WireExperiment> for Experiment {
    fn from(wire: WireExperiment) -> Self {
        Self {
            id: ExperimentId(wire.experiment_id),
            name: wire.name,
            artifact_location: wire.artifact_location,
            active: wire.lifecycle_stage != "deleted",
        }
    }
}

#[derive(Deserialize)]
pub(super) struct CreatedExperiment {
    pub(super) experiment_id: String,
}

#[derive(Deserialize)]
pub(super) struct RunAnswer {
    pub(super) run: WireRun,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RunsAnswer {
    runs: Vec<WireRun>,
    next_page_token: Option<String>,
}

impl TryFrom<RunsAnswer> for Page<Run> {
    type Error = TrackingError;

    fn try_from(answer: RunsAnswer) -> TrackingResult<Self> {
        Ok(Self {
            items: answer.runs.into_iter().map(Run::try_from).collect::<TrackingResult<_>>()?,
            next: answer.next_page_token.filter(|token| !token.is_empty()),
        })
    }
}

/// The answer to a change of a run.
#[derive(Deserialize)]
pub(super) struct UpdatedRun {
    #[serde(rename = "run_info")]
    _info: serde::de::IgnoredAny,
}

#[derive(Deserialize)]
pub(super) struct WireRun {
    info: WireRunInfo,
    #[serde(default)]
    data: WireRunData,
}

#[derive(Deserialize)]
struct WireRunInfo {
    run_id: String,
    experiment_id: String,
    #[serde(default)]
    run_name: String,
    #[serde(default)]
    status: String,
    #[serde(default, deserialize_with = "int64")]
    start_time: i64,
    #[serde(default, deserialize_with = "optional_int64")]
    end_time: Option<i64>,
    #[serde(default)]
    artifact_uri: String,
    #[serde(default)]
    lifecycle_stage: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireRunData {
    metrics: Vec<WireMetric>,
    params: Vec<KeyValue>,
    tags: Vec<KeyValue>,
}

impl TryFrom<WireRun> for Run {
    type Error = TrackingError;

    fn try_from(wire: WireRun) -> TrackingResult<Self> {
        let info = wire.info;
        // A guess would decide whether the run's result counts.
        let status = RunStatus::parse(&info.status).ok_or_else(|| {
            let message = format!("run {} has the unknown status `{}`", info.run_id, info.status);
            TrackingError::new(ErrorKind::Protocol, message)
                .hint("The server is newer than this version of sweep: `sweep --version`.")
        })?;
        Ok(Self {
            info: RunInfo {
                id: RunId(info.run_id),
                experiment_id: ExperimentId(info.experiment_id),
                name: info.run_name,
                status,
                start_time: info.start_time,
                end_time: info.end_time,
                artifact_uri: info.artifact_uri,
                active: info.lifecycle_stage != "deleted",
            },
            params: wire.data.params.into_iter().map(KeyValue::into_pair).collect(),
            metrics: wire.data.metrics.into_iter().map(Metric::from).collect(),
            tags: wire.data.tags.into_iter().map(KeyValue::into_pair).collect(),
        })
    }
}

/// A param or a tag.
#[derive(Serialize, Deserialize)]
pub(super) struct KeyValue {
    key: String,
    #[serde(default)]
    value: String,
}

impl KeyValue {
    pub(super) fn into_pair(self) -> (String, String) {
        (self.key, self.value)
    }

    pub(super) fn list(pairs: &[(String, String)]) -> Vec<Self> {
        pairs.iter().map(|(key, value)| Self { key: key.clone(), value: value.clone() }).collect()
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct WireMetric {
    key: String,
    #[serde(serialize_with = "write_number", deserialize_with = "read_number")]
    value: f64,
    #[serde(default, deserialize_with = "int64")]
    timestamp: i64,
    #[serde(default, deserialize_with = "int64")]
    step: i64,
}

impl From<WireMetric> for Metric {
    fn from(wire: WireMetric) -> Self {
        Self { key: wire.key, value: wire.value, timestamp: wire.timestamp, step: wire.step }.decoded()
    }
}

impl From<&Metric> for WireMetric {
    fn from(metric: &Metric) -> Self {
        Self { key: metric.key.clone(), value: metric.value, timestamp: metric.timestamp, step: metric.step }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct HistoryAnswer {
    pub(super) metrics: Vec<WireMetric>,
    pub(super) next_page_token: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct FilesAnswer {
    files: Vec<WireFile>,
}

#[derive(Deserialize)]
struct WireFile {
    path: String,
    #[serde(default)]
    is_dir: bool,
    #[serde(default, deserialize_with = "optional_int64")]
    file_size: Option<i64>,
}

impl FilesAnswer {
    /// The entries, with `folder` put before the names (the proxy gives names relative to the listed folder).
    pub(super) fn entries(self, folder: &str) -> Vec<ArtifactEntry> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        self.files
            .into_iter()
            .map(|file| ArtifactEntry {
                path: format!("{prefix}{}", file.path),
                is_dir: file.is_dir,
                // The server leaves the size of an empty file out.
                size: (!file.is_dir).then(|| file.file_size.unwrap_or(0).unsigned_abs()),
            })
            .collect()
    }
}

/// The empty object that answers a write.
#[derive(Deserialize)]
pub(super) struct Done {}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Int(i64),
    Float(f64),
    Text(String),
}

pub(super) fn int64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(optional_int64(deserializer)?.unwrap_or(0))
}

fn optional_int64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Option::<NumberOrText>::deserialize(deserializer)? {
        None => Ok(None),
        Some(NumberOrText::Int(number)) => Ok(Some(number)),
        Some(NumberOrText::Text(text)) => text.parse().map(Some).map_err(serde::de::Error::custom),
        Some(NumberOrText::Float(_)) => Err(serde::de::Error::custom("a whole number was expected")),
    }
}

fn read_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match NumberOrText::deserialize(deserializer)? {
        #[allow(clippy::cast_precision_loss)]
        NumberOrText::Int(number) => Ok(number as f64),
        NumberOrText::Float(number) => Ok(number),
        // "NaN", "Infinity" and "-Infinity" are among what Rust reads.
        NumberOrText::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

// serde wants a reference here.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn write_number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_nan() {
        serializer.serialize_str("NaN")
    } else if value.is_infinite() {
        serializer.serialize_str(if *value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        serializer.serialize_f64(*value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_as_numbers_or_as_texts() {
        let metric: WireMetric =
            serde_json::from_str(r#"{"key":"x","value":"NaN","timestamp":"12","step":-3}"#).unwrap();
        assert!(metric.value.is_nan());
        assert_eq!((metric.timestamp, metric.step), (12, -3));
        let metric: WireMetric = serde_json::from_str(r#"{"key":"x","value":1}"#).unwrap();
        assert_eq!(metric.value.to_bits(), 1f64.to_bits());
    }

    #[test]
    fn an_unknown_status_is_named_and_not_guessed() {
        let json = r#"{"info": {"run_id": "r1", "experiment_id": "0", "status": "PREEMPTED"}}"#;
        let wire: WireRun = serde_json::from_str(json).unwrap();
        let error = Run::try_from(wire).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol);
        assert!(error.message.contains("r1") && error.message.contains("`PREEMPTED`"), "{}", error.message);
    }

    #[test]
    fn numbers_that_json_lacks_are_written_as_texts() {
        for (value, text) in
            [(f64::NAN, "NaN"), (f64::INFINITY, "Infinity"), (f64::NEG_INFINITY, "-Infinity")]
        {
            let metric = WireMetric::from(&Metric { key: "k".into(), value, timestamp: 0, step: 0 });
            assert_eq!(serde_json::to_value(&metric).unwrap()["value"], text);
        }
    }
}
