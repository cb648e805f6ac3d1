//! Versions of registered models.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::form::{text, version};
use super::id::RunId;
use super::number::int64_or_zero;
use super::pairs;

/// A version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersion {
    /// The model's name.
    #[serde(rename = "name")]
    pub model: String,
    /// Its number, from 1.
    #[serde(with = "version")]
    pub version: u64,
    /// When it was made, epoch milliseconds.
    #[serde(rename = "creation_timestamp", default, deserialize_with = "int64_or_zero")]
    pub created: i64,
    /// When it was last changed, epoch milliseconds.
    #[serde(rename = "last_updated_timestamp", default, deserialize_with = "int64_or_zero")]
    pub updated: i64,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// `None`, `Staging`, `Production` or `Archived`.
    #[serde(default)]
    pub current_stage: String,
    /// What somebody wrote about it; may be empty.
    #[serde(default)]
    pub description: String,
    /// Where it came from, such as `models:/m-…` or `runs:/<run>/model`.
    #[serde(default)]
    pub source: String,
    /// The run that made it.
    #[serde(default, serialize_with = "run_or_empty", deserialize_with = "some_run")]
    pub run_id: Option<RunId>,
    /// `READY`, for versions made here.
    #[serde(default)]
    pub status: String,
    /// More about its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// A link to the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_link: Option<String>,
    /// Its tags, by key.
    #[serde(default, with = "pairs", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
    /// The aliases that point at it, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

/// A version that is to be made.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewVersion {
    /// The registered model.
    #[serde(rename = "name", default, deserialize_with = "text")]
    pub model: String,
    /// Where it comes from: `models:/<logged model>`, `runs:/<run>/<path>`, a path below the run's artifacts.
    #[serde(default, deserialize_with = "text")]
    pub source: String,
    /// The run that made it.
    #[serde(default, deserialize_with = "some_run", skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The logged model, where `source` names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// A link to the run.
    #[serde(default, deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub run_link: String,
    /// What to say about it.
    #[serde(default, deserialize_with = "text")]
    pub description: String,
    /// Its tags.
    #[serde(default, with = "pairs")]
    pub tags: Vec<(String, String)>,
}

/// No run is an empty text in MLflow's tables and answers.
// serde wants a reference here.
#[allow(clippy::ref_option)]
fn run_or_empty<S: Serializer>(run: &Option<RunId>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(run.as_ref().map_or("", RunId::as_str))
}

fn some_run<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RunId>, D::Error> {
    Ok(Option::<RunId>::deserialize(deserializer)?.filter(|id| !id.0.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_of_a_version_is_written_as_mlflow_writes_it() {
        let text = r#"{"name":"m","version":"3","creation_timestamp":1,"last_updated_timestamp":2,"current_stage":"None","description":"","source":"s3://b/m","run_id":"","status":"READY"}"#;
        let version: ModelVersion = serde_json::from_str(text).unwrap();
        assert_eq!((version.version, &version.run_id), (3, &None));
        assert_eq!(serde_json::to_string(&version).unwrap(), text);
    }
}
