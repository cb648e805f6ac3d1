//! What the handlers answer with: JSON, or why there is none.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::query::QueryError;
use crate::tracking::{ErrorKind, TrackingError};

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct PageError {
    status: StatusCode,
    message: String,
    hint: Option<String>,
}

/// What a handler returns.
pub(super) type PageAnswer<T> = Result<T, PageError>;

impl PageError {
    /// There is no such thing.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: message.into(), hint: None }
    }

    /// The request is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into(), hint: None }
    }

    /// It may not be done from here.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, message: message.into(), hint: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The server could not do it.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, message: message.into(), hint: None }
    }
}

impl From<TrackingError> for PageError {
    fn from(error: TrackingError) -> Self {
        let status = match error.kind {
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Invalid => StatusCode::BAD_REQUEST,
            _ => StatusCode::BAD_GATEWAY,
        };
        Self { status, message: error.message, hint: error.hint }
    }
}

impl From<QueryError> for PageError {
    fn from(error: QueryError) -> Self {
        let hint = error.hint().map(str::to_owned);
        match error {
            QueryError::Store(error) => error.into(),
            other => Self { status: StatusCode::BAD_REQUEST, message: other.to_string(), hint },
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"message": self.message, "hint": self.hint}))).into_response()
    }
}
