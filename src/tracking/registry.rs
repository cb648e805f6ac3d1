//! The port to the model registry: named models, their versions, and the aliases that point at them.

use async_trait::async_trait;

use super::error::Result;
use super::model::{RunId, RunInfo};

/// The registry of a tracking store. [`Store::registry`](super::Store::registry) gives it.
///
/// Every method may be called by many tasks and processes at once. A retried call is harmless but for
/// [`Registry::create_version`], which may leave a second version behind.
#[async_trait]
pub trait Registry: Send + Sync {
    /// Makes a registered model where there is none of this name; says whether it was made.
    async fn ensure_model(&self, name: &str) -> Result<bool>;
    /// All registered models, by name; prompts are left out.
    async fn models(&self) -> Result<Vec<RegisteredModel>>;
    /// A registered model; `None` where there is none.
    async fn model(&self, name: &str) -> Result<Option<RegisteredModel>>;

    /// Makes the next version of a registered model. `NotFound` where there is no such model, `Invalid` where the source
    /// does not belong to the run or the logged model that is named.
    async fn create_version(&self, version: &NewVersion) -> Result<ModelVersion>;
    /// The versions of a model, newest first; none where the model is unknown.
    async fn versions(&self, model: &str) -> Result<Vec<ModelVersion>>;
    /// Sets a tag of a version.
    async fn set_version_tag(&self, model: &str, version: u64, key: &str, value: &str) -> Result<()>;

    /// Points an alias at a version, wherever it pointed before.
    async fn set_alias(&self, model: &str, alias: &str, version: u64) -> Result<()>;
    /// Removes an alias; harmless where there is none.
    async fn delete_alias(&self, model: &str, alias: &str) -> Result<()>;
    /// The version that an alias points at; `None` where the model has no such alias, or there is no such model.
    async fn by_alias(&self, model: &str, alias: &str) -> Result<Option<ModelVersion>>;

    /// The models that a run logged, in the order they were made; none on a server that is older than logged models.
    async fn logged_models(&self, run: &RunInfo) -> Result<Vec<LoggedModel>>;
}

/// A model under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredModel {
    /// Its name.
    pub name: String,
    /// What somebody wrote about it; may be empty.
    pub description: String,
    /// When it was made.
    pub created: i64,
    /// When it was last changed.
    pub updated: i64,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// Its aliases and the versions they point at, by alias.
    pub aliases: Vec<(String, u64)>,
}

/// A version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelVersion {
    /// The model's name.
    pub model: String,
    /// Its number, from 1.
    pub version: u64,
    /// Where it came from, such as `models:/m-…` or `runs:/<run>/model`.
    pub source: String,
    /// The run that made it.
    pub run_id: Option<RunId>,
    /// What somebody wrote about it; may be empty.
    pub description: String,
    /// When it was made.
    pub created: i64,
    /// When it was last changed.
    pub updated: i64,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// The aliases that point at it, sorted.
    pub aliases: Vec<String>,
}

/// A version that is to be made.
#[derive(Debug, Clone, Default)]
pub struct NewVersion {
    /// The registered model.
    pub model: String,
    /// Where it comes from: `models:/<logged model>`, `runs:/<run>/<path>`, a path below the run's artifacts.
    pub source: String,
    /// The run that made it.
    pub run_id: Option<RunId>,
    /// The logged model, where `source` names one.
    pub model_id: Option<String>,
    /// What to say about it.
    pub description: String,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// A model that a run logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedModel {
    /// `m-` and 32 hex digits; `models:/<id>` is what a version is made of.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether its files are all there.
    pub ready: bool,
    /// Where its files lie.
    pub artifact_uri: String,
    /// When it was made.
    pub created: i64,
}
