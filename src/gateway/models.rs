//! Logged models, which `log_model` and autologging of MLflow 3 can't do without.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::answer::{Answer, ModelAnswer, ModelsAnswer, done};
use super::api::Api;
use super::error::ApiError;
use super::request::{Body, InPath, int64, list, max_results, text};
use crate::tracking::embedded::{ModelOrder, ModelQuery, ModelRecord, NewModel, Pair};

/// Models of one page where the client does not say.
const PAGE: usize = 50;
/// Most models of one page.
const LARGEST_PAGE: usize = 50_000;

#[derive(Deserialize)]
pub(super) struct Create {
    #[serde(default)]
    experiment_id: String,
    name: Option<String>,
    source_run_id: Option<String>,
    model_type: Option<String>,
    #[serde(default)]
    params: Vec<Pair>,
    #[serde(default)]
    tags: Vec<Pair>,
}

pub(super) async fn create(
    State(api): State<Api>,
    Body(ask): Body<Create>,
) -> Answer<ModelAnswer<ModelRecord>> {
    let model = NewModel {
        experiment_id: ask.experiment_id,
        name: ask.name,
        source_run_id: ask.source_run_id,
        model_type: ask.model_type,
        params: ask.params,
        tags: ask.tags,
    };
    let model = api.call(move |db| db.create_model(&model)).await?;
    Ok(Json(ModelAnswer { model }))
}

pub(super) async fn get(
    State(api): State<Api>,
    InPath(id): InPath<String>,
) -> Answer<ModelAnswer<ModelRecord>> {
    let model = api.call(move |db| db.model(&id)).await?;
    Ok(Json(ModelAnswer { model }))
}

#[derive(Deserialize)]
pub(super) struct Finalize {
    #[serde(default, deserialize_with = "text")]
    status: String,
}

pub(super) async fn finalize(
    State(api): State<Api>,
    InPath(id): InPath<String>,
    Body(ask): Body<Finalize>,
) -> Answer<ModelAnswer<ModelRecord>> {
    let model = api.call(move |db| db.finalize_model(&id, &ask.status)).await?;
    Ok(Json(ModelAnswer { model }))
}

pub(super) async fn delete(State(api): State<Api>, InPath(id): InPath<String>) -> Answer {
    api.call(move |db| db.delete_model(&id)).await?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct Params {
    #[serde(default)]
    params: Vec<Pair>,
}

pub(super) async fn log_params(
    State(api): State<Api>,
    InPath(id): InPath<String>,
    Body(ask): Body<Params>,
) -> Answer {
    api.call(move |db| db.log_model_params(&id, &ask.params)).await?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct Tags {
    #[serde(default)]
    tags: Vec<Pair>,
}

pub(super) async fn set_tags(
    State(api): State<Api>,
    InPath(id): InPath<String>,
    Body(ask): Body<Tags>,
) -> Answer {
    api.call(move |db| db.set_model_tags(&id, &ask.tags)).await?;
    Ok(done())
}

pub(super) async fn delete_tag(
    State(api): State<Api>,
    InPath((id, key)): InPath<(String, String)>,
) -> Answer {
    api.call(move |db| db.delete_model_tag(&id, &key)).await?;
    Ok(done())
}

#[derive(Deserialize)]
struct Dataset {
    dataset_name: String,
    dataset_digest: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Search {
    #[serde(default, deserialize_with = "list")]
    experiment_ids: Vec<String>,
    #[serde(default, deserialize_with = "text")]
    filter: String,
    #[serde(default)]
    datasets: Vec<Dataset>,
    #[serde(default)]
    order_by: Vec<ModelOrder>,
    #[serde(default, deserialize_with = "int64")]
    max_results: Option<i64>,
    page_token: Option<String>,
}

pub(super) async fn search(State(api): State<Api>, Body(ask): Body<Search>) -> Answer<ModelsAnswer> {
    if ask.experiment_ids.is_empty() {
        return Err(ApiError::missing("experiment_ids"));
    }
    let query = ModelQuery {
        max_results: max_results(ask.max_results, PAGE, LARGEST_PAGE)?,
        datasets: ask
            .datasets
            .into_iter()
            .map(|dataset| (dataset.dataset_name, dataset.dataset_digest))
            .collect(),
        experiment_ids: ask.experiment_ids,
        filter: ask.filter,
        order_by: ask.order_by,
        page_token: ask.page_token,
    };
    Ok(Json(api.call(move |db| db.search_models(&query)).await?.into()))
}
