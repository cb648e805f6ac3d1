//! The registry's records. Their JSON form is that of MLflow's REST API.

use serde::Serialize;

use super::super::record::Pair;

/// A registered model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegisteredModelRecord {
    /// Its name.
    pub name: String,
    /// When it was made, epoch milliseconds.
    pub creation_timestamp: i64,
    /// When it was last changed, epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated_timestamp: Option<i64>,
    /// What somebody wrote about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The latest version of each stage.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub latest_versions: Vec<VersionRecord>,
    /// Its tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Pair>,
    /// Its aliases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<AliasRecord>,
}

/// An alias and what it points at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AliasRecord {
    /// Its name.
    pub alias: String,
    /// The version's number as text.
    pub version: String,
}

/// A version of a registered model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionRecord {
    /// The model's name.
    pub name: String,
    /// Its number as text.
    pub version: String,
    /// When it was made, epoch milliseconds.
    pub creation_timestamp: i64,
    /// When it was last changed, epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated_timestamp: Option<i64>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// `None`, `Staging`, `Production` or `Archived`.
    pub current_stage: String,
    /// What somebody wrote about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The run that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// `READY`, for versions made here.
    pub status: String,
    /// More about its status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// A link to the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_link: Option<String>,
    /// Its tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Pair>,
    /// The aliases that point at it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}
