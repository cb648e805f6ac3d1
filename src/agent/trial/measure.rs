//! What a trial's run is worth: the values of the sweep's metrics that count, as `summary` of each has it.

use std::sync::Arc;

use crate::config::{MetricSummary, Objectives};
use crate::record::{value_of, values_beside};
use crate::tracking::{Result, Run, Store};

/// What a run has logged, as far as the agent must know.
#[derive(Debug, Clone, Default)]
pub(in crate::agent) struct MeasuredMetric {
    /// The value of the sweep's metric that counts; it need not be a number.
    pub(in crate::agent) value: Option<f64>,
    /// The same of what is measured beside it.
    pub(in crate::agent) beside: Vec<Option<f64>>,
    /// The names of all metrics that were logged.
    pub(in crate::agent) logged: Vec<String>,
}

impl MeasuredMetric {
    /// Whether there is a value of everything that the sweep's trials are judged by.
    pub(in crate::agent) fn is_whole(&self) -> bool {
        self.value.is_some() && self.beside.iter().all(Option::is_some)
    }
}

/// Measures a run that has been read. Only where more than the latest value counts the history is read, too.
pub(in crate::agent) async fn measure(
    store: &Arc<dyn Store>,
    run: &Run,
    objectives: &Objectives,
) -> Result<MeasuredMetric> {
    let Some(metric) = objectives.first() else { return Ok(MeasuredMetric::default()) };
    let history: Vec<f64> = match (metric.summary, run.metric(&metric.name)) {
        (MetricSummary::Last, _) | (_, None) => Vec::new(),
        _ => {
            let history = store.metric_history(&run.info.id, &metric.name).await?;
            history.into_iter().map(|logged| logged.value).collect()
        }
    };
    let beside = values_beside(store, objectives, std::slice::from_ref(run)).await?;
    let logged = run.metrics.iter().map(|metric| metric.key.clone()).collect();
    let beside = beside.into_values().next().unwrap_or_default();
    Ok(MeasuredMetric { value: value_of(run, &history, metric), beside, logged })
}
