//! Metrics: one value, batches, histories.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::answer::{Answer, MetricsAnswer, done};
use super::api::{Api, Logged};
use super::confined::{Act, Confined};
use super::error::ApiError;
use super::request::{Body, Fields, double, int64, run_id, text};
use crate::tracking::embedded::{Batch, Db, Pair};
use crate::tracking::{Metric, Result};

/// A value of a metric as clients send it.
#[derive(Deserialize)]
pub(super) struct Sent {
    #[serde(default, deserialize_with = "text")]
    key: String,
    #[serde(default, deserialize_with = "double")]
    value: Option<f64>,
    #[serde(default, deserialize_with = "int64")]
    timestamp: Option<i64>,
    #[serde(default, deserialize_with = "int64")]
    step: Option<i64>,
    model_id: Option<String>,
    dataset_name: Option<String>,
    dataset_digest: Option<String>,
}

/// The model that a value was measured for, and the dataset.
struct ForModel {
    model_id: String,
    metric: Metric,
    dataset: Option<(String, String)>,
}

impl ForModel {
    fn write(&self, db: &Db, run_id: &str) -> Result<()> {
        let dataset = self.dataset.as_ref().map(|(name, digest)| (name.as_str(), digest.as_str()));
        db.log_model_metric(&self.model_id, run_id, &self.metric, dataset)
    }
}

impl Sent {
    fn parts(self) -> Result<(Metric, Option<ForModel>), ApiError> {
        if self.key.is_empty() {
            return Err(ApiError::missing("key"));
        }
        let metric = Metric {
            value: self.value.ok_or_else(|| ApiError::missing("value"))?,
            timestamp: self.timestamp.ok_or_else(|| ApiError::missing("timestamp"))?,
            step: self.step.unwrap_or_default(),
            key: self.key,
        };
        let model_id = self.model_id.filter(|id| !id.is_empty());
        let dataset = self.dataset_name.zip(self.dataset_digest);
        let model = model_id.map(|model_id| ForModel { model_id, metric: metric.clone(), dataset });
        Ok((metric, model))
    }
}

fn news(run_id: &str, metric: &Metric) -> Logged {
    Logged { run_id: run_id.to_owned(), key: metric.key.clone(), value: metric.value, step: metric.step }
}

#[derive(Deserialize)]
pub(super) struct LogMetric {
    run_id: Option<String>,
    run_uuid: Option<String>,
    #[serde(flatten)]
    sent: Sent,
}

pub(super) async fn log(State(api): State<Api>, confined: Confined, Body(ask): Body<LogMetric>) -> Answer {
    let id = run_id(ask.run_id, ask.run_uuid)?;
    let (metric, model) = ask.sent.parts()?;
    let logged = news(&id, &metric);
    api.call(move |db| {
        confined.check(db, &id, Act::Log)?;
        db.log_metric(&id, &metric)?;
        model.map_or(Ok(()), |model| model.write(db, &id))
    })
    .await?;
    api.tell([logged]);
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct LogBatch {
    run_id: Option<String>,
    #[serde(default)]
    metrics: Vec<Sent>,
    #[serde(default)]
    params: Vec<Pair>,
    #[serde(default)]
    tags: Vec<Pair>,
}

pub(super) async fn log_batch(
    State(api): State<Api>,
    confined: Confined,
    Body(ask): Body<LogBatch>,
) -> Answer {
    let id = run_id(ask.run_id, None)?;
    let parts = ask.metrics.into_iter().map(Sent::parts).collect::<Result<Vec<_>, _>>()?;
    let (metrics, models): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let mut batch = Batch { metrics, params: ask.params, tags: ask.tags };
    batch.check_size()?;
    let logged: Vec<_> = batch.metrics.iter().map(|metric| news(&id, metric)).collect();
    api.call(move |db| {
        batch.tags = confined.tags(db, &id, std::mem::take(&mut batch.tags))?;
        db.log_batch(&id, &batch)?;
        models.iter().flatten().try_for_each(|model| model.write(db, &id))
    })
    .await?;
    api.tell(logged);
    Ok(done())
}

#[derive(Deserialize)]
pub(super) struct History {
    run_id: Option<String>,
    run_uuid: Option<String>,
    #[serde(default)]
    metric_key: String,
    #[serde(default, deserialize_with = "int64")]
    max_results: Option<i64>,
    page_token: Option<String>,
}

pub(super) async fn history(State(api): State<Api>, Fields(ask): Fields<History>) -> Answer<MetricsAnswer> {
    let id = run_id(ask.run_id, ask.run_uuid)?;
    if ask.metric_key.is_empty() {
        return Err(ApiError::missing("metric_key"));
    }
    let most = ask.max_results.map(|asked| {
        usize::try_from(asked).ok().filter(|count| *count > 0).ok_or_else(|| {
            ApiError::invalid(format!("Invalid value {asked} for parameter 'max_results' supplied"))
        })
    });
    let most = most.transpose()?;
    let page =
        api.call(move |db| db.metric_history(&id, &ask.metric_key, most, ask.page_token.as_deref())).await?;
    Ok(Json(page.into()))
}
