//! Logged models, which `log_model` and autologging of MLflow 3 can't do without.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::answer::{ApiAnswer, OneAnswer, done, one};
use super::api::Api;
use super::error::ApiError;
use super::request::{InPath, JsonBody, max_results};
use crate::tracking::protocol::form::text;
use crate::tracking::protocol::{LoggedModelQuery, NewLoggedModel, SearchLoggedModels, pairs};
use crate::tracking::{LoggedModel, Page};

/// Models of one page where the client does not say.
const PAGE: usize = 50;
/// Most models of one page.
const LARGEST_PAGE: usize = 50_000;

pub(super) async fn create(
    State(api): State<Api>,
    JsonBody(ask): JsonBody<NewLoggedModel>,
) -> OneAnswer<LoggedModel> {
    one(api.call(move |db| db.create_model(&ask)).await?)
}

pub(super) async fn get(State(api): State<Api>, InPath(id): InPath<String>) -> OneAnswer<LoggedModel> {
    one(api.call(move |db| db.model(&id)).await?)
}

#[derive(Deserialize)]
pub(super) struct FinalizeModel {
    #[serde(default, deserialize_with = "text")]
    status: String,
}

pub(super) async fn finalize(
    State(api): State<Api>,
    InPath(id): InPath<String>,
    JsonBody(ask): JsonBody<FinalizeModel>,
) -> OneAnswer<LoggedModel> {
    one(api.call(move |db| db.finalize_model(&id, &ask.status)).await?)
}

pub(super) async fn delete(State(api): State<Api>, InPath(id): InPath<String>) -> ApiAnswer {
    api.call(move |db| db.delete_model(&id)).await?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct ModelParams {
    #[serde(default, with = "pairs")]
    params: Vec<(String, String)>,
}

pub(super) async fn log_params(
    State(api): State<Api>,
    InPath(id): InPath<String>,
    JsonBody(ask): JsonBody<ModelParams>,
) -> ApiAnswer {
    api.call(move |db| db.log_model_params(&id, &ask.params)).await?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct ModelTags {
    #[serde(default, with = "pairs")]
    tags: Vec<(String, String)>,
}

pub(super) async fn set_tags(
    State(api): State<Api>,
    InPath(id): InPath<String>,
    JsonBody(ask): JsonBody<ModelTags>,
) -> ApiAnswer {
    api.call(move |db| db.set_model_tags(&id, &ask.tags)).await?;
    Ok(done())
}

pub(super) async fn delete_tag(
    State(api): State<Api>,
    InPath((id, key)): InPath<(String, String)>,
) -> ApiAnswer {
    api.call(move |db| db.delete_model_tag(&id, &key)).await?;
    Ok(done())
}

pub(super) async fn search(
    State(api): State<Api>,
    JsonBody(ask): JsonBody<SearchLoggedModels>,
) -> ApiAnswer<Page<LoggedModel>> {
    if ask.experiment_ids.is_empty() {
        return Err(ApiError::missing("experiment_ids"));
    }
    let query = LoggedModelQuery {
        max_results: max_results(ask.max_results, PAGE, LARGEST_PAGE)?,
        datasets: ask.datasets,
        experiment_ids: ask.experiment_ids,
        filter: ask.filter,
        order_by: ask.order_by,
        page_token: ask.page_token,
    };
    Ok(Json(api.call(move |db| db.search_models(&query)).await?))
}
