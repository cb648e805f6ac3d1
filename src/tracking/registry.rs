//! The port to the model registry: named models, their versions, and the aliases that point at them.

use async_trait::async_trait;

use super::error::Result;
use super::protocol::{LoggedModel, ModelVersion, NewVersion, RegisteredModel, RunInfo};

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
    /// The version that an alias points at; `None` where the model has no such alias, or there is no such model.
    async fn by_alias(&self, model: &str, alias: &str) -> Result<Option<ModelVersion>>;

    /// The models that a run logged, in the order they were made; none on a server that is older than logged models.
    async fn logged_models(&self, run: &RunInfo) -> Result<Vec<LoggedModel>>;
}
