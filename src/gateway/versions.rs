//! Versions of registered models.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, OneAnswer, done, one};
use super::api::Api;
use super::error::ApiError;
use super::registered::query;
use super::request::{Body, Fields};
use crate::tracking::protocol::SearchRegistry;
use crate::tracking::protocol::form::{text, version};
use crate::tracking::{ModelVersion, NewVersion, Page};

/// Versions of one page where the client does not say, and the most.
const PAGE: usize = 200_000;

pub(super) async fn create(State(api): State<Api>, Body(ask): Body<NewVersion>) -> OneAnswer<ModelVersion> {
    one(api.call(move |db| db.create_version(&ask)).await?)
}

/// Which version.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "version::optional")]
    version: Option<i64>,
}

impl Which {
    fn parts(self) -> Result<(String, i64), ApiError> {
        Ok((self.name, self.version.ok_or_else(|| ApiError::missing("version"))?))
    }
}

pub(super) async fn get(State(api): State<Api>, Fields(ask): Fields<Which>) -> OneAnswer<ModelVersion> {
    let (name, number) = ask.parts()?;
    one(api.call(move |db| db.version(&name, number)).await?)
}

#[derive(Deserialize)]
pub(super) struct Update {
    #[serde(flatten)]
    which: Which,
    description: Option<String>,
}

pub(super) async fn update(State(api): State<Api>, Body(ask): Body<Update>) -> OneAnswer<ModelVersion> {
    let (name, number) = ask.which.parts()?;
    one(api.call(move |db| db.describe_version(&name, number, ask.description.as_deref())).await?)
}

#[derive(Deserialize)]
pub(super) struct Move {
    #[serde(flatten)]
    which: Which,
    #[serde(default, deserialize_with = "text")]
    stage: String,
    archive_existing_versions: Option<bool>,
}

pub(super) async fn transition(State(api): State<Api>, Body(ask): Body<Move>) -> OneAnswer<ModelVersion> {
    let (name, number) = ask.which.parts()?;
    let archive = ask.archive_existing_versions.unwrap_or_default();
    one(api.call(move |db| db.move_version(&name, number, &ask.stage, archive)).await?)
}

pub(super) async fn delete(State(api): State<Api>, Body(ask): Body<Which>) -> Answer {
    let (name, number) = ask.parts()?;
    api.call(move |db| db.delete_version(&name, number)).await?;
    Ok(done())
}

#[derive(Serialize)]
pub(super) struct Download {
    artifact_uri: String,
}

pub(super) async fn download_uri(State(api): State<Api>, Fields(ask): Fields<Which>) -> Answer<Download> {
    let (name, number) = ask.parts()?;
    let artifact_uri = api.call(move |db| db.version_download_uri(&name, number)).await?;
    Ok(Json(Download { artifact_uri }))
}

pub(super) async fn search(
    State(api): State<Api>,
    Fields(ask): Fields<SearchRegistry>,
) -> Answer<Page<ModelVersion>> {
    let query = query(ask, PAGE, PAGE)?;
    Ok(Json(api.call(move |db| db.search_versions(&query)).await?))
}

#[derive(Deserialize)]
pub(super) struct Tag {
    #[serde(flatten)]
    which: Which,
    #[serde(default, deserialize_with = "text")]
    key: String,
    #[serde(default, deserialize_with = "text")]
    value: String,
}

pub(super) async fn set_tag(State(api): State<Api>, Body(ask): Body<Tag>) -> Answer {
    let (name, number) = ask.which.parts()?;
    api.call(move |db| db.set_version_tag(&name, number, &ask.key, &ask.value)).await?;
    Ok(done())
}

pub(super) async fn delete_tag(State(api): State<Api>, Body(ask): Body<Tag>) -> Answer {
    let (name, number) = ask.which.parts()?;
    api.call(move |db| db.delete_version_tag(&name, number, &ask.key)).await?;
    Ok(done())
}
