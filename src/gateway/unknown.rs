//! What is not here, and the way out.

use axum::http::{Method, Uri};

use super::error::ApiError;

const WAY_OUT: &str =
    "A running `mlflow server` has it: set MLFLOW_TRACKING_URI to one, which may use this very database.";

/// An endpoint of MLflow that the gateway does not have, or no endpoint at all.
pub(super) async fn endpoint(method: Method, uri: Uri) -> ApiError {
    let path = uri.path();
    let known_to_mlflow = ["traces", "webhooks", "scorers", "datasets", "graphql"]
        .iter()
        .any(|noun| path.split('/').any(|part| part == *noun));
    if known_to_mlflow {
        ApiError::not_implemented(format!(
            "{method} {path}: sweep's embedded tracking does not have this. {WAY_OUT}"
        ))
    } else {
        ApiError::no_endpoint(format!(
            "{method} {path}: sweep's embedded tracking has no such endpoint. {WAY_OUT}"
        ))
    }
}

/// A known path with a method that it does not take.
pub(super) async fn method(method: Method, uri: Uri) -> ApiError {
    ApiError::wrong_method(format!("{method} is not allowed for {}", uri.path()))
}
