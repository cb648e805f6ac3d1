//! Metrics: one value, batches, histories.

use axum::Json;
use axum::extract::State;

use super::answer::{ApiAnswer, done};
use super::api::{Api, LoggedMetric};
use super::confined::{Confined, RunAction};
use super::error::ApiError;
use super::request::{JsonBody, QueryFields};
use crate::tracking::embedded::{Db, check_batch_size};
use crate::tracking::protocol::{LogBatch, LogMetric, MetricEntry, MetricHistory};
use crate::tracking::{Metric, Page, Result, RunId};

fn check(entry: &MetricEntry) -> Result<(), ApiError> {
    if entry.key.is_empty() { Err(ApiError::missing("key")) } else { Ok(()) }
}

/// Writes a value to the model it was measured on, too.
fn log_for_model(db: &Db, run: &RunId, entry: &MetricEntry) -> Result<()> {
    match entry.model_id.as_deref().filter(|id| !id.is_empty()) {
        Some(model) => db.log_model_metric(model, run.as_str(), &entry.metric(), entry.dataset()),
        None => Ok(()),
    }
}

fn news(run: &RunId, entry: &MetricEntry) -> LoggedMetric {
    LoggedMetric { run_id: run.0.clone(), key: entry.key.clone(), value: entry.value, step: entry.step }
}

pub(super) async fn log(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<LogMetric>,
) -> ApiAnswer {
    let (id, entry) = (ask.run.run_id, ask.metric);
    check(&entry)?;
    let logged = news(&id, &entry);
    api.call(move |db| {
        confined.check(db, id.as_str(), RunAction::Log)?;
        db.log_metric(id.as_str(), &entry.metric())?;
        log_for_model(db, &id, &entry)
    })
    .await?;
    api.tell([logged]);
    Ok(done())
}

pub(super) async fn log_batch(
    State(api): State<Api>,
    confined: Confined,
    JsonBody(ask): JsonBody<LogBatch>,
) -> ApiAnswer {
    ask.metrics.iter().try_for_each(check)?;
    check_batch_size(&ask)?;
    let LogBatch { run, metrics: entries, params, tags } = ask;
    let id = run.run_id;
    let logged: Vec<_> = entries.iter().map(|entry| news(&id, entry)).collect();
    api.call(move |db| {
        let tags = confined.tags(db, id.as_str(), tags)?;
        let metrics: Vec<Metric> = entries.iter().map(MetricEntry::metric).collect();
        db.log_batch(id.as_str(), &metrics, &params, &tags)?;
        entries.iter().try_for_each(|entry| log_for_model(db, &id, entry))
    })
    .await?;
    api.tell(logged);
    Ok(done())
}

pub(super) async fn history(
    State(api): State<Api>,
    QueryFields(ask): QueryFields<MetricHistory>,
) -> ApiAnswer<Page<Metric>> {
    if ask.metric_key.is_empty() {
        return Err(ApiError::missing("metric_key"));
    }
    let most = ask.max_results.map(|asked| {
        usize::try_from(asked).ok().filter(|count| *count > 0).ok_or_else(|| {
            ApiError::invalid(format!("Invalid value {asked} for parameter 'max_results' supplied"))
        })
    });
    let most = most.transpose()?;
    let page = api.call(move |db| {
        db.metric_history(ask.run.run_id.as_str(), &ask.metric_key, most, ask.page_token.as_deref())
    });
    Ok(Json(page.await?))
}
