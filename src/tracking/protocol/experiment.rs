//! Experiments.

use serde::{Deserialize, Serialize};

use super::form::{lifecycle, list, text, yes};
use super::id::ExperimentId;
use super::number::int64;
use super::pairs;

/// An experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// Its id.
    #[serde(rename = "experiment_id")]
    pub id: ExperimentId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Where its artifacts go.
    #[serde(default)]
    pub artifact_location: String,
    /// False once it was deleted; its name stays taken.
    #[serde(rename = "lifecycle_stage", default = "yes", with = "lifecycle")]
    pub active: bool,
    /// When it was last changed, epoch milliseconds.
    #[serde(default, deserialize_with = "int64", skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<i64>,
    /// When it was made, epoch milliseconds.
    #[serde(default, deserialize_with = "int64", skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<i64>,
    /// Its tags.
    #[serde(default, with = "pairs", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
}

/// An experiment that is to be created.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CreateExperiment {
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Where its artifacts are to go; without it: below the store's own root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_location: Option<String>,
    /// Tags it has from the beginning.
    #[serde(default, with = "pairs")]
    pub tags: Vec<(String, String)>,
}

/// An experiment by its id alone: a request about it, and the answer that names a new one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WhichExperiment {
    /// Its id.
    pub experiment_id: ExperimentId,
}

/// Which lifecycle stages a search looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ViewType {
    /// What is in use.
    #[default]
    Active,
    /// What was deleted.
    Deleted,
    /// Both.
    All,
}

impl ViewType {
    /// MLflow's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE_ONLY",
            Self::Deleted => "DELETED_ONLY",
            Self::All => "ALL",
        }
    }

    /// Reads MLflow's word or number; `None` for anything else.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Option<Self> {
        match text.unwrap_or_default() {
            "" | "ACTIVE_ONLY" | "1" => Some(Self::Active),
            "DELETED_ONLY" | "2" => Some(Self::Deleted),
            "ALL" | "3" => Some(Self::All),
            _ => None,
        }
    }
}

/// A search among experiments.
#[derive(Debug, Clone, Default)]
pub struct ExperimentQuery {
    /// A filter in MLflow's language; empty: all.
    pub filter: String,
    /// `order_by` terms; empty: newest first.
    pub order_by: Vec<String>,
    /// Which lifecycle stages.
    pub view: ViewType,
    /// Most experiments of one page.
    pub max_results: usize,
    /// Where the page starts.
    pub page_token: Option<String>,
}

/// A search among experiments as it is sent.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SearchExperiments {
    /// Most experiments of one page.
    #[serde(default, deserialize_with = "int64")]
    pub max_results: Option<i64>,
    /// A filter in MLflow's language.
    #[serde(default, deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// `order_by` terms.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub order_by: Vec<String>,
    /// MLflow's word for a [`ViewType`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_type: Option<String>,
    /// Where the page starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
}

/// A dataset that went into runs of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetSummary {
    /// The experiment.
    pub experiment_id: ExperimentId,
    /// The dataset's name.
    pub name: String,
    /// A short hash of its contents.
    pub digest: String,
    /// What it was used for, such as `training`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}
