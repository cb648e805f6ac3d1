//! A registry that has no models and takes none.

use async_trait::async_trait;

use crate::tracking::{
    ErrorKind, LoggedModel, ModelVersion, NewVersion, RegisteredModel, Registry, Result, RunInfo,
    TrackingError,
};

pub(super) struct NoRegistry;

fn unsupported<T>() -> Result<T> {
    Err(TrackingError::new(ErrorKind::Unsupported, "a store in memory keeps no models"))
}

#[async_trait]
impl Registry for NoRegistry {
    async fn ensure_model(&self, _: &str) -> Result<bool> {
        unsupported()
    }

    async fn models(&self) -> Result<Vec<RegisteredModel>> {
        Ok(Vec::new())
    }

    async fn model(&self, _: &str) -> Result<Option<RegisteredModel>> {
        Ok(None)
    }

    async fn create_version(&self, _: &NewVersion) -> Result<ModelVersion> {
        unsupported()
    }

    async fn versions(&self, _: &str) -> Result<Vec<ModelVersion>> {
        Ok(Vec::new())
    }

    async fn set_version_tag(&self, _: &str, _: u64, _: &str, _: &str) -> Result<()> {
        unsupported()
    }

    async fn set_alias(&self, _: &str, _: &str, _: u64) -> Result<()> {
        unsupported()
    }

    async fn by_alias(&self, _: &str, _: &str) -> Result<Option<ModelVersion>> {
        Ok(None)
    }

    async fn logged_models(&self, _: &RunInfo) -> Result<Vec<LoggedModel>> {
        Ok(Vec::new())
    }
}
