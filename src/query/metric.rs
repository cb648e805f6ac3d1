//! The metric that is asked about, and the value of it that counts for a run.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::config::{self, Goal, MetricSummary};
use crate::record::histories;
use crate::tracking::{Metric as Logged, Result, Run, RunId, Store};

/// Requests at the same time: a server answers each in milliseconds, most of them spent on the way.
const AT_ONCE: usize = 16;

/// The metric that is asked about.
#[derive(Debug, Clone)]
pub struct ChosenMetric {
    /// Its key.
    pub name: String,
    /// Its direction, where it is known.
    pub goal: Option<Goal>,
    /// Which value of its history counts.
    pub summary: MetricSummary,
}

impl ChosenMetric {
    /// The metric that was typed, else the config's. Direction and summary of the config hold for its own metric only;
    /// `None`: neither names one.
    pub fn of(
        config: Option<&config::MetricConfig>,
        typed: Option<&str>,
        goal: Option<Goal>,
    ) -> Option<Self> {
        let declared = config.filter(|metric| typed.is_none_or(|name| name == metric.name));
        match (declared, typed) {
            (Some(metric), _) => Some(Self {
                name: metric.name.clone(),
                goal: goal.or(Some(metric.goal)),
                summary: metric.summary,
            }),
            (None, Some(name)) => Some(Self { name: name.to_owned(), goal, summary: MetricSummary::Last }),
            (None, None) => None,
        }
    }

    /// The value of each run that has one.
    ///
    /// # Errors
    /// As the store's.
    pub async fn values(
        &self,
        store: &Arc<dyn Store>,
        runs: impl Iterator<Item = &Run>,
    ) -> Result<HashMap<RunId, f64>> {
        let logged = runs.filter_map(|run| Some((run.info.id.clone(), run.metric(&self.name)?.value)));
        if self.summary == MetricSummary::Last {
            return Ok(logged.collect());
        }
        let ids = logged.map(|(id, _)| id).collect();
        let histories = histories(store, ids, &self.name).await?;
        let summarised = histories.into_iter().filter_map(|(id, history)| {
            let values: Vec<f64> = history.into_iter().map(|entry| entry.value).collect();
            Some((id, self.summary.of(&values, self.goal)?))
        });
        Ok(summarised.collect())
    }
}

/// The histories of several metrics of one run, by key.
///
/// # Errors
/// As the store's.
pub async fn histories_of(
    store: &Arc<dyn Store>,
    run: &RunId,
    keys: Vec<String>,
) -> Result<BTreeMap<String, Vec<Logged>>> {
    let history = |key: String| async move {
        let history = store.metric_history(run, &key).await?;
        Ok((key, history))
    };
    stream::iter(keys).map(history).buffer_unordered(AT_ONCE).try_collect().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configs_direction_holds_for_its_own_metric_only() {
        let metric = config::MetricConfig {
            name: "loss".into(),
            goal: Goal::Minimize,
            target: None,
            summary: MetricSummary::Min,
            impute: config::Impute::Worst,
            impute_while_running: None,
            from_output: None,
        };
        let own = ChosenMetric::of(Some(&metric), Some("loss"), None).unwrap();
        assert_eq!((own.goal, own.summary), (Some(Goal::Minimize), MetricSummary::Min));
        let other = ChosenMetric::of(Some(&metric), Some("accuracy"), None).unwrap();
        assert_eq!((other.goal, other.summary), (None, MetricSummary::Last));
        assert!(ChosenMetric::of(None, None, None).is_none());
    }
}
