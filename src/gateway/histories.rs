//! Histories of one metric of many runs.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::answer::ApiAnswer;
use super::api::Api;
use super::error::ApiError;
use super::request::{QueryFields, max_results};
use crate::tracking::RunId;
use crate::tracking::protocol::RunMetric;
use crate::tracking::protocol::form::{list, text};
use crate::tracking::protocol::number::int64;

/// Most runs of one request.
const MOST_RUNS: usize = 100;
/// Most values of one answer.
const MOST_VALUES: usize = 25_000;
/// Most values of a run where they are sampled.
const MOST_SAMPLES: usize = 2500;

/// `{"metrics": […]}`
#[derive(Serialize)]
pub(super) struct Histories {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metrics: Vec<RunMetric>,
}

#[derive(Deserialize)]
pub(super) struct Bulk {
    #[serde(default, deserialize_with = "list")]
    run_id: Vec<RunId>,
    #[serde(default, deserialize_with = "text")]
    metric_key: String,
    #[serde(default, deserialize_with = "int64")]
    max_results: Option<i64>,
}

pub(super) async fn bulk(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<Bulk>,
) -> ApiAnswer<Histories> {
    if ask.run_id.is_empty() {
        return Err(ApiError::invalid("GetMetricHistoryBulk request must specify at least one run_id."));
    }
    check("GetMetricHistoryBulk request cannot specify more than", &ask.run_id, &ask.metric_key)?;
    let asked = ask.max_results.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(MOST_VALUES);
    let metrics =
        api.call(move |db| db.metric_histories(&ask.run_id, &ask.metric_key, asked.min(MOST_VALUES))).await?;
    Ok(Json(Histories { metrics }))
}

#[derive(Deserialize)]
pub(super) struct Interval {
    #[serde(default, deserialize_with = "list")]
    run_ids: Vec<RunId>,
    #[serde(default, deserialize_with = "text")]
    metric_key: String,
    #[serde(default, deserialize_with = "int64")]
    start_step: Option<i64>,
    #[serde(default, deserialize_with = "int64")]
    end_step: Option<i64>,
    #[serde(default, deserialize_with = "int64")]
    max_results: Option<i64>,
}

pub(super) async fn interval(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<Interval>,
) -> ApiAnswer<Histories> {
    if ask.run_ids.is_empty() {
        return Err(ApiError::missing("run_ids"));
    }
    check("GetMetricHistoryBulkInterval request must specify at most", &ask.run_ids, &ask.metric_key)?;
    let most = max_results(ask.max_results, MOST_SAMPLES, MOST_SAMPLES)?;
    let steps = match (ask.start_step, ask.end_step) {
        (None, None) => None,
        (Some(start), Some(end)) if start <= end => Some((start, end)),
        (Some(start), Some(end)) => {
            return Err(ApiError::invalid(format!(
                "end_step must be greater than start_step. Found start_step={start} and end_step={end}."
            )));
        }
        _ => {
            return Err(ApiError::invalid(
                "If either start step or end step are specified, both must be specified.",
            ));
        }
    };
    let metrics =
        api.call(move |db| db.sampled_histories(&ask.run_ids, &ask.metric_key, steps, most)).await?;
    Ok(Json(Histories { metrics }))
}

fn check(limit: &str, runs: &[RunId], key: &str) -> Result<(), ApiError> {
    if runs.len() > MOST_RUNS {
        let message = format!("{limit} {MOST_RUNS} run_ids. Received {} run_ids.", runs.len());
        return Err(ApiError::invalid(message));
    }
    if key.is_empty() { Err(ApiError::missing("metric_key")) } else { Ok(()) }
}
