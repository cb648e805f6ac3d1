//! Which path is which endpoint.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, patch, post};

use super::api::Api;
use super::scope::{Scopes, admit};
use super::{
    artifacts, assessments, experiments, files, graphql, histories, metrics, models, otlp, registered, runs,
    system, traces, traces_v2, unknown, versions,
};

/// The largest JSON body; a full batch of MLflow's has about 1 MB.
const LARGEST_BODY: usize = 16 << 20;

/// The largest document of GraphQL with its variables.
const LARGEST_QUERY: usize = 1 << 20;

/// The API for trials: every path begins with a trial's secret.
pub(super) fn for_trials(api: Api, scopes: Scopes) -> Router {
    Router::new().fallback_service(mlflow(api)).layer(from_fn_with_state(scopes, admit))
}

/// MLflow's API: REST, and the GraphQL that is made of it.
pub(super) fn mlflow(api: Api) -> Router {
    let rest = rest(api);
    let graphql = Router::new()
        .route("/graphql", get(graphql::answer).post(graphql::answer))
        .method_not_allowed_fallback(unknown::method)
        .layer(DefaultBodyLimit::max(LARGEST_QUERY))
        .with_state(rest.clone());
    rest.merge(graphql)
}

fn rest(api: Api) -> Router {
    // The web interface uses the same endpoints under another prefix.
    Router::new()
        .nest("/api/2.0/mlflow", endpoints())
        .nest("/ajax-api/2.0/mlflow", endpoints())
        .nest("/api/2.0/mlflow-artifacts", proxied())
        .nest("/ajax-api/2.0/mlflow-artifacts", proxied())
        .nest("/api/3.0/mlflow", endpoints_of_3())
        .nest("/ajax-api/3.0/mlflow", endpoints_of_3())
        .route("/v1/traces", post(otlp::spans))
        .route("/ajax-api/3.0/mlflow/ui-telemetry", get(system::ui_telemetry))
        .route("/health", get(system::health))
        .route("/version", get(system::version))
        .route("/get-artifact", get(artifacts::download))
        .route("/model-versions/get-artifact", get(artifacts::download_of_version))
        .fallback(unknown::endpoint)
        .method_not_allowed_fallback(unknown::method)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(api)
}

/// What MLflow's pages ask for, and hardly anybody else.
fn for_pages() -> Router<Api> {
    Router::new()
        .route("/get-artifact", get(artifacts::download))
        .route("/model-versions/get-artifact", get(artifacts::download_of_version))
        .route("/gateway-proxy", get(system::gateway))
        .route("/upload-artifact", post(artifacts::upload))
        .route("/experiments/search-datasets", post(experiments::search_datasets))
        .route("/logged-models/{id}/artifacts/files", get(artifacts::download_of_model))
}

fn endpoints() -> Router<Api> {
    Router::new()
        .merge(for_experiments())
        .merge(for_runs())
        .merge(for_models())
        .merge(for_registry())
        .merge(for_pages())
        .merge(for_traces_of_2())
        .merge(for_traces())
}

/// What MLflow 3 has beside what MLflow 2 had.
fn endpoints_of_3() -> Router<Api> {
    use axum::routing::delete;
    Router::new()
        .route("/server-info", get(system::server_info))
        .merge(for_traces())
        .route("/traces", post(traces::start))
        .route("/traces/get", get(traces::get))
        .route("/traces/batchGet", get(traces::batch))
        .route("/traces/batchGetInfos", post(traces::batch_infos))
        .route("/traces/search", post(traces::search))
        .route("/traces/{id}", get(traces::info))
        .route("/traces/{id}/assessments", post(assessments::create))
        .route(
            "/traces/{id}/assessments/{assessment}",
            delete(assessments::delete).get(assessments::get).patch(assessments::update),
        )
}

fn for_traces_of_2() -> Router<Api> {
    Router::new()
        .route("/traces", post(traces_v2::begin).get(traces_v2::search))
        .route("/traces/{id}", patch(traces_v2::end))
        .route("/traces/{id}/info", get(traces_v2::info))
}

