//! Traces as MLflow 3 asks for them, and what both versions share.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{ApiAnswer, done};
use super::api::Api;
use super::confined::{Confined, RunAction};
use super::error::ApiError;
use super::file_types::disposition;
use super::request::{InPath, JsonBody, QueryFields, max_results};
use super::transfer;
use crate::tracking::Page;
use crate::tracking::protocol::form::{list, text};
use crate::tracking::protocol::{
    DeleteTraces, LinkTraces, SOURCE_RUN, SearchTraces, TraceInfo, TraceLocation, TraceQuery, wire_of,
};

/// Traces of one page where the client does not say.
const PAGE: usize = 100;
/// Most traces of one page.
const LARGEST_PAGE: usize = 500;
/// The file that holds the spans of a trace that an older client has sent.
const SPANS: &str = "traces.json";

#[derive(Deserialize)]
pub(super) struct StartTrace {
    trace: SentTrace,
}

#[derive(Deserialize)]
struct SentTrace {
    trace_info: TraceInfo,
}

fn sent(info: &TraceInfo) -> Value {
    json!({"trace": {"trace_info": info}})
}

pub(super) async fn start(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<StartTrace>,
) -> ApiAnswer {
    let mut info = ask.trace.trace_info;
    let kept = api.call(move |db| {
        confined.check_trace(db, &info.id)?;
        if let Some(run) = confined.run_of_new_trace(db, info.metadata.get(SOURCE_RUN).map(String::as_str))? {
            info.metadata.insert(SOURCE_RUN.to_owned(), run);
        }
        db.start_trace(&info)
    });
    Ok(Json(sent(&kept.await?)))
}

pub(super) async fn info(State(api): State<Api>, InPath(id): InPath<String>) -> ApiAnswer {
    let info = api.call(move |db| db.trace_info(&id)).await?;
    Ok(Json(sent(&info)))
}

#[derive(Deserialize)]
pub(super) struct WhichTrace {
    #[serde(default, deserialize_with = "text")]
    trace_id: String,
}

pub(super) async fn get(State(api): State<Api>, QueryFields(ask): QueryFields<WhichTrace>) -> ApiAnswer {
    if ask.trace_id.is_empty() {
        return Err(ApiError::missing("trace_id"));
    }
    let (info, spans) = api.call(move |db| db.trace(&ask.trace_id)).await?;
    match spans {
        Some(spans) => Ok(Json(json!({"trace": whole(&info, &spans)}))),
        // The client looks for the file then.
        None => Err(ApiError::invalid("Trace data not stored in tracking store")),
    }
}

fn whole(info: &TraceInfo, spans: &[Value]) -> Value {
    json!({"trace_info": info, "spans": spans.iter().filter_map(wire_of).collect::<Vec<_>>()})
}

#[derive(Deserialize)]
pub(super) struct WhichTraces {
    #[serde(default, deserialize_with = "list")]
    trace_ids: Vec<String>,
}

impl WhichTraces {
    fn checked(self) -> Result<Vec<String>, ApiError> {
        if self.trace_ids.len() > LARGEST_PAGE {
            return Err(ApiError::invalid(format!("'trace_ids' has more than {LARGEST_PAGE} members")));
        }
        Ok(self.trace_ids)
    }
}

/// Traces with their spans; those that are not here are left out.
pub(super) async fn batch(State(api): State<Api>, QueryFields(ask): QueryFields<WhichTraces>) -> ApiAnswer {
    let ids = ask.checked()?;
    let traces = api.call(move |db| {
        let found = ids.iter().filter_map(|id| db.trace(id).ok());
        Ok(found.filter_map(|(info, spans)| Some(whole(&info, &spans?))).collect::<Vec<_>>())
    });
    Ok(Json(json!({"traces": traces.await?})))
}

/// Traces without their spans; those that are not here are left out.
pub(super) async fn batch_infos(State(api): State<Api>, JsonBody(ask): JsonBody<WhichTraces>) -> ApiAnswer {
    let ids = ask.checked()?;
    let infos =
        api.call(move |db| Ok(ids.iter().filter_map(|id| db.trace_info(id).ok()).collect::<Vec<_>>()));
    Ok(Json(json!({"trace_infos": infos.await?})))
}

/// The question as the store takes it.
pub(super) fn query_of(ask: SearchTraces) -> Result<TraceQuery, ApiError> {
    let places = ask.locations.into_iter().map(|TraceLocation(id)| id);
    let experiment_ids: Vec<_> = places.chain(ask.experiment_ids).collect();
    if experiment_ids.is_empty() {
        return Err(ApiError::missing("locations"));
    }
    Ok(TraceQuery {
        experiment_ids,
        filter: ask.filter,
        order_by: ask.order_by,
        max_results: max_results(ask.max_results, PAGE, LARGEST_PAGE)?,
        page_token: ask.page_token.filter(|token| !token.is_empty()),
    })
}

