//! Traces as MLflow 2 asks for them: begun and ended by two requests.

use axum::Json;
use axum::extract::State;

use super::answer::{ApiAnswer, OneAnswer, one};
use super::api::Api;
use super::confined::Confined;
use super::error::ApiError;
use super::request::{InPath, JsonBody, QueryFields};
use super::traces::query_of;
use crate::tracking::Page;
use crate::tracking::protocol::{SOURCE_RUN, SearchTraces, TraceInfoV2, TraceStep};

pub(super) async fn begin(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(mut step): JsonBody<TraceStep>,
) -> OneAnswer<TraceInfoV2> {
    if step.experiment_id.0.is_empty() {
        return Err(ApiError::missing("experiment_id"));
    }
    let begun = api.call(move |db| {
        let given =
            step.request_metadata.iter().find(|(key, _)| key == SOURCE_RUN).map(|(_, run)| run.as_str());
        if let Some(run) = confined.run_of_new_trace(db, given)? {
            step.request_metadata.retain(|(key, _)| key != SOURCE_RUN);
            step.request_metadata.push((SOURCE_RUN.to_owned(), run));
        }
        db.begin_trace(&step)
    });
    one(begun.await?.into())
}

pub(super) async fn end(
    State(api): State<Api>,
    confined: Confined,
    InPath(id): InPath<String>,
    JsonBody(mut step): JsonBody<TraceStep>,
) -> OneAnswer<TraceInfoV2> {
    let ended = api.call(move |db| {
        confined.check_trace(db, &id)?;
        // Its run was said when it began.
        step.request_metadata.retain(|(key, _)| key != SOURCE_RUN);
        db.end_trace(&id, &step)
    });
    one(ended.await?.into())
}

pub(super) async fn info(State(api): State<Api>, InPath(id): InPath<String>) -> OneAnswer<TraceInfoV2> {
    one(api.call(move |db| db.trace_info(&id)).await?.into())
}

pub(super) async fn search(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<SearchTraces>,
) -> ApiAnswer<Page<TraceInfoV2>> {
    let query = query_of(ask)?;
    let Page { items, next } = api.call(move |db| db.search_traces(&query)).await?;
    Ok(Json(Page { items: items.into_iter().map(TraceInfoV2::from).collect(), next }))
}
