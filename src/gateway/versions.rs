//! Versions of registered models.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, VersionAnswer, VersionsAnswer, done};
use super::api::Api;
use super::error::ApiError;
use super::registered::Search;
use super::request::{Body, Fields, text, version};
use crate::tracking::embedded::{CreateVersion, Pair, VersionRecord};

/// Versions of one page where the client does not say, and the most.
const PAGE: usize = 200_000;

#[derive(Deserialize)]
pub(super) struct Create {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "text")]
    source: String,
    run_id: Option<String>,
    model_id: Option<String>,
    #[serde(default, deserialize_with = "text")]
    run_link: String,
    #[serde(default, deserialize_with = "text")]
    description: String,
    #[serde(default)]
    tags: Vec<Pair>,
}

pub(super) async fn create(
    State(api): State<Api>,
    Body(ask): Body<Create>,
) -> Answer<VersionAnswer<VersionRecord>> {
    let new = CreateVersion {
        name: ask.name,
        source: ask.source,
        run_id: ask.run_id,
        model_id: ask.model_id,
        run_link: ask.run_link,
        description: ask.description,
        tags: ask.tags,
    };
    let version = api.call(move |db| db.create_version(&new)).await?;
    Ok(Json(VersionAnswer { model_version: version }))
}

/// Which version.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "version")]
    version: Option<i64>,
}

impl Which {
    fn parts(self) -> Result<(String, i64), ApiError> {
        Ok((self.name, self.version.ok_or_else(|| ApiError::missing("version"))?))
    }
}

pub(super) async fn get(
    State(api): State<Api>,
    Fields(ask): Fields<Which>,
) -> Answer<VersionAnswer<VersionRecord>> {
    let (name, number) = ask.parts()?;
    let version = api.call(move |db| db.version(&name, number)).await?;
    Ok(Json(VersionAnswer { model_version: version }))
}

#[derive(Deserialize)]
pub(super) struct Update {
    #[serde(flatten)]
    which: Which,
    description: Option<String>,
}

pub(super) async fn update(
    State(api): State<Api>,
    Body(ask): Body<Update>,
) -> Answer<VersionAnswer<VersionRecord>> {
    let (name, number) = ask.which.parts()?;
    let version = api.call(move |db| db.describe_version(&name, number, ask.description.as_deref())).await?;
    Ok(Json(VersionAnswer { model_version: version }))
}

#[derive(Deserialize)]
pub(super) struct Move {
    #[serde(flatten)]
    which: Which,
    #[serde(default, deserialize_with = "text")]
    stage: String,
    archive_existing_versions: Option<bool>,
}

pub(super) async fn transition(
    State(api): State<Api>,
    Body(ask): Body<Move>,
) -> Answer<VersionAnswer<VersionRecord>> {
    let (name, number) = ask.which.parts()?;
    let archive = ask.archive_existing_versions.unwrap_or_default();
    let version = api.call(move |db| db.move_version(&name, number, &ask.stage, archive)).await?;
    Ok(Json(VersionAnswer { model_version: version }))
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

pub(super) async fn search(State(api): State<Api>, Fields(ask): Fields<Search>) -> Answer<VersionsAnswer> {
    let query = ask.query(PAGE, PAGE)?;
    Ok(Json(api.call(move |db| db.search_versions(&query)).await?.into()))
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
    api.call(move |db| db.set_version_tag(&name, number, &Pair::new(ask.key, ask.value))).await?;
    Ok(done())
}

pub(super) async fn delete_tag(State(api): State<Api>, Body(ask): Body<Tag>) -> Answer {
    let (name, number) = ask.which.parts()?;
    api.call(move |db| db.delete_version_tag(&name, number, &ask.key)).await?;
    Ok(done())
}
