//! Experiments. In a trial's scope every name means the sweep's experiment: a script that calls `set_experiment`
//! with a name of its own keeps logging to the run it was given.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use serde::{Deserialize, Serialize};

use super::answer::{ApiAnswer, OneAnswer, done, one};
use super::api::Api;
use super::confined::Confined;
use super::error::ApiError;
use super::request::{JsonBody, QueryFields, max_results, view};
use super::scope::TrialScope;
use crate::tracking::protocol::form::{list, text};
use crate::tracking::protocol::{
    CreateExperiment, DatasetSummary, ExperimentQuery, SearchExperiments, WhichExperiment,
};
use crate::tracking::{ErrorKind, Experiment, ExperimentId, Page};

/// Most experiments of one page.
const LARGEST_PAGE: usize = 50_000;

type Scope = Option<Extension<Arc<TrialScope>>>;

pub(super) async fn create(
    State(api): State<Api>,
    scope: Scope,
    JsonBody(ask): JsonBody<CreateExperiment>,
) -> ApiAnswer<WhichExperiment> {
    if let Some(Extension(trial)) = scope {
        return Ok(Json(WhichExperiment { experiment_id: ExperimentId(trial.experiment_id.clone()) }));
    }
    let experiment_id = api
        .call(move |db| db.create_experiment(&ask.name, ask.artifact_location.as_deref(), &ask.tags))
        .await?;
    Ok(Json(WhichExperiment { experiment_id }))
}

/// The experiment that a request is about.
fn id_of(ask: WhichExperiment) -> Result<String, ApiError> {
    let id = ask.experiment_id.0;
    if id.is_empty() { Err(ApiError::missing("experiment_id")) } else { Ok(id) }
}

pub(super) async fn get(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<WhichExperiment>,
) -> OneAnswer<Experiment> {
    let id = id_of(ask)?;
    one(api.call(move |db| db.experiment(&id)).await?)
}

#[derive(Deserialize)]
pub(super) struct ByName {
    experiment_name: Option<String>,
}

pub(super) async fn get_by_name(
    State(api): State<Api>,
    scope: Scope,
    QueryFields(ask): QueryFields<ByName>,
) -> OneAnswer<Experiment> {
    let name = ask.experiment_name.ok_or_else(|| ApiError::missing("experiment_name"))?;
    if let Some(Extension(trial)) = scope {
        return one(api.call(move |db| db.experiment(&trial.experiment_id)).await?);
    }
    let missing = format!("Could not find experiment with name '{name}'");
    let found = api.call(move |db| db.experiment_by_name(&name)).await?;
    one(found.ok_or_else(|| ApiError::not_found(missing))?)
}

pub(super) async fn search(
    State(api): State<Api>,
    JsonBody(ask): JsonBody<SearchExperiments>,
) -> ApiAnswer<Page<Experiment>> {
    find(api, ask).await
}

pub(super) async fn search_by_query(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<SearchExperiments>,
) -> ApiAnswer<Page<Experiment>> {
    find(api, ask).await
}

async fn find(api: Api, ask: SearchExperiments) -> ApiAnswer<Page<Experiment>> {
    let asked = ask.max_results.ok_or_else(|| ApiError::missing("max_results"))?;
    let query = ExperimentQuery {
        max_results: max_results(Some(asked), 0, LARGEST_PAGE)?,
        view: view(ask.view_type.as_deref())?,
        filter: ask.filter,
        order_by: ask.order_by,
        page_token: ask.page_token,
    };
    Ok(Json(api.call(move |db| db.search_experiments(&query)).await?))
}

/// Most experiments of one request for datasets.
const MOST_EXPERIMENTS: usize = 20;

#[derive(Deserialize)]
pub(super) struct SearchDatasets {
    #[serde(default, deserialize_with = "list")]
    experiment_ids: Vec<ExperimentId>,
}

/// `{"dataset_summaries": […]}`
#[derive(Serialize)]
pub(super) struct DatasetSummaries {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dataset_summaries: Vec<DatasetSummary>,
}

/// The datasets that went into an experiment's runs.
pub(super) async fn search_datasets(
    State(api): State<Api>,
    JsonBody(ask): JsonBody<SearchDatasets>,
) -> ApiAnswer<DatasetSummaries> {
    let ids = ask.experiment_ids;
    if ids.is_empty() {
        return Err(ApiError::invalid("SearchDatasets request must specify at least one experiment_id."));
    }
    if ids.len() > MOST_EXPERIMENTS {
        return Err(ApiError::invalid(format!(
            "SearchDatasets request cannot specify more than {MOST_EXPERIMENTS} experiment_ids. Received {} experiment_ids.",
            ids.len()
        )));
    }
    let dataset_summaries = api.call(move |db| db.dataset_summaries(&ids)).await?;
    Ok(Json(DatasetSummaries { dataset_summaries }))
}

#[derive(Deserialize)]
pub(super) struct UpdateExperiment {
    #[serde(flatten)]
    which: WhichExperiment,
    new_name: Option<String>,
}

pub(super) async fn update(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<UpdateExperiment>,
) -> ApiAnswer {
    let id = id_of(ask.which)?;
    confined.check_experiment(&id)?;
    let name = ask.new_name.ok_or_else(|| ApiError::missing("new_name"))?;
    let renamed = api.store().call(move |db| db.rename_experiment(&id, &name)).await;
    renamed.map_err(|error| match error.kind {
        // As MLflow calls it here, and here alone.
        ErrorKind::AlreadyExists => ApiError::bad_request(error.message),
        _ => error.into(),
    })?;
    Ok(done())
}

pub(super) async fn delete(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<WhichExperiment>,
) -> ApiAnswer {
    let id = id_of(ask)?;
    confined.check_experiment(&id)?;
    api.call(move |db| db.delete_experiment(&id)).await?;
    Ok(done())
}

pub(super) async fn restore(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<WhichExperiment>,
) -> ApiAnswer {
    let id = id_of(ask)?;
    confined.check_experiment(&id)?;
    api.call(move |db| db.restore_experiment(&id)).await?;
    Ok(done())
}

/// A request about a tag of an experiment.
#[derive(Deserialize)]
pub(super) struct ExperimentTag {
    #[serde(flatten)]
    which: WhichExperiment,
    #[serde(default)]
    key: String,
    #[serde(default, deserialize_with = "text")]
    value: String,
}

pub(super) async fn set_tag(State(api): State<Api>, JsonBody(ask): JsonBody<ExperimentTag>) -> ApiAnswer {
    let id = id_of(ask.which)?;
    api.call(move |db| db.set_experiment_tag(&id, &ask.key, &ask.value)).await?;
    Ok(done())
}

pub(super) async fn delete_tag(State(api): State<Api>, JsonBody(ask): JsonBody<ExperimentTag>) -> ApiAnswer {
    let id = id_of(ask.which)?;
    api.call(move |db| db.delete_experiment_tag(&id, &ask.key)).await?;
    Ok(done())
}
