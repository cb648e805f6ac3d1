//! Runs, their params and tags, and what went in and came out.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;

use super::answer::{ApiAnswer, OneAnswer, done, one};
use super::api::Api;
use super::confined::{Confined, RunAction};
use super::error::ApiError;
use super::request::{JsonBody, QueryFields, max_results, view};
use crate::tracking::protocol::form::text;
use crate::tracking::protocol::{
    DatasetInput, ModelInput, ModelOutput, RunPair, SearchRuns, UpdateRun, WhichRun,
};
use crate::tracking::{NewRun, Page, Run, RunInfo, RunProjection, RunQuery};

/// Runs of one page where the client does not say.
const PAGE: usize = 1000;
/// Most runs of one page.
const LARGEST_PAGE: usize = 50_000;

pub(super) async fn create(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(mut run): JsonBody<NewRun>,
) -> OneAnswer<Run> {
    if run.experiment_id.0.is_empty() {
        "0".clone_into(&mut run.experiment_id.0);
    }
    let made = api.call(move |db| {
        run.tags = confined.tags_of_new(std::mem::take(&mut run.tags));
        let made = db.create_run(&run)?;
        confined.remember(made.id.as_str());
        db.run(made.id.as_str())
    });
    one(made.await?)
}

pub(super) async fn get(State(api): State<Api>, QueryFields(ask): QueryFields<WhichRun>) -> OneAnswer<Run> {
    one(api.call(move |db| db.run(ask.run_id.as_str())).await?)
}

pub(super) async fn update(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<UpdateRun>,
) -> OneAnswer<RunInfo> {
    let (id, change) = ask.parts();
    let changed = api.call(move |db| {
        confined.check(db, id.as_str(), RunAction::Change)?;
        db.update_run(id.as_str(), &change)
    });
    one(changed.await?)
}

pub(super) async fn delete(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<WhichRun>,
) -> ApiAnswer {
    api.call(move |db| {
        confined.check(db, ask.run_id.as_str(), RunAction::Delete)?;
        db.delete_run(ask.run_id.as_str())
    })
    .await?;
    Ok(done())
}

pub(super) async fn restore(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<WhichRun>,
) -> ApiAnswer {
    api.call(move |db| {
        confined.check(db, ask.run_id.as_str(), RunAction::Delete)?;
        db.restore_run(ask.run_id.as_str())
    })
    .await?;
    Ok(done())
}

pub(super) async fn search(
    State(api): State<Api>,
    JsonBody(ask): JsonBody<SearchRuns>,
) -> ApiAnswer<Page<Run>> {
    let query = RunQuery {
        max_results: max_results(ask.max_results, PAGE, LARGEST_PAGE)?,
        view: view(ask.run_view_type.as_deref())?,
        experiment_ids: ask.experiment_ids,
        filter: ask.filter,
        order_by: ask.order_by,
        page_token: ask.page_token,
        want: RunProjection::default(),
    };
    Ok(Json(api.call(move |db| db.search_runs(&query)).await?))
}

/// The run, and the key and the value of its param or tag.
fn parts(ask: RunPair) -> Result<(String, String, String), ApiError> {
    if ask.key.is_empty() {
        return Err(ApiError::missing("key"));
    }
    Ok((ask.run.run_id.0, ask.key, ask.value))
}

pub(super) async fn log_parameter(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<RunPair>,
) -> ApiAnswer {
    let (id, key, value) = parts(ask)?;
    api.call(move |db| {
        confined.check(db, &id, RunAction::Log)?;
        db.log_param(&id, &key, &value)?.or_conflict(&id, &key, &value)
    })
    .await?;
    Ok(done())
}

pub(super) async fn set_tag(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<RunPair>,
) -> ApiAnswer {
    let (id, key, value) = parts(ask)?;
    api.call(move |db| {
        let tags = confined.tags(db, &id, vec![(key, value)])?;
        tags.iter().try_for_each(|(key, value)| db.set_tag(&id, key, value))
    })
    .await?;
    Ok(done())
}

pub(super) async fn delete_tag(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<RunPair>,
) -> ApiAnswer {
    let (id, key, value) = parts(ask)?;
    api.call(move |db| {
        let tags = confined.tags(db, &id, vec![(key, value)])?;
        tags.iter().try_for_each(|(key, _)| db.delete_tag(&id, key))
    })
    .await?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct LogInputs {
    #[serde(flatten)]
    run: WhichRun,
    #[serde(default)]
    datasets: Vec<DatasetInput>,
    #[serde(default)]
    models: Vec<ModelInput>,
}

pub(super) async fn log_inputs(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<LogInputs>,
) -> ApiAnswer {
    let id = ask.run.run_id.0;
    api.call(move |db| {
        confined.check(db, &id, RunAction::Log)?;
        db.log_inputs(&id, &ask.datasets, &ask.models)
    })
    .await?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct LogOutputs {
    #[serde(flatten)]
    run: WhichRun,
    #[serde(default)]
    models: Vec<ModelOutput>,
}

pub(super) async fn log_outputs(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<LogOutputs>,
) -> ApiAnswer {
    let id = ask.run.run_id.0;
    api.call(move |db| {
        confined.check(db, &id, RunAction::Log)?;
        db.log_outputs(&id, &ask.models)
    })
    .await?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct LogModel {
    #[serde(flatten)]
    run: WhichRun,
    #[serde(default, deserialize_with = "text")]
    model_json: String,
}

/// A model as MLflow 2 logged it: noted in a tag of its run.
pub(super) async fn log_model(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<LogModel>,
) -> ApiAnswer {
    let id = ask.run.run_id.0;
    let malformed = |error| ApiError::invalid(format!("Malformed model info: {error}"));
    let model: serde_json::Map<String, Value> = serde_json::from_str(&ask.model_json).map_err(malformed)?;
    let needed = ["artifact_path", "flavors", "utc_time_created", "run_id"];
    if let Some(field) = needed.iter().find(|field| !model.contains_key(**field)) {
        return Err(ApiError::invalid(format!("Model json is missing mandatory fields: {field}")));
    }
    api.call(move |db| {
        confined.check(db, &id, RunAction::Log)?;
        db.record_model(&id, &model)
    })
    .await?;
    Ok(done())
}
