//! Runs, their params and tags, and what went in and came out.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;

use super::answer::{Answer, RunAnswer, RunInfoAnswer, RunsAnswer, done};
use super::api::Api;
use super::confined::{Act, Confined};
use super::error::ApiError;
use super::request::{Body, Fields, int64, list, max_results, run_id, text, view};
use crate::tracking::embedded::{
    CreateRun, DatasetLink, ModelInput, ModelOutput, Pair, RunChange, RunHeader, RunRecord, RunSearch,
};
use crate::trial::RunStatus;

/// Runs of one page where the client does not say.
const PAGE: usize = 1000;
/// Most runs of one page.
const LARGEST_PAGE: usize = 50_000;

#[derive(Deserialize)]
pub(super) struct Create {
    experiment_id: Option<String>,
    #[serde(default, deserialize_with = "text")]
    user_id: String,
    run_name: Option<String>,
    #[serde(default, deserialize_with = "int64")]
    start_time: Option<i64>,
    #[serde(default)]
    tags: Vec<Pair>,
}

pub(super) async fn create(
    State(api): State<Api>,
    confined: Confined,
    Body(ask): Body<Create>,
) -> Answer<RunAnswer<RunRecord>> {
    let mut run = CreateRun {
        experiment_id: ask.experiment_id.filter(|id| !id.is_empty()).unwrap_or_else(|| "0".to_owned()),
        name: ask.run_name,
        user_id: ask.user_id,
        start_time: ask.start_time.unwrap_or_default(),
        tags: ask.tags,
    };
    let made = api.call(move |db| {
        run.tags = confined.tags_of_new(std::mem::take(&mut run.tags));
        let made = db.create_run(&run)?;
        confined.remember(&made.info.run_id);
        Ok(made)
    });
    Ok(Json(RunAnswer { run: made.await? }))
}

/// A request about one run.
#[derive(Deserialize)]
pub(super) struct ById {
    run_id: Option<String>,
    run_uuid: Option<String>,
}

pub(super) async fn get(State(api): State<Api>, Fields(ask): Fields<ById>) -> Answer<RunAnswer<RunRecord>> {
    let id = run_id(ask.run_id, ask.run_uuid)?;
    let run = api.call(move |db| db.run(&id)).await?;
    Ok(Json(RunAnswer { run }))
}

#[derive(Deserialize)]
pub(super) struct Update {
    run_id: Option<String>,
    run_uuid: Option<String>,
    status: Option<RunStatus>,
    #[serde(default, deserialize_with = "int64")]
    end_time: Option<i64>,
    run_name: Option<String>,
}

pub(super) async fn update(
    State(api): State<Api>,
    confined: Confined,
    Body(ask): Body<Update>,
) -> Answer<RunInfoAnswer<RunHeader>> {
    let id = run_id(ask.run_id, ask.run_uuid)?;
    let change = RunChange { status: ask.status, end_time: ask.end_time, name: ask.run_name };
    let changed = api.call(move |db| {
        confined.check(db, &id, Act::Change)?;
        db.update_run(&id, &change)
    });
    Ok(Json(RunInfoAnswer { run_info: changed.await? }))
}

pub(super) async fn delete(State(api): State<Api>, confined: Confined, Body(ask): Body<ById>) -> Answer {
    let id = run_id(ask.run_id, ask.run_uuid)?;
    api.call(move |db| {
        confined.check(db, &id, Act::Delete)?;
        db.delete_run(&id)
    })
    .await?;
    Ok(done())
}

