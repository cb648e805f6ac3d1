//! Runs: what a store holds of them, and what a caller of the store asks for. Times are epoch milliseconds.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::experiment::ViewType;
use super::form::{lifecycle, text, yes};
use super::id::{ExperimentId, RunId, both_ids};
use super::inputs::{RunInputs, RunOutputs};
use super::metric::Metric;
use super::number::{int64, int64_or_zero};
use super::pairs;
use super::status::run_status;
use crate::trial::RunStatus;

/// What a run is, without its data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Its id. JSON has it twice: old clients read `run_uuid`.
    #[serde(flatten, with = "both_ids")]
    pub id: RunId,
    /// The experiment that holds it.
    pub experiment_id: ExperimentId,
    /// Its display name.
    #[serde(rename = "run_name", default)]
    pub name: String,
    /// The user it belongs to.
    #[serde(rename = "user_id", default)]
    pub user: String,
    /// Its state.
    #[serde(deserialize_with = "run_status")]
    pub status: RunStatus,
    /// When it started.
    #[serde(default, deserialize_with = "int64_or_zero")]
    pub start_time: i64,
    /// When it ended.
    #[serde(default, deserialize_with = "int64", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<i64>,
    /// Where its artifacts go: a local path, a `file:` URI or `mlflow-artifacts:/…`.
    #[serde(default)]
    pub artifact_uri: String,
    /// False once it was deleted.
    #[serde(rename = "lifecycle_stage", default = "yes", with = "lifecycle")]
    pub active: bool,
}

#[cfg(test)]
impl RunInfo {
    /// For tests: a run of experiment 0 that started at 0 and, where it is over, ended at 1.
    pub(crate) fn sample(id: &str, status: RunStatus) -> Self {
        Self {
            id: RunId(id.to_owned()),
            experiment_id: ExperimentId("0".to_owned()),
            name: String::new(),
            user: String::new(),
            status,
            start_time: 0,
            end_time: status.is_final().then_some(1),
            artifact_uri: String::new(),
            active: true,
        }
    }
}

/// A run with its data: params, latest metrics and tags.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What it is.
    pub info: RunInfo,
    /// Params, each written once.
    pub params: Vec<(String, String)>,
    /// The latest value of each metric.
    pub metrics: Vec<Metric>,
    /// Tags.
    pub tags: Vec<(String, String)>,
    /// What went in.
    pub inputs: RunInputs,
    /// What came out.
    pub outputs: RunOutputs,
}

impl Run {
    /// A run of which nothing is known but what it is.
    #[must_use]
    pub fn bare(info: RunInfo) -> Self {
        Self {
            info,
            params: Vec::new(),
            metrics: Vec::new(),
            tags: Vec::new(),
            inputs: RunInputs::default(),
            outputs: RunOutputs::default(),
        }
    }

    /// The value of a tag.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The value of a param.
    #[must_use]
    pub fn param(&self, key: &str) -> Option<&str> {
        self.params.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The latest value of a metric.
    #[must_use]
    pub fn metric(&self, key: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.key == key)
    }
}

/// A run in JSON, which has its data one level deeper.
#[derive(Serialize, Deserialize)]
struct Nested<'a> {
    info: Cow<'a, RunInfo>,
    #[serde(default)]
    data: Data<'a>,
    #[serde(default)]
    inputs: Cow<'a, RunInputs>,
    #[serde(default)]
    outputs: Cow<'a, RunOutputs>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Data<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    metrics: Cow<'a, [Metric]>,
    #[serde(with = "pairs", skip_serializing_if = "<[_]>::is_empty")]
    params: Cow<'a, [(String, String)]>,
    #[serde(with = "pairs", skip_serializing_if = "<[_]>::is_empty")]
    tags: Cow<'a, [(String, String)]>,
}

impl Serialize for Run {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nested = Nested {
            info: Cow::Borrowed(&self.info),
            data: Data {
                metrics: self.metrics.as_slice().into(),
                params: self.params.as_slice().into(),
                tags: self.tags.as_slice().into(),
            },
            inputs: Cow::Borrowed(&self.inputs),
            outputs: Cow::Borrowed(&self.outputs),
        };
        nested.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Run {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Nested { info, data, inputs, outputs } = Nested::deserialize(deserializer)?;
        Ok(Self {
            info: info.into_owned(),
            params: data.params.into_owned(),
            metrics: data.metrics.into_owned(),
            tags: data.tags.into_owned(),
            inputs: inputs.into_owned(),
            outputs: outputs.into_owned(),
        })
    }
}

