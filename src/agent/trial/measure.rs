//! What a trial's run is worth: the value of the sweep's metric that counts, as `metric.summary` has it.

use crate::config::{MetricConfig, MetricSummary};
use crate::record::value_of;
use crate::tracking::{Result, Run, Store};

/// What a run has logged, as far as the agent must know.
#[derive(Debug, Clone, Default)]
pub(in crate::agent) struct MeasuredMetric {
    /// The value of the sweep's metric that counts; it need not be a number.
    pub(in crate::agent) value: Option<f64>,
    /// The names of all metrics that were logged.
    pub(in crate::agent) logged: Vec<String>,
}

/// Measures a run that has been read. Only where more than the latest value counts the history is read, too.
pub(in crate::agent) async fn measure(
    store: &dyn Store,
    run: &Run,
    metric: &MetricConfig,
) -> Result<MeasuredMetric> {
    let history: Vec<f64> = match (metric.summary, run.metric(&metric.name)) {
        (MetricSummary::Last, _) | (_, None) => Vec::new(),
        _ => {
            let history = store.metric_history(&run.info.id, &metric.name).await?;
            history.into_iter().map(|logged| logged.value).collect()
        }
    };
    let logged = run.metrics.iter().map(|metric| metric.key.clone()).collect();
    Ok(MeasuredMetric { value: value_of(run, &history, metric), logged })
}
