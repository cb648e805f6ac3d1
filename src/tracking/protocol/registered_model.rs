//! Registered models: a name, its versions, and the aliases that point at them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::form::{list, text, version};
use super::model_version::ModelVersion;
use super::number::{int64, int64_or_zero};
use super::pairs;

/// A model under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredModel {
    /// Its name.
    pub name: String,
    /// When it was made, epoch milliseconds.
    #[serde(rename = "creation_timestamp", default, deserialize_with = "int64_or_zero")]
    pub created: i64,
    /// When it was last changed, epoch milliseconds.
    #[serde(rename = "last_updated_timestamp", default, deserialize_with = "int64_or_zero")]
    pub updated: i64,
    /// What somebody wrote about it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The latest version of each stage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latest_versions: Vec<ModelVersion>,
    /// Its tags, by key.
    #[serde(default, with = "pairs", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
    /// Its aliases and the versions they point at, by alias.
    #[serde(default, with = "aliases", skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<(String, u64)>,
}

/// An alias and the version that it points at.
#[derive(Debug, Serialize, Deserialize)]
pub struct Alias {
    /// Its name.
    pub alias: String,
    /// The version's number.
    #[serde(with = "version")]
    pub version: u64,
}

mod aliases {
    use super::{Alias, Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        aliases: &[(String, u64)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            aliases.iter().map(|(alias, version)| Alias { alias: alias.clone(), version: *version }),
        )
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(String, u64)>, D::Error> {
        let read = Vec::<Alias>::deserialize(deserializer)?;
        Ok(read.into_iter().map(|alias| (alias.alias, alias.version)).collect())
    }
}

/// A search in the registry.
#[derive(Debug, Clone, Default)]
pub struct RegistryQuery {
    /// A filter in MLflow's language; empty: all.
    pub filter: String,
    /// `order_by` terms in MLflow's language.
    pub order_by: Vec<String>,
    /// Most items of one page.
    pub max_results: usize,
    /// Where the page starts.
    pub page_token: Option<String>,
}

/// A search in the registry as it is sent.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SearchRegistry {
    /// A filter in MLflow's language.
    #[serde(default, deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// `order_by` terms.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub order_by: Vec<String>,
    /// Most items of one page.
    #[serde(default, deserialize_with = "int64", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
}
