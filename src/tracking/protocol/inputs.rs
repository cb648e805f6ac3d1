//! What went into a run and what came out of it: datasets and logged models.

use serde::{Deserialize, Serialize};

use super::number::int64_or_zero;
use super::pairs;

/// What went into a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunInputs {
    /// Datasets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dataset_inputs: Vec<DatasetInput>,
    /// Logged models.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_inputs: Vec<ModelInput>,
}

/// A dataset that went into a run, or is to be linked to it, with the tags of the link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetInput {
    /// Tags of the link, such as `mlflow.data.context`; they are kept from the first time only.
    #[serde(default, with = "pairs", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
    /// The dataset.
    pub dataset: Dataset,
}

/// A dataset: what it is called and where it comes from, never its rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dataset {
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelInput {
    /// Its id.
    pub model_id: String,
}

/// What a run made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunOutputs {
    /// Logged models.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_outputs: Vec<ModelOutput>,
}

/// A logged model that a run made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelOutput {
    /// Its id.
    pub model_id: String,
    /// The step at which it was made.
    #[serde(default, deserialize_with = "int64_or_zero")]
    pub step: i64,
}