pub(super) async fn restore(State(api): State<Api>, confined: Confined, Body(ask): Body<ById>) -> Answer {
    let id = run_id(ask.run_id, ask.run_uuid)?;
    api.call(move |db| {
        confined.check(db, &id, Act::Delete)?;
        db.restore_run(&id)
    })
    .await?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct Search {
    #[serde(default, deserialize_with = "list")]
    experiment_ids: Vec<String>,
    #[serde(default, deserialize_with = "text")]
    filter: String,
    run_view_type: Option<String>,
    #[serde(default, deserialize_with = "int64")]
    max_results: Option<i64>,
    #[serde(default, deserialize_with = "list")]
    order_by: Vec<String>,
    page_token: Option<String>,
}

pub(super) async fn search(State(api): State<Api>, Body(ask): Body<Search>) -> Answer<RunsAnswer> {
    let search = RunSearch {
        max_results: max_results(ask.max_results, PAGE, LARGEST_PAGE)?,
        view: view(ask.run_view_type.as_deref())?,
        experiment_ids: ask.experiment_ids,
        filter: ask.filter,
        order_by: ask.order_by,
        page_token: ask.page_token,
        ..RunSearch::default()
    };
    Ok(Json(api.call(move |db| db.search_runs(&search)).await?.into()))
}

/// A request about a param or a tag of a run.
#[derive(Deserialize)]
pub(super) struct OfRun {
    run_id: Option<String>,
    run_uuid: Option<String>,
    #[serde(default, deserialize_with = "text")]
    key: String,
    #[serde(default, deserialize_with = "text")]
    value: String,
}

impl OfRun {
    fn parts(self) -> Result<(String, Pair), ApiError> {
        if self.key.is_empty() {
            return Err(ApiError::missing("key"));
        }
        Ok((run_id(self.run_id, self.run_uuid)?, Pair::new(self.key, self.value)))
    }
}

pub(super) async fn log_parameter(
    State(api): State<Api>,
    confined: Confined,
    Body(ask): Body<OfRun>,
) -> Answer {
    let (id, param) = ask.parts()?;
    api.call(move |db| {
        confined.check(db, &id, Act::Log)?;
        db.log_param(&id, &param)?.or_conflict(&id, &param)
    })
    .await?;
    Ok(done())
}

pub(super) async fn set_tag(State(api): State<Api>, confined: Confined, Body(ask): Body<OfRun>) -> Answer {
    let (id, tag) = ask.parts()?;
    api.call(move |db| confined.tags(db, &id, vec![tag])?.iter().try_for_each(|tag| db.set_tag(&id, tag)))
        .await?;
    Ok(done())
}

pub(super) async fn delete_tag(State(api): State<Api>, confined: Confined, Body(ask): Body<OfRun>) -> Answer {
    let (id, tag) = ask.parts()?;
    api.call(move |db| {
        confined.tags(db, &id, vec![tag])?.iter().try_for_each(|tag| db.delete_tag(&id, &tag.key))
    })
    .await?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct LogInputs {
    run_id: Option<String>,
    #[serde(default)]
    datasets: Vec<DatasetLink>,
    #[serde(default)]
    models: Vec<ModelInput>,
}

pub(super) async fn log_inputs(
    State(api): State<Api>,
    confined: Confined,
    Body(ask): Body<LogInputs>,
) -> Answer {
    let id = run_id(ask.run_id, None)?;
    api.call(move |db| {
        confined.check(db, &id, Act::Log)?;
        db.log_inputs(&id, &ask.datasets, &ask.models)
    })
    .await?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct LogOutputs {
    run_id: Option<String>,
    #[serde(default)]
    models: Vec<ModelOutput>,
}

pub(super) async fn log_outputs(
    State(api): State<Api>,
    confined: Confined,
    Body(ask): Body<LogOutputs>,
) -> Answer {
    let id = run_id(ask.run_id, None)?;
    api.call(move |db| {
        confined.check(db, &id, Act::Log)?;
        db.log_outputs(&id, &ask.models)
    })
    .await?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct LogModel {
    run_id: Option<String>,
    #[serde(default, deserialize_with = "text")]
    model_json: String,
}

/// A model as MLflow 2 logged it: noted in a tag of its run.
pub(super) async fn log_model(
    State(api): State<Api>,
    confined: Confined,
    Body(ask): Body<LogModel>,
) -> Answer {
    let id = run_id(ask.run_id, None)?;
    let malformed = |error| ApiError::invalid(format!("Malformed model info: {error}"));
    let model: serde_json::Map<String, Value> = serde_json::from_str(&ask.model_json).map_err(malformed)?;
    let needed = ["artifact_path", "flavors", "utc_time_created", "run_id"];
    if let Some(field) = needed.iter().find(|field| !model.contains_key(**field)) {
        return Err(ApiError::invalid(format!("Model json is missing mandatory fields: {field}")));
    }
    api.call(move |db| {
        confined.check(db, &id, Act::Log)?;
        db.record_model(&id, &model)
    })
    .await?;
    Ok(done())
}
