//! MLflow's nouns, as both stores speak them. Times are epoch milliseconds.

use std::fmt;

use crate::metric;
use crate::trial::RunStatus;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// Id of an experiment: digits.
    ExperimentId
);
id!(
    /// Id of a run: 32 lower-case hex digits where the store drew it.
    RunId
);

/// An experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// Its id.
    pub id: ExperimentId,
    /// Its name.
    pub name: String,
    /// Where its artifacts go.
    pub artifact_location: String,
    /// False once it was deleted; its name stays taken.
    pub active: bool,
}

/// What a run is, without its data.
#[derive(Debug, Clone, PartialEq)]
pub struct RunInfo {
    /// Its id.
    pub id: RunId,
    /// The experiment that holds it.
    pub experiment_id: ExperimentId,
    /// Its display name.
    pub name: String,
    /// Its state.
    pub status: RunStatus,
    /// When it started.
    pub start_time: i64,
    /// When it ended.
    pub end_time: Option<i64>,
    /// Where its artifacts go: a local path, a `file:` URI or `mlflow-artifacts:/…`.
    pub artifact_uri: String,
    /// False once it was deleted.
    pub active: bool,
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
}

impl Run {
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

/// One logged value of a metric; NaN and the infinities are themselves. MLflow keeps the infinities as ±`f64::MAX`: a
/// store turns them back as it reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: f64,
    /// When it was logged.
    pub timestamp: i64,
    /// The step it belongs to.
    pub step: i64,
}

impl Metric {
    /// What MLflow's form of it stands for.
    #[must_use]
    pub(super) fn decoded(self) -> Self {
        Self { value: metric::decoded(self.value), ..self }
    }
}

/// A run that is to be created.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The experiment that will hold it.
    pub experiment_id: ExperimentId,
    /// Its display name.
    pub name: String,
    /// The user it belongs to.
    pub user: String,
    /// When it started.
    pub start_time: i64,
    /// Tags it has from the beginning.
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
    /// Its new state.
    pub status: Option<RunStatus>,
    /// When it ended.
    pub end_time: Option<i64>,
    /// Its new name.
    pub name: Option<String>,
}

/// A search among the active runs of experiments.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    /// The experiments to look in.
    pub experiment_ids: Vec<ExperimentId>,
    /// A filter in MLflow's language; empty: all.
    pub filter: String,
    /// `order_by` terms in MLflow's language.
    pub order_by: Vec<String>,
    /// Most runs of one page.
    pub max_results: usize,
    /// Where the page starts, as the page before gave it.
    pub page_token: Option<String>,
    /// Which data of the runs is needed.
    pub want: Want,
    /// Among the deleted runs instead.
    pub deleted: bool,
}

/// Which data of runs is needed: a store that can narrow its reading gives no more, another gives everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Want {
    /// Only tags of these keys; `None`: all.
    pub tags: Option<Vec<String>>,
    /// Only the latest values of metrics of these keys; `None`: all.
    pub metrics: Option<Vec<String>>,
    /// No params.
    pub no_params: bool,
}

impl Want {
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

/// One page of an answer.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What it holds.
    pub items: Vec<T>,
    /// Set where more is left.
    pub next: Option<String>,
}

/// A file or folder among a run's artifacts.
#[derive(Debug, Clone, PartialEq)]
pub struct ArtifactEntry {
    /// Its path below the run's artifact root, with `/`.
    pub path: String,
    /// Whether it is a folder.
    pub is_dir: bool,
    /// Its size in bytes, for files.
    pub size: Option<u64>,
}
