//! Another version of a sweep's config, asked for by the page: a higher cap, or one more point.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value as Anything, json};

use super::answer::{PageAnswer, PageError};
use super::control::{BY, allowed, read};
use super::hub::Hub;
use crate::config::{add_point, set_key};
use crate::process::now_ms;
use crate::record::{EditOutcome, Sweep};
use crate::space::{Point, Value};

/// What is to change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditBody {
    /// How many trials there may be.
    run_cap: Option<u64>,
    /// A point that is to be tried next.
    point: Option<serde_json::Map<String, Anything>>,
}

/// Gives a sweep another version of its config.
pub(super) async fn edit(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Json<EditBody>, JsonRejection>,
) -> PageAnswer<Json<Anything>> {
    let sweep = allowed(&hub, &headers, &id).await?;
    let text = edited(&sweep, read(body)?)?;
    match sweep.edit(hub.store().as_ref(), text.as_bytes(), BY, now_ms()).await? {
        EditOutcome::Edited(edited) => {
            Ok(Json(json!({"version": edited.sweep.version(), "changes": edited.changes})))
        }
        EditOutcome::Same => Ok(Json(json!({"version": sweep.version(), "changes": []}))),
        EditOutcome::Overtaken => {
            Err(PageError::invalid("the sweep was edited by somebody else a moment ago")
                .with_hint("Send it again."))
        }
        EditOutcome::Findings(checked) => {
            let first = checked.errors.first().map(|error| error.message.clone()).unwrap_or_default();
            Err(PageError::invalid(first))
        }
        EditOutcome::Refused(refused) => {
            let each: Vec<String> = refused.iter().map(|one| format!("`{}`: {}", one.key, one.why)).collect();
            Err(PageError::invalid(each.join("; ")))
        }
    }
}

/// The config as it is to be.
fn edited(sweep: &Sweep, body: EditBody) -> PageAnswer<String> {
    let wrong = |error: crate::config::SetKeyError| PageError::invalid(error.to_string());
    let mut text = String::from_utf8(sweep.config.clone())
        .map_err(|_| PageError::invalid("the config is no UTF-8: nothing in it can be set"))?;
    if let Some(cap) = body.run_cap {
        text = set_key(&text, "run_cap", &cap.to_string()).map_err(wrong)?;
    }
    if let Some(point) = body.point {
        let entries = point.iter().map(|(name, value)| (name.clone(), Value::from_json(value)));
        text = add_point(&text, &Point(entries.collect())).map_err(wrong)?;
    }
    Ok(text)
}
