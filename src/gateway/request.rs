//! Requests to structs: JSON bodies and query strings, read as leniently as MLflow reads them where that is
//! harmless, and refused with its error shape where it is not.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::error::ApiError;
use crate::tracking::embedded::View;

/// A JSON body. An empty one is an empty object.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
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
        serde_path_to_error::deserialize(&mut json).map(Body).map_err(|error| wrong_value(text, &error))
    }
}

/// The failure of a request whose JSON is none, or holds a value that can't be taken: with the name of that parameter.
fn wrong_value(text: &[u8], error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let Ok(whole) = serde_json::from_slice::<Value>(text) else {
        return ApiError::invalid(format!("The request's JSON can't be read: {}", error.inner()));
    };
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
pub(super) struct Fields<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Fields<T> {
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
        read.map(Fields).map_err(|error| match error.path().to_string().as_str() {
            "." => wrong(error.inner().to_string()),
            name => {
                ApiError::invalid(format!("Invalid value for parameter '{name}' supplied: {}", error.inner()))
            }
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

/// The run's id, which clients send as `run_id`, as `run_uuid` or as both.
pub(super) fn run_id(id: Option<String>, uuid: Option<String>) -> Result<String, ApiError> {
    let some = |id: Option<String>| id.filter(|id| !id.is_empty());
    some(id).or_else(|| some(uuid)).ok_or_else(|| ApiError::missing("run_id"))
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
pub(super) fn view(text: Option<&str>) -> Result<View, ApiError> {
    match text {
        None | Some("" | "ACTIVE_ONLY" | "1") => Ok(View::Active),
        Some("DELETED_ONLY" | "2") => Ok(View::Deleted),
        Some("ALL" | "3") => Ok(View::All),
        Some(other) => Err(ApiError::invalid(format!("Invalid view type '{other}'"))),
    }
}

/// An int64, which JSON writes as a number or as a string.
pub(super) fn int64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let wrong = |found: &Value| serde::de::Error::custom(format!("expected a whole number, found {found}"));
    let value = Value::deserialize(deserializer)?;
    match &value {
        Value::Null => Ok(None),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Ok(Some(whole)),
            // 2^53: up to there a float says which whole number it is.
            #[allow(clippy::cast_possible_truncation)]
            (None, Some(float)) if float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0 => {
                Ok(Some(float as i64))
            }
            _ => Err(wrong(&value)),
        },
        Value::String(text) => text.trim().parse().map(Some).map_err(|_| wrong(&value)),
        _ => Err(wrong(&value)),
    }
}

/// The number of a model's version, which MLflow writes as text; nothing where it is not there.
pub(super) fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let shown = match &value {
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::String(text) => format!("'{text}'"),
        other => other.to_string(),
    };
    let wrong = |_| serde::de::Error::custom(format!("Parameter 'version' must be an integer, got {shown}."));
    int64(value).map_err(wrong)
}

/// A double, which JSON writes as a number, or as a string where it is not finite.
pub(super) fn double<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = match &value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_f64(),
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" | "inf" => Some(f64::INFINITY),
            "-Infinity" | "-inf" => Some(f64::NEG_INFINITY),
            digits => digits.parse().ok().filter(|number: &f64| number.is_finite()),
        },
        _ => None,
    };
    number
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom(format!("expected a number or \"NaN\", found {value}")))
}

/// A list, which a query string with one member writes as that member.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(Vec::new()),
        Value::String(one) => Ok(vec![one]),
        other => serde_json::from_value(other).map_err(serde::de::Error::custom),
    }
}

/// A text; MLflow's clients send `null` for one that is not set.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        #[serde(default, deserialize_with = "int64")]
        step: Option<i64>,
        #[serde(default, deserialize_with = "double")]
        value: Option<f64>,
        #[serde(default, deserialize_with = "list")]
        ids: Vec<String>,
    }

    fn read(json: &str) -> Result<Sample, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn a_wrong_value_is_told_with_its_parameter() {
        #[derive(Debug, Deserialize)]
        struct Batch {
            #[serde(rename = "metrics")]
            _metrics: Vec<Sample>,
        }
        let wrong = |text: &str| {
            let mut json = serde_json::Deserializer::from_str(text);
            let error = serde_path_to_error::deserialize::<_, Batch>(&mut json).unwrap_err();
            format!("{:?}", wrong_value(text.as_bytes(), &error))
        };
        let told = wrong(r#"{"metrics": [{"step": 1}, {"step": "x"}]}"#);
        assert!(told.contains(r#"Invalid value \"x\" for parameter 'metrics[1].step' supplied"#), "{told}");
        let told = wrong(r#"{"metrics": 123}"#);
        assert!(told.contains("Invalid value 123 for parameter 'metrics' supplied"), "{told}");
        assert!(wrong("{").contains("can't be read"));
    }

    #[test]
    fn whole_numbers_come_as_numbers_or_strings() {
        for json in [r#"{"step":7}"#, r#"{"step":"7"}"#, r#"{"step":7.0}"#] {
            assert_eq!(read(json).unwrap().step, Some(7), "{json}");
        }
        for json in [r#"{"step":1.5}"#, r#"{"step":"x"}"#, r#"{"step":[]}"#, r#"{"step":1e300}"#] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn numbers_that_are_not_finite_come_as_words() {
        assert!(read(r#"{"value":"NaN"}"#).unwrap().value.unwrap().is_nan());
        assert_eq!(read(r#"{"value":"-Infinity"}"#).unwrap().value, Some(f64::NEG_INFINITY));
        assert_eq!(read(r#"{"value":true}"#).unwrap().value, Some(1.0));
        for json in [r#"{"value":"nan"}"#, r#"{"value":"1e999"}"#, r#"{"value":{}}"#] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_list_may_be_its_only_member() {
        assert_eq!(read(r#"{"ids":"a"}"#).unwrap().ids, ["a"]);
        assert_eq!(read(r#"{"ids":["a","b"]}"#).unwrap().ids, ["a", "b"]);
        assert!(read(r#"{"ids":[1]}"#).is_err());
    }
}
