//! Registered models and their aliases.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::answer::{
    Answer, RegisteredModelAnswer, RegisteredModelsAnswer, VersionAnswer, VersionsAnswer, done,
};
use super::api::Api;
use super::error::ApiError;
use super::request::{Body, Fields, int64, list, max_results, text, version};
use crate::tracking::embedded::{Pair, RegisteredModelRecord, RegistryQuery, VersionRecord};

/// Models of one page where the client does not say.
const PAGE: usize = 100;
/// Most models of one page.
const LARGEST_PAGE: usize = 1000;

#[derive(Deserialize)]
pub(super) struct Create {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "text")]
    description: String,
    #[serde(default)]
    tags: Vec<Pair>,
}

pub(super) async fn create(
    State(api): State<Api>,
    Body(ask): Body<Create>,
) -> Answer<RegisteredModelAnswer<RegisteredModelRecord>> {
    let model =
        api.call(move |db| db.create_registered_model(&ask.name, &ask.description, &ask.tags)).await?;
    Ok(Json(RegisteredModelAnswer { registered_model: model }))
}

#[derive(Deserialize)]
pub(super) struct Named {
    #[serde(default, deserialize_with = "text")]
    name: String,
}

pub(super) async fn get(
    State(api): State<Api>,
    Fields(ask): Fields<Named>,
) -> Answer<RegisteredModelAnswer<RegisteredModelRecord>> {
    let model = api.call(move |db| db.registered_model(&ask.name)).await?;
    Ok(Json(RegisteredModelAnswer { registered_model: model }))
}

#[derive(Deserialize)]
pub(super) struct Update {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "text")]
    description: String,
}

pub(super) async fn update(
    State(api): State<Api>,
    Body(ask): Body<Update>,
) -> Answer<RegisteredModelAnswer<RegisteredModelRecord>> {
    let model = api.call(move |db| db.describe_registered_model(&ask.name, &ask.description)).await?;
    Ok(Json(RegisteredModelAnswer { registered_model: model }))
}

#[derive(Deserialize)]
pub(super) struct Rename {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "text")]
    new_name: String,
}

pub(super) async fn rename(
    State(api): State<Api>,
    Body(ask): Body<Rename>,
) -> Answer<RegisteredModelAnswer<RegisteredModelRecord>> {
    if ask.new_name.trim().is_empty() {
        return Err(ApiError::missing("new_name"));
    }
    let model = api.call(move |db| db.rename_registered_model(&ask.name, &ask.new_name)).await?;
    Ok(Json(RegisteredModelAnswer { registered_model: model }))
}

pub(super) async fn delete(State(api): State<Api>, Body(ask): Body<Named>) -> Answer {
    api.call(move |db| db.delete_registered_model(&ask.name)).await?;
    Ok(done())
}

/// A search in the registry.
#[derive(Deserialize)]
pub(super) struct Search {
    #[serde(default, deserialize_with = "text")]
    filter: String,
    #[serde(default, deserialize_with = "list")]
    order_by: Vec<String>,
    #[serde(default, deserialize_with = "int64")]
    max_results: Option<i64>,
    page_token: Option<String>,
}

impl Search {
    pub fn query(self, page: usize, largest: usize) -> Result<RegistryQuery, ApiError> {
        Ok(RegistryQuery {
            max_results: max_results(self.max_results, page, largest)?,
            filter: self.filter,
            order_by: self.order_by,
            page_token: self.page_token,
        })
    }
}

pub(super) async fn search(
    State(api): State<Api>,
    Fields(ask): Fields<Search>,
) -> Answer<RegisteredModelsAnswer> {
    let query = ask.query(PAGE, LARGEST_PAGE)?;
    Ok(Json(api.call(move |db| db.search_registered_models(&query)).await?.into()))
}

#[derive(Deserialize)]
pub(super) struct Latest {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "list")]
    stages: Vec<String>,
}

pub(super) async fn latest(State(api): State<Api>, Body(ask): Body<Latest>) -> Answer<VersionsAnswer> {
    let versions = api.call(move |db| db.latest_versions(&ask.name, &ask.stages)).await?;
    Ok(Json(crate::tracking::Page { items: versions, next: None }.into()))
}

/// The same asked by a query string, as old clients do.
pub(super) async fn latest_by_query(
    State(api): State<Api>,
    Fields(ask): Fields<Latest>,
) -> Answer<VersionsAnswer> {
    latest(State(api), Body(ask)).await
}

#[derive(Deserialize)]
pub(super) struct Tag {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "text")]
    key: String,
    #[serde(default, deserialize_with = "text")]
    value: String,
}

pub(super) async fn set_tag(State(api): State<Api>, Body(ask): Body<Tag>) -> Answer {
    api.call(move |db| db.set_registered_model_tag(&ask.name, &Pair::new(ask.key, ask.value))).await?;
    Ok(done())
}

pub(super) async fn delete_tag(State(api): State<Api>, Body(ask): Body<Tag>) -> Answer {
    api.call(move |db| db.delete_registered_model_tag(&ask.name, &ask.key)).await?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct Alias {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "text")]
    alias: String,
    #[serde(default, deserialize_with = "version")]
    version: Option<i64>,
}

pub(super) async fn set_alias(State(api): State<Api>, Body(ask): Body<Alias>) -> Answer {
    let number = ask.version.ok_or_else(|| ApiError::missing("version"))?;
    api.call(move |db| db.set_alias(&ask.name, &ask.alias, number)).await?;
    Ok(done())
}

pub(super) async fn delete_alias(State(api): State<Api>, Body(ask): Body<Alias>) -> Answer {
    api.call(move |db| db.delete_alias(&ask.name, &ask.alias)).await?;
    Ok(done())
}

pub(super) async fn by_alias(
    State(api): State<Api>,
    Fields(ask): Fields<Alias>,
) -> Answer<VersionAnswer<VersionRecord>> {
    let version = api.call(move |db| db.version_by_alias(&ask.name, &ask.alias)).await?;
    Ok(Json(VersionAnswer { model_version: version }))
}