/// A run that is to be created.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewRun {
    /// The experiment that will hold it.
    #[serde(default, deserialize_with = "text")]
    pub experiment_id: ExperimentId,
    /// Its display name; without one the tag `mlflow.runName` names it, or chance.
    #[serde(rename = "run_name", default, deserialize_with = "text")]
    pub name: String,
    /// The user it belongs to.
    #[serde(rename = "user_id", default, deserialize_with = "text")]
    pub user: String,
    /// When it started.
    #[serde(default, deserialize_with = "int64_or_zero")]
    pub start_time: i64,
    /// Tags it has from the beginning.
    #[serde(default, with = "pairs")]
    pub tags: Vec<(String, String)>,
}

/// A run that is over, made as it was.
#[derive(Debug, Clone)]
pub struct PastRun {
    /// What it is.
    pub run: NewRun,
    /// Its params.
    pub params: Vec<(String, String)>,
    /// Values of its metrics.
    pub metrics: Vec<Metric>,
    /// How it ended.
    pub status: RunStatus,
    /// When it ended.
    pub end_time: Option<i64>,
}

/// What is to change about a run; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct RunUpdate {
    /// Its new state; every change is allowed.
    pub status: Option<RunStatus>,
    /// When it ended.
    pub end_time: Option<i64>,
    /// Its new name.
    pub name: Option<String>,
}

/// A search among the runs of experiments.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    /// The experiments to look in; unknown ones hold nothing.
    pub experiment_ids: Vec<ExperimentId>,
    /// A filter in MLflow's language; empty: all.
    pub filter: String,
    /// `order_by` terms in MLflow's language.
    pub order_by: Vec<String>,
    /// Which lifecycle stages.
    pub view: ViewType,
    /// Most runs of one page.
    pub max_results: usize,
    /// Where the page starts, as the page before gave it.
    pub page_token: Option<String>,
    /// Which data of the runs is needed.
    pub want: RunProjection,
}

/// Which data of runs is needed: a store that can narrow its reading gives no more, another gives everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunProjection {
    /// Only tags of these keys; `None`: all.
    pub tags: Option<Vec<String>>,
    /// Only the latest values of metrics of these keys; `None`: all.
    pub metrics: Option<Vec<String>>,
    /// No params.
    pub no_params: bool,
}

impl RunProjection {
    /// These tags and metrics, and no params.
    #[must_use]
    pub fn only(tags: &[&str], metrics: &[&str]) -> Self {
        let owned = |keys: &[&str]| Some(keys.iter().map(|&key| key.to_owned()).collect());
        Self { tags: owned(tags), metrics: owned(metrics), no_params: true }
    }

    /// The same, and this tag, too.
    #[must_use]
    pub fn with_tag(mut self, key: &str) -> Self {
        if let Some(tags) = &mut self.tags {
            tags.push(key.to_owned());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::status::unknown_status;
    use super::*;

    const JSON: &str = r#"{"info":{"run_id":"r","run_uuid":"r","experiment_id":"1","run_name":"n","user_id":"u",
        "status":"FINISHED","start_time":5,"end_time":9,"artifact_uri":"/a","lifecycle_stage":"active"},
        "data":{"metrics":[{"key":"loss","value":0.5,"timestamp":1000,"step":1},
        {"key":"odd","value":"NaN","timestamp":1000,"step":0}],
        "params":[{"key":"lr","value":"0.01"}],"tags":[{"key":"t","value":""}]},
        "inputs":{"model_inputs":[{"model_id":"m-1"}]},"outputs":{"model_outputs":[{"model_id":"m-2","step":3}]}}"#;

    #[test]
    fn a_run_is_written_as_it_was_read() {
        let run: Run = serde_json::from_str(JSON).unwrap();
        assert_eq!((run.info.id.as_str(), run.info.status), ("r", RunStatus::Finished));
        assert_eq!((run.param("lr"), run.tag("t")), (Some("0.01"), Some("")));
        assert!(run.metric("odd").unwrap().value.is_nan());
        assert_eq!(run.outputs.model_outputs[0].step, 3);
        let same: String = JSON.split("\n        ").collect();
        assert_eq!(serde_json::to_string(&run).unwrap(), same);
    }

    #[test]
    fn a_server_may_leave_out_what_is_empty_and_write_whole_numbers_as_texts() {
        let text = r#"{"info":{"run_uuid":"r","experiment_id":"1","status":"RUNNING","start_time":"5"}}"#;
        let run: Run = serde_json::from_str(text).unwrap();
        assert_eq!((run.info.id.as_str(), run.info.start_time, run.info.end_time), ("r", 5, None));
        assert!(run.info.active && run.metrics.is_empty() && run.params.is_empty());
    }

    #[test]
    fn a_status_that_is_not_known_is_an_error_that_names_it() {
        let error = serde_json::from_str::<Run>(&JSON.replace("FINISHED", "PAUSED")).unwrap_err();
        assert_eq!(unknown_status(&error).as_deref(), Some("the unknown run status `PAUSED`"));
        let other = serde_json::from_str::<Run>("{}").unwrap_err();
        assert_eq!(unknown_status(&other), None);
    }
}
