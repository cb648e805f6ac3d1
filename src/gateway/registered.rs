//! Registered models and their aliases.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::answer::{ApiAnswer, OneAnswer, done, one};
use super::api::Api;
use super::error::ApiError;
use super::request::{JsonBody, QueryFields, max_results};
use crate::tracking::protocol::form::{list, text};
use crate::tracking::protocol::{CreateRegisteredModel, ModelAlias, RegistryQuery, SearchRegistry};
use crate::tracking::{ModelVersion, Page, RegisteredModel};

/// Models of one page where the client does not say.
const PAGE: usize = 100;
/// Most models of one page.
const LARGEST_PAGE: usize = 1000;

pub(super) async fn create(
    State(api): State<Api>,
    JsonBody(ask): JsonBody<CreateRegisteredModel>,
) -> OneAnswer<RegisteredModel> {
    one(api.call(move |db| db.create_registered_model(&ask.name, &ask.description, &ask.tags)).await?)
}

#[derive(Deserialize)]
pub(super) struct ModelName {
    #[serde(default, deserialize_with = "text")]
    name: String,
}

pub(super) async fn get(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<ModelName>,
) -> OneAnswer<RegisteredModel> {
    one(api.call(move |db| db.registered_model(&ask.name)).await?)
}

#[derive(Deserialize)]
pub(super) struct UpdateModel {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "text")]
    description: String,
}

pub(super) async fn update(
    State(api): State<Api>,
    JsonBody(ask): JsonBody<UpdateModel>,
) -> OneAnswer<RegisteredModel> {
    one(api.call(move |db| db.describe_registered_model(&ask.name, &ask.description)).await?)
}

#[derive(Deserialize)]
pub(super) struct RenameModel {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "text")]
    new_name: String,
}

pub(super) async fn rename(
    State(api): State<Api>,
    JsonBody(ask): JsonBody<RenameModel>,
) -> OneAnswer<RegisteredModel> {
    if ask.new_name.trim().is_empty() {
        return Err(ApiError::missing("new_name"));
    }
    one(api.call(move |db| db.rename_registered_model(&ask.name, &ask.new_name)).await?)
}

pub(super) async fn delete(State(api): State<Api>, JsonBody(ask): JsonBody<ModelName>) -> ApiAnswer {
    api.call(move |db| db.delete_registered_model(&ask.name)).await?;
    Ok(done())
}

/// A search in the registry, with pages of a size that is allowed.
pub(super) fn query(ask: SearchRegistry, page: usize, largest: usize) -> Result<RegistryQuery, ApiError> {
    Ok(RegistryQuery {
        max_results: max_results(ask.max_results, page, largest)?,
        filter: ask.filter,
        order_by: ask.order_by,
        page_token: ask.page_token,
    })
}

pub(super) async fn search(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<SearchRegistry>,
) -> ApiAnswer<Page<RegisteredModel>> {
    let query = query(ask, PAGE, LARGEST_PAGE)?;
    Ok(Json(api.call(move |db| db.search_registered_models(&query)).await?))
}

#[derive(Deserialize)]
pub(super) struct LatestVersions {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "list")]
    stages: Vec<String>,
}

pub(super) async fn latest(
    State(api): State<Api>,
    JsonBody(ask): JsonBody<LatestVersions>,
) -> ApiAnswer<Page<ModelVersion>> {
    let versions = api.call(move |db| db.latest_versions(&ask.name, &ask.stages)).await?;
    Ok(Json(Page { items: versions, next: None }))
}

/// The same asked by a query string, as old clients do.
pub(super) async fn latest_by_query(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<LatestVersions>,
) -> ApiAnswer<Page<ModelVersion>> {
    latest(State(api), JsonBody(ask)).await
}

#[derive(Deserialize)]
pub(super) struct ModelTag {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "text")]
    key: String,
    #[serde(default, deserialize_with = "text")]
    value: String,
}

pub(super) async fn set_tag(State(api): State<Api>, JsonBody(ask): JsonBody<ModelTag>) -> ApiAnswer {
    api.call(move |db| db.set_registered_model_tag(&ask.name, &ask.key, &ask.value)).await?;
    Ok(done())
}

pub(super) async fn delete_tag(State(api): State<Api>, JsonBody(ask): JsonBody<ModelTag>) -> ApiAnswer {
    api.call(move |db| db.delete_registered_model_tag(&ask.name, &ask.key)).await?;
    Ok(done())
}

pub(super) async fn set_alias(State(api): State<Api>, JsonBody(ask): JsonBody<ModelAlias>) -> ApiAnswer {
    let number = ask.version.ok_or_else(|| ApiError::missing("version"))?;
    api.call(move |db| db.set_alias(&ask.name, &ask.alias, number)).await?;
    Ok(done())
}

pub(super) async fn delete_alias(State(api): State<Api>, JsonBody(ask): JsonBody<ModelAlias>) -> ApiAnswer {
    api.call(move |db| db.delete_alias(&ask.name, &ask.alias)).await?;
    Ok(done())
}

pub(super) async fn by_alias(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<ModelAlias>,
) -> OneAnswer<ModelVersion> {
    one(api.call(move |db| db.version_by_alias(&ask.name, &ask.alias)).await?)
}
