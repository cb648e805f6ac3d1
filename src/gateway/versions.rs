//! Versions of registered models.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::answer::{ApiAnswer, OneAnswer, done, one};
use super::api::Api;
use super::error::ApiError;
use super::registered::query;
use super::request::{JsonBody, QueryFields};
use crate::tracking::protocol::form::text;
use crate::tracking::protocol::{SearchRegistry, VersionTag, WhichVersion};
use crate::tracking::{ModelVersion, NewVersion, Page};

/// Versions of one page where the client does not say, and the most.
const PAGE: usize = 200_000;

pub(super) async fn create(
    State(api): State<Api>,
    JsonBody(ask): JsonBody<NewVersion>,
) -> OneAnswer<ModelVersion> {
    one(api.call(move |db| db.create_version(&ask)).await?)
}

/// The model's name and the version's number.
fn parts(ask: WhichVersion) -> Result<(String, i64), ApiError> {
    Ok((ask.name, ask.version.ok_or_else(|| ApiError::missing("version"))?))
}

pub(super) async fn get(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<WhichVersion>,
) -> OneAnswer<ModelVersion> {
    let (name, number) = parts(ask)?;
    one(api.call(move |db| db.version(&name, number)).await?)
}

#[derive(Deserialize)]
pub(super) struct UpdateVersion {
    #[serde(flatten)]
    which: WhichVersion,
    description: Option<String>,
}

pub(super) async fn update(
    State(api): State<Api>,
    JsonBody(ask): JsonBody<UpdateVersion>,
) -> OneAnswer<ModelVersion> {
    let (name, number) = parts(ask.which)?;
    one(api.call(move |db| db.describe_version(&name, number, ask.description.as_deref())).await?)
}

#[derive(Deserialize)]
pub(super) struct StageTransition {
    #[serde(flatten)]
    which: WhichVersion,
    #[serde(default, deserialize_with = "text")]
    stage: String,
    archive_existing_versions: Option<bool>,
}

pub(super) async fn transition(
    State(api): State<Api>,
    JsonBody(ask): JsonBody<StageTransition>,
) -> OneAnswer<ModelVersion> {
    let (name, number) = parts(ask.which)?;
    let archive = ask.archive_existing_versions.unwrap_or_default();
    one(api.call(move |db| db.move_version(&name, number, &ask.stage, archive)).await?)
}

pub(super) async fn delete(State(api): State<Api>, JsonBody(ask): JsonBody<WhichVersion>) -> ApiAnswer {
    let (name, number) = parts(ask)?;
    api.call(move |db| db.delete_version(&name, number)).await?;
    Ok(done())
}

#[derive(Serialize)]
pub(super) struct VersionDownload {
    artifact_uri: String,
}

pub(super) async fn download_uri(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<WhichVersion>,
) -> ApiAnswer<VersionDownload> {
    let (name, number) = parts(ask)?;
    let artifact_uri = api.call(move |db| db.version_download_uri(&name, number)).await?;
    Ok(Json(VersionDownload { artifact_uri }))
}

pub(super) async fn search(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<SearchRegistry>,
) -> ApiAnswer<Page<ModelVersion>> {
    let query = query(ask, PAGE, PAGE)?;
    Ok(Json(api.call(move |db| db.search_versions(&query)).await?))
}

pub(super) async fn set_tag(State(api): State<Api>, JsonBody(ask): JsonBody<VersionTag>) -> ApiAnswer {
    let (name, number) = parts(ask.of)?;
    api.call(move |db| db.set_version_tag(&name, number, &ask.key, &ask.value)).await?;
    Ok(done())
}

pub(super) async fn delete_tag(State(api): State<Api>, JsonBody(ask): JsonBody<VersionTag>) -> ApiAnswer {
    let (name, number) = parts(ask.of)?;
    api.call(move |db| db.delete_version_tag(&name, number, &ask.key)).await?;
    Ok(done())
}
