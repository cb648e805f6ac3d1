//! The metric that is asked about, and the value of it that counts for a run.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::config::{Config, Goal, MetricLimit, MetricSummary};
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
    /// What a trial that may be the best keeps to.
    pub limits: Vec<MetricLimit>,
}

impl ChosenMetric {
    /// The metric that was typed, else the config's first. Direction and summary of the config hold for its own metrics
    /// only; `None`: neither names one.
    pub fn of(config: &Config, typed: Option<&str>, goal: Option<Goal>) -> Option<Self> {
        let declared = typed.map_or(config.metric.as_ref(), |name| config.metric_named(name));
        let limits = config.limits.clone();
        match (declared, typed) {
            (Some(metric), _) => Some(Self {
                name: metric.name.clone(),
                goal: goal.or(Some(metric.goal)),
                summary: metric.summary,
                limits,
            }),
            (None, Some(name)) => {
                Some(Self { name: name.to_owned(), goal, summary: MetricSummary::Last, limits })
            }
            (None, None) => None,
        }
    }

    /// ` within mem_gb <= 16`; nothing where there is no limit.
    pub fn limits_words(&self) -> String {
        let limits: Vec<String> = self.limits.iter().map(MetricLimit::to_string).collect();
        if limits.is_empty() { String::new() } else { format!(" within {}", limits.join(" and ")) }
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
        let config = |metric: &str| {
            let file = format!("command: t\nmethod: random\nparameters: {{x: {{values: [1, 2]}}}}\n{metric}");
            crate::config::check(file.as_bytes()).config.unwrap()
        };
        let none = config("");
        let config = config("metric: {name: loss, goal: minimize, summary: min}");
        let own = ChosenMetric::of(&config, Some("loss"), None).unwrap();
        assert_eq!((own.goal, own.summary), (Some(Goal::Minimize), MetricSummary::Min));
        let other = ChosenMetric::of(&config, Some("accuracy"), None).unwrap();
        assert_eq!((other.goal, other.summary), (None, MetricSummary::Last));
        assert!(ChosenMetric::of(&none, None, None).is_none());
    }
}
