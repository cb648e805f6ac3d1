//! Requests to the registry, as they are sent.

use serde::{Deserialize, Serialize};

use super::form::{asked_version, text};
use super::pairs;

/// A registered model that is to be created.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct CreateRegisteredModel {
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// What to say about it.
    #[serde(default, deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its tags.
    #[serde(default, with = "pairs", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
}

/// An alias of a registered model, and the version that it is to point at.
#[derive(Debug, Serialize, Deserialize)]
pub struct ModelAlias {
    /// The model's name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// The alias.
    #[serde(default, deserialize_with = "text")]
    pub alias: String,
    /// The version's number.
    #[serde(default, with = "asked_version", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Which version of which model.
#[derive(Debug, Serialize, Deserialize)]
pub struct WhichVersion {
    /// The model's name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// The version's number.
    #[serde(default, with = "asked_version", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A tag of a version.
#[derive(Debug, Serialize, Deserialize)]
pub struct VersionTag {
    /// The version.
    #[serde(flatten)]
    pub of: WhichVersion,
    /// Its key.
    #[serde(default, deserialize_with = "text")]
    pub key: String,
    /// Its value.
    #[serde(default, deserialize_with = "text")]
    pub value: String,
}