pub(super) async fn search(
    State(api): State<Api>,
    JsonBody(ask): JsonBody<SearchTraces>,
) -> ApiAnswer<Page<TraceInfo>> {
    let query = query_of(ask)?;
    Ok(Json(api.call(move |db| db.search_traces(&query)).await?))
}

pub(super) async fn delete(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<DeleteTraces>,
) -> ApiAnswer {
    if ask.max_timestamp_millis.is_none() && ask.max_traces.is_none() && ask.request_ids.is_empty() {
        return Err(ApiError::invalid("Either `max_timestamp_millis` or `trace_ids` must be specified."));
    }
    let gone = api.call(move |db| {
        confined.check_deletion(db, &ask.request_ids)?;
        db.delete_traces(&ask)
    });
    Ok(Json(json!({"traces_deleted": gone.await?})))
}

#[derive(Deserialize)]
pub(super) struct TraceTag {
    #[serde(default, deserialize_with = "text")]
    key: String,
    #[serde(default, deserialize_with = "text")]
    value: String,
}

/// The tag's key, if it is one that may be changed.
fn free_key(key: String) -> Result<String, ApiError> {
    match key.as_str() {
        "" => Err(ApiError::missing("key")),
        "mlflow.artifactLocation" | "mlflow.trace.spansLocation" | "mlflow.trace.archiveLocation" => {
            Err(ApiError::invalid(format!("Tag '{key}' is immutable and cannot be changed on a trace.")))
        }
        _ => Ok(key),
    }
}

pub(super) async fn set_tag(
    State(api): State<Api>,
    confined: Confined,
    InPath(id): InPath<String>,
    JsonBody(ask): JsonBody<TraceTag>,
) -> ApiAnswer {
    let (key, value) = (free_key(ask.key)?, ask.value);
    api.call(move |db| {
        confined.check_trace(db, &id)?;
        db.set_trace_tag(&id, &key, &value)
    })
    .await?;
    Ok(done())
}

/// Clients name the tag in the body, pages in the query.
pub(super) async fn delete_tag(
    State(api): State<Api>,
    confined: Confined,
    InPath(id): InPath<String>,
    QueryFields(named): QueryFields<TraceTag>,
    body: axum::body::Bytes,
) -> ApiAnswer {
    let inside = serde_json::from_slice::<TraceTag>(&body).map(|tag| tag.key).unwrap_or_default();
    let key = free_key(if named.key.is_empty() { inside } else { named.key })?;
    api.call(move |db| {
        confined.check_trace(db, &id)?;
        db.delete_trace_tag(&id, &key)
    })
    .await?;
    Ok(done())
}

pub(super) async fn link(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<LinkTraces>,
) -> ApiAnswer {
    api.call(move |db| {
        confined.check(db, ask.run_id.as_str(), RunAction::Log)?;
        confined.check_traces(db, &ask.trace_ids)?;
        db.link_traces(ask.run_id.as_str(), &ask.trace_ids)
    })
    .await?;
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct TraceFile {
    #[serde(default, deserialize_with = "text")]
    request_id: String,
    #[serde(default, deserialize_with = "text")]
    path: String,
}

/// The spans of a trace, or a file that a span holds, for MLflow's pages.
pub(super) async fn file(
    State(api): State<Api>,
    headers: HeaderMap,
    QueryFields(ask): QueryFields<TraceFile>,
) -> Result<Response, ApiError> {
    if ask.request_id.is_empty() {
        return Err(ApiError::bad_request("Request must include the \"request_id\" query parameter."));
    }
    let id = ask.request_id;
    let asked = id.clone();
    let (info, spans) = api.call(move |db| db.trace(&asked)).await?;
    let path = match (ask.path.as_str(), spans) {
        ("", Some(spans)) => {
            let head = [
                (CONTENT_TYPE, "application/octet-stream".to_owned()),
                (CONTENT_DISPOSITION, disposition(SPANS)),
            ];
            return Ok((head, json!({"spans": spans}).to_string()).into_response());
        }
        ("", None) => SPANS.to_owned(),
        (path, _) => format!("attachments/{path}"),
    };
    let place = info.tags.get("mlflow.artifactLocation").cloned().unwrap_or_default();
    transfer::send_artifact(&api, path, &headers, move |db| db.artifact_folder(&place)).await
}
