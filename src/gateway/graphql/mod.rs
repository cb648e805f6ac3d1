//! The GraphQL that MLflow's web pages speak beside REST: the same answers, cut to what was asked for.

mod document;
mod projection;
mod schema;
mod selection;
mod source;

use axum::extract::{FromRequestParts as _, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, RequestExt as _, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use projection::{project, snake_case};
use selection::{Asked, read};
use source::Source;

use super::error::ApiError;
use super::request::{JsonBody, QueryFields};

/// What a client sends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GraphqlRequest {
    query: String,
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
}

/// What comes in the query string of a GET.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GraphqlQuery {
    query: String,
    operation_name: Option<String>,
    variables: Option<String>,
}

/// Answers a document with what the REST API says.
pub(super) async fn answer(State(rest): State<Router>, request: Request) -> Result<Response, ApiError> {
    let extensions = request.extensions().clone();
    let asked = if request.method() == axum::http::Method::GET {
        let (mut parts, _) = request.into_parts();
        let QueryFields(GraphqlQuery { query, operation_name, variables }) =
            QueryFields::from_request_parts(&mut parts, &()).await?;
        let variables = variables.as_deref().map(serde_json::from_str).transpose();
        let variables = variables.map_err(|error| ApiError::invalid(format!("variables: {error}")))?;
        GraphqlRequest { query, operation_name, variables }
    } else {
        let JsonBody(asked) = request.extract::<JsonBody<GraphqlRequest>, _>().await?;
        asked
    };
    let variables = asked.variables.unwrap_or_default();
    let asked = read(&asked.query, asked.operation_name.as_deref(), &variables);
    let (data, errors) = match asked {
        Err(message) => (Value::Null, vec![message]),
        Ok(asked) => collect(&Source { rest, extensions }, &asked).await,
    };
    // MLflow sends the messages alone, and null where there are none.
    let errors = if errors.is_empty() { Value::Null } else { json!(errors) };
    Ok(Json(json!({"data": data, "errors": errors})).into_response())
}

/// The answers to all questions; one that has none is null, with a message.
async fn collect(source: &Source, asked: &Asked) -> (Value, Vec<String>) {
    let (mut data, mut errors) = (Map::new(), Vec::new());
    for field in &asked.fields {
        match source.root(field).await {
            Ok(value) => {
                let found = json!({snake_case(&field.name): value});
                data.insert(field.key.clone(), project(asked.root, &found, field));
            }
            Err(message) => {
                errors.push(message);
                data.insert(field.key.clone(), Value::Null);
            }
        }
    }
    (data.into(), errors)
}
