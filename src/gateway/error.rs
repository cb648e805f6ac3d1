//! Failures in MLflow's shape: `{"error_code": …, "message": …}` with the status that its clients expect.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::tracking::{ErrorKind, TrackingError};

/// A failure as a client sees it.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ApiError {
    /// The request is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "INVALID_PARAMETER_VALUE", message: message.into() }
    }

    /// The request is wrong, by the other name that MLflow has for it.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "BAD_REQUEST", message: message.into() }
    }

    /// A field that must be there is not.
    pub fn missing(field: &str) -> Self {
        Self::invalid(format!("Missing value for required parameter '{field}'."))
    }

    /// There is no such thing.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "RESOURCE_DOES_NOT_EXIST", message: message.into() }
    }

    /// There is no such endpoint.
    pub fn no_endpoint(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "ENDPOINT_NOT_FOUND", message: message.into() }
    }

    /// The endpoint exists, but not for this method.
    pub fn wrong_method(message: impl Into<String>) -> Self {
        Self { status: StatusCode::METHOD_NOT_ALLOWED, code: "ENDPOINT_NOT_FOUND", message: message.into() }
    }

    /// MLflow has this, the gateway has not.
    pub fn not_implemented(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_IMPLEMENTED, code: "NOT_IMPLEMENTED", message: message.into() }
    }

    /// The body is larger than it may be.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, code: "BAD_REQUEST", message: message.into() }
    }
}

impl From<TrackingError> for ApiError {
    fn from(error: TrackingError) -> Self {
        let (status, code) = match error.kind {
            ErrorKind::NotFound => (StatusCode::NOT_FOUND, "RESOURCE_DOES_NOT_EXIST"),
            ErrorKind::AlreadyExists => (StatusCode::BAD_REQUEST, "RESOURCE_ALREADY_EXISTS"),
            ErrorKind::Invalid => (StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE"),
            ErrorKind::Unauthorized => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
            ErrorKind::Forbidden => (StatusCode::FORBIDDEN, "PERMISSION_DENIED"),
            ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "TEMPORARILY_UNAVAILABLE"),
            ErrorKind::Unsupported => (StatusCode::NOT_IMPLEMENTED, "NOT_IMPLEMENTED"),
            // Clients repeat a 500 for minutes; a disk that is full or a file that is no database won't mend.
            ErrorKind::Protocol | ErrorKind::Io => (StatusCode::INSUFFICIENT_STORAGE, "INTERNAL_ERROR"),
        };
        let mut message = error.message;
        if let Some(source) = &error.source {
            let cause = source.to_string();
            if !message.contains(&cause) {
                message = format!("{message}: {cause}");
            }
        }
        if let Some(hint) = error.hint {
            message = format!("{message} ({hint})");
        }
        Self { status, code, message }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"error_code": self.code, "message": self.message}))).into_response()
    }
}
