//! What handlers return.

use axum::Json;
use serde_json::{Value, json};

use super::error::ApiError;
use crate::tracking::protocol::One;

/// What a handler returns.
pub(super) type ApiAnswer<T = Value> = Result<Json<T>, ApiError>;

/// One thing, under the name that MLflow gives it.
pub(super) type OneAnswer<T> = ApiAnswer<One<T>>;

/// The answer to a write that has nothing to report: `{}`.
pub(super) fn done() -> Json<Value> {
    Json(json!({}))
}

/// The answer that is one thing.
pub(super) fn one<T>(thing: T) -> OneAnswer<T> {
    Ok(Json(One(thing)))
}
