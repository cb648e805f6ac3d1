//! Which path is what.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH, LINK};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::address::find;
use super::answer::PageAnswer;
use super::assets::{self, Asset};
use super::compressed::compressed;
use super::events::{self, EventSource};
use super::guard::guard;
use super::hub::Hub;
use super::number::Cell;
use super::shape::{TrialColumnsJson, columns_json};
use super::{control, edit, insight, trial};
use crate::process::now_ms;
use crate::query::trials_where;

/// The pages of a store and what feeds them.
pub fn pages(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/sweep/{id}", get(sweep_page))
        .route("/sweep/{id}/{*rest}", get(page))
        .route("/assets/{*path}", get(asset))
        .route("/api/sweeps", get(sweeps))
        .route("/api/events", get(sweeps_events))
        .route("/api/sweeps/{id}", get(sweep))
        .route("/api/sweeps/{id}/events", get(sweep_events))
        .route("/api/sweeps/{id}/where", get(select))
        .route("/api/sweeps/{id}/values", get(values))
        .route("/api/sweeps/{id}/trials/{trial}", get(trial::trial))
        .route("/api/sweeps/{id}/trials/{trial}/log", get(trial::log))
        .route("/api/sweeps/{id}/curves", get(trial::curves))
        .route("/api/sweeps/{id}/importance", get(insight::importance))
        .route("/api/sweeps/{id}/order", post(control::order))
        .route("/api/sweeps/{id}/retry", post(control::retry))
        .route("/api/sweeps/{id}/end", post(control::end))
        .route("/api/sweeps/{id}/edit", post(edit::edit))
        .layer(from_fn(guard))
        .with_state(hub)
}

async fn page(headers: HeaderMap) -> Response {
    send(assets::PAGE, &headers)
}

/// The page of a sweep. The browser asks for its data at once, while it still reads the modules.
async fn sweep_page(Path(id): Path<String>, headers: HeaderMap) -> Response {
    let mut response = send(assets::PAGE, &headers);
    let id = utf8_percent_encode(&id, NON_ALPHANUMERIC);
    let preload = format!("</api/sweeps/{id}>; rel=preload; as=fetch; crossorigin");
    if let Ok(preload) = HeaderValue::from_str(&preload) {
        response.headers_mut().insert(LINK, preload);
    }
    response
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match assets::find(&path) {
        Some(asset) => send(asset, &headers),
        None => (StatusCode::NOT_FOUND, "There is no such file").into_response(),
    }
}

fn send(asset: Asset, headers: &HeaderMap) -> Response {
    let tag = assets::tag();
    let mut response = match headers.get(IF_NONE_MATCH).is_some_and(|known| known == tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => compressed(headers, asset.kind, asset.text.as_bytes().to_vec()),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(ETAG, tag);
    }
    response
}

async fn sweeps(State(hub): State<Arc<Hub>>) -> PageAnswer<Json<Value>> {
    let watched = hub.sweeps().await?;
    let (version, mut data) = watched.since(0).await;
    data["seen"] = json!(hub.event_id(version));
    data["store"] = json!(hub.store().uri());
    Ok(Json(data))
}

/// What a page has seen.
#[derive(Debug, Deserialize)]
struct SinceQuery {
    since: Option<String>,
}

async fn sweeps_events(
    State(hub): State<Arc<Hub>>,
    Query(query): Query<SinceQuery>,
    headers: HeaderMap,
) -> PageAnswer<Response> {
    let source = EventSource::Sweeps(hub.sweeps().await?);
    let seen = events::seen(&headers, query.since.as_deref());
    Ok(events::stream(&hub, source, seen).into_response())
}

async fn sweep(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> PageAnswer<Response> {
    let watched = hub.sweep(&find(&hub, &id).await?).await?;
    let trials = watched.trials();
    let data = json!({
        "seen": hub.event_id(trials.version()),
        "now": now_ms(),
        "store": hub.store().uri(),
        "control": hub.control(),
        "rungs": watched.facts().rungs,
        "head": watched.head(),
        "columns": columns_json(trials.columns()),
    });
    // The trials are written as they are: ten thousand of them are no tree first.
    let columns = TrialColumnsJson::of(trials.rows(), trials.columns(), watched.facts().beside);
    let trials = serde_json::to_string(&columns).unwrap_or_default();
    let mut text = data.to_string();
    text.truncate(text.len() - 1);
    let text = format!("{text},\"trials\":{trials}}}");
    Ok(compressed(&headers, "application/json", text.into_bytes()))
}

async fn sweep_events(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    Query(query): Query<SinceQuery>,
    headers: HeaderMap,
) -> PageAnswer<Response> {
    let source = EventSource::Sweep(hub.sweep(&find(&hub, &id).await?).await?);
    let seen = events::seen(&headers, query.since.as_deref());
    Ok(events::stream(&hub, source, seen).into_response())
}

/// The values of a sweep's results, ascending: for a sweep that is compared with another.
async fn values(State(hub): State<Arc<Hub>>, Path(id): Path<String>) -> PageAnswer<Json<SweepValuesJson>> {
    let watched = hub.sweep(&find(&hub, &id).await?).await?;
    let trials = watched.trials();
    let counted = trials.rows().filter(|row| row.state.counts()).filter_map(|row| row.value);
    let mut values: Vec<f64> = counted.filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let values = values.into_iter().map(Cell::number).collect();
    Ok(Json(SweepValuesJson { name: watched.head()["name"].clone(), values }))
}

/// What another sweep reached.
#[derive(Debug, Serialize)]
struct SweepValuesJson {
    name: Value,
    values: Vec<Cell>,
}

/// The language of `sweep trials --where`.
#[derive(Debug, Deserialize)]
struct WhereQuery {
    expr: String,
}

async fn select(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    Query(query): Query<WhereQuery>,
) -> PageAnswer<Json<Vec<u64>>> {
    let watched = hub.sweep(&find(&hub, &id).await?).await?;
    let metric = watched.facts().metric.as_ref();
    Ok(Json(trials_where(&watched.trials(), metric, &query.expr, now_ms())?))
}
