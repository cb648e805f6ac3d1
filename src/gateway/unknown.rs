//! What is not here, and the way out.

use axum::http::{Method, Uri};

use super::error::ApiError;

/// The beginnings of MLflow's endpoints that are not here, after its prefixes.
const OF_MLFLOW: [&str; 25] = [
    "assistant",
    "credentials",
    "datasets",
    "demo",
    "endpoints",
    "gateway",
    "gateway-proxy",
    "issues",
    "jobs",
    "label-schemas",
    "mcp-servers",
    "presigned",
    "presigned-download",
    "presigned-upload",
    "prompt-optimization",
    "promptlab",
    "review-queues",
    "scorers",
    "secrets",
    "traces",
    "ui-telemetry",
    "unified-traces",
    "users",
    "webhooks",
    "workspaces",
];

/// An endpoint of MLflow that the gateway does not have, or no endpoint at all.
pub(super) async fn endpoint(method: Method, uri: Uri) -> ApiError {
    let path = uri.path();
    if path.split('/').any(|part| OF_MLFLOW.contains(&part)) {
        ApiError::not_implemented(format!(
            "{method} {path}: sweep does not have this part of MLflow. A running `mlflow server` has it: set \
             MLFLOW_TRACKING_URI to one, which may use this very database."
        ))
    } else {
        ApiError::no_endpoint(format!("{method} {path}: there is no such endpoint"))
    }
}

/// A known path with a method that it does not take.
pub(super) async fn method(method: Method, uri: Uri) -> ApiError {
    ApiError::wrong_method(format!("{method} is not allowed for {}", uri.path()))
}