/// What both versions have.
fn for_traces() -> Router<Api> {
    Router::new()
        .route("/traces/{id}/tags", patch(traces::set_tag).delete(traces::delete_tag))
        .route("/traces/delete-traces", post(traces::delete))
        .route("/traces/link-to-run", post(traces::link))
        .route("/get-trace-artifact", get(traces::file))
}

fn for_experiments() -> Router<Api> {
    Router::new()
        .route("/experiments/create", post(experiments::create))
        .route("/experiments/get", get(experiments::get))
        .route("/experiments/get-by-name", get(experiments::get_by_name))
        .route("/experiments/search", post(experiments::search).get(experiments::search_by_query))
        .route("/experiments/update", post(experiments::update))
        .route("/experiments/delete", post(experiments::delete))
        .route("/experiments/restore", post(experiments::restore))
        .route("/experiments/set-experiment-tag", post(experiments::set_tag))
        .route("/experiments/delete-experiment-tag", post(experiments::delete_tag))
}

fn for_runs() -> Router<Api> {
    Router::new()
        .route("/runs/create", post(runs::create))
        .route("/runs/get", get(runs::get))
        .route("/runs/update", post(runs::update))
        .route("/runs/delete", post(runs::delete))
        .route("/runs/restore", post(runs::restore))
        .route("/runs/search", post(runs::search))
        .route("/runs/log-metric", post(metrics::log))
        .route("/runs/log-parameter", post(runs::log_parameter))
        .route("/runs/log-batch", post(metrics::log_batch))
        .route("/runs/set-tag", post(runs::set_tag))
        .route("/runs/delete-tag", post(runs::delete_tag))
        .route("/runs/log-inputs", post(runs::log_inputs))
        .route("/runs/outputs", post(runs::log_outputs))
        .route("/runs/log-model", post(runs::log_model))
        .route("/metrics/get-history", get(metrics::history))
        .route("/metrics/get-history-bulk", get(histories::bulk))
        .route("/metrics/get-history-bulk-interval", get(histories::interval))
        .route("/artifacts/list", get(artifacts::list))
}

fn for_models() -> Router<Api> {
    Router::new()
        .route("/logged-models", post(models::create))
        .route("/logged-models/search", post(models::search))
        .route("/logged-models/{id}", get(models::get).patch(models::finalize).delete(models::delete))
        .route("/logged-models/{id}/params", post(models::log_params))
        .route("/logged-models/{id}/tags", patch(models::set_tags))
        .route("/logged-models/{id}/artifacts/directories", get(artifacts::list_of_model))
        .route("/logged-models/{id}/tags/{key}", axum::routing::delete(models::delete_tag))
}

fn for_registry() -> Router<Api> {
    use axum::routing::delete;
    Router::new()
        .route("/registered-models/create", post(registered::create))
        .route("/registered-models/get", get(registered::get))
        .route("/registered-models/update", patch(registered::update))
        .route("/registered-models/rename", post(registered::rename))
        .route("/registered-models/delete", delete(registered::delete))
        .route("/registered-models/search", get(registered::search))
        .route(
            "/registered-models/get-latest-versions",
            post(registered::latest).get(registered::latest_by_query),
        )
        .route("/registered-models/set-tag", post(registered::set_tag))
        .route("/registered-models/delete-tag", delete(registered::delete_tag))
        .route(
            "/registered-models/alias",
            post(registered::set_alias).get(registered::by_alias).delete(registered::delete_alias),
        )
        .route("/model-versions/create", post(versions::create))
        .route("/model-versions/get", get(versions::get))
        .route("/model-versions/update", patch(versions::update))
        .route("/model-versions/transition-stage", post(versions::transition))
        .route("/model-versions/delete", delete(versions::delete))
        .route("/model-versions/search", get(versions::search))
        .route("/model-versions/get-download-uri", get(versions::download_uri))
        .route("/model-versions/set-tag", post(versions::set_tag))
        .route("/model-versions/delete-tag", delete(versions::delete_tag))
}

/// The proxy to artifacts of experiments that `mlflow server` made.
fn proxied() -> Router<Api> {
    Router::new()
        .route("/artifacts", get(files::list))
        .route("/artifacts/{*path}", get(files::download).put(files::upload).delete(files::delete))
        .route("/mpu/{*path}", post(files::multipart))
}
