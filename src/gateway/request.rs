//! Requests to structs: JSON bodies and query strings, read as leniently as MLflow reads them where that is
//! harmless, and refused with its error shape where it is not.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::ApiError;
use crate::tracking::ViewType;

/// A JSON body. An empty one is an empty object.
pub(super) struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind != "application/json" {
            return Err(ApiError::invalid(format!(
                "Bad Request. Content-Type must be application/json, found '{kind}'."
            )));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|error| unread(&error))?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let mut json = serde_json::Deserializer::from_slice(text);
        serde_path_to_error::deserialize(&mut json).map(JsonBody).map_err(|error| wrong_value(text, &error))
    }
}

/// The failure of a request whose JSON is none, or holds a value that can't be taken: with the name of that parameter.
fn wrong_value(text: &[u8], error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let Ok(whole) = serde_json::from_slice::<Value>(text) else {
        return ApiError::invalid(format!("The request's JSON can't be read: {}", error.inner()));
    };
    if let Some(missing) = missing(&error.inner().to_string()) {
        return missing;
    }
    let place = error.path().to_string();
    let pointer = place.replace('[', "/").replace(['.', ']'], "/").replace("//", "/");
    match whole.pointer(&format!("/{}", pointer.trim_end_matches('/'))) {
        Some(value) if place != "." => {
            let shown: String = value.to_string().chars().take(100).collect();
            ApiError::invalid(format!(
                "Invalid value {shown} for parameter '{place}' supplied: {}",
                error.inner()
            ))
        }
        _ => ApiError::invalid(format!("The request's JSON is not what it should be: {}", error.inner())),
    }
}

/// MLflow's words for a field that is not there, by serde's.
fn missing(error: &str) -> Option<ApiError> {
    let (field, _) = error.strip_prefix("missing field `")?.split_once('`')?;
    Some(ApiError::missing(field))
}

/// The failure of a body that did not come whole.
pub(super) fn unread(error: &BytesRejection) -> ApiError {
    let message = format!("The body can't be read: {}", error.body_text());
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::too_large(message)
    } else {
        ApiError::invalid(message)
    }
}

/// The fields of a query string; a field that comes twice is a list.
pub(super) struct QueryFields<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryFields<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let wrong =
            |error: String| ApiError::invalid(format!("The query string is not what it should be: {error}"));
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|error| wrong(error.to_string()))?;
        let mut fields = Map::new();
        for (key, value) in pairs {
            match fields.get_mut(&key) {
                None => drop(fields.insert(key, Value::String(value))),
                Some(Value::Array(values)) => values.push(Value::String(value)),
                Some(one) => *one = Value::Array(vec![one.take(), Value::String(value)]),
            }
        }
        let read = serde_path_to_error::deserialize(Value::Object(fields));
        read.map(QueryFields).map_err(|error| {
            let (place, error) = (error.path().to_string(), error.into_inner().to_string());
            missing(&error).unwrap_or_else(|| match place.as_str() {
                "." => wrong(error),
                name => ApiError::invalid(format!("Invalid value for parameter '{name}' supplied: {error}")),
            })
        })
    }
}

/// The variable parts of a path, decoded.
pub(super) struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(found) = Path::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError::invalid(format!("Invalid path: {}", error.body_text())))?;
        Ok(Self(found))
    }
}

/// How many results are asked for: at least 1 and at most `most`.
pub(super) fn max_results(asked: Option<i64>, default: usize, most: usize) -> Result<usize, ApiError> {
    let Some(asked) = asked else { return Ok(default) };
    usize::try_from(asked).ok().filter(|count| (1..=most).contains(count)).ok_or_else(|| {
        ApiError::invalid(format!(
            "Invalid value {asked} for parameter 'max_results' supplied. It must be between 1 and {most}"
        ))
    })
}

/// `ACTIVE_ONLY`, `DELETED_ONLY` or `ALL`.
pub(super) fn view(text: Option<&str>) -> Result<ViewType, ApiError> {
    ViewType::parse(text)
        .ok_or_else(|| ApiError::invalid(format!("Invalid view type '{}'", text.unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::protocol::LogBatch;

    #[test]
    fn a_wrong_value_is_told_with_its_parameter() {
        let wrong = |text: &str| {
            let mut json = serde_json::Deserializer::from_str(text);
            let error = serde_path_to_error::deserialize::<_, LogBatch>(&mut json).unwrap_err();
            format!("{:?}", wrong_value(text.as_bytes(), &error))
        };
        let told = wrong(
            r#"{"run_id": "r", "metrics": [{"key": "a", "value": 1, "timestamp": 1}, {"key": "a", "step": "x"}]}"#,
        );
        assert!(told.contains(r#"Invalid value \"x\" for parameter 'metrics[1].step' supplied"#), "{told}");
        let told = wrong(r#"{"metrics": [{"key": "a", "timestamp": 1}]}"#);
        assert!(told.contains("Missing value for required parameter 'value'."), "{told}");
        assert!(wrong("{}").contains("Missing value for required parameter 'run_id'."));
        let told = wrong(r#"{"metrics": 123}"#);
        assert!(told.contains("Invalid value 123 for parameter 'metrics' supplied"), "{told}");
        assert!(wrong("{").contains("can't be read"));
    }
}
