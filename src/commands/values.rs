//! The values that stand for a run: its params as they were logged, and the value of its metric that counts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::config::{self, Goal, Summary};
pub(super) use crate::record::histories;
use crate::space::Value;
use crate::tracking::{Metric as Logged, Result, Run, RunId, Store};

/// Requests at the same time: a server answers each in milliseconds, most of them spent on the way.
const AT_ONCE: usize = 16;

/// The metric that is analysed.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    /// Its key.
    pub(super) name: String,
    /// Its direction, where it is known.
    pub(super) goal: Option<Goal>,
    /// Which value of its history counts.
    pub(super) summary: Summary,
}

impl Chosen {
    /// The metric that was typed, else the config's. Direction and summary of the config hold for its own metric only;
    /// `None`: neither names one.
    pub(super) fn of(
        config: Option<&config::Metric>,
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
            (None, Some(name)) => Some(Self { name: name.to_owned(), goal, summary: Summary::Last }),
            (None, None) => None,
        }
    }

    /// The value of each run that has one.
    ///
    /// # Errors
    /// As the store's.
    pub(super) async fn values(
        &self,
        store: &Arc<dyn Store>,
        runs: impl Iterator<Item = &Run>,
    ) -> Result<HashMap<RunId, f64>> {
        let logged = runs.filter_map(|run| Some((run.info.id.clone(), run.metric(&self.name)?.value)));
        if self.summary == Summary::Last {
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
pub(super) async fn histories_of(
    store: &Arc<dyn Store>,
    run: &RunId,
    keys: Vec<String>,
) -> Result<BTreeMap<String, Vec<Logged>>> {
    let mut found = BTreeMap::new();
    let mut waiting = keys.into_iter();
    let mut reading = JoinSet::new();
    loop {
        while reading.len() < AT_ONCE
            && let Some(key) = waiting.next()
        {
            let (store, run) = (Arc::clone(store), run.clone());
            reading.spawn(async move { (store.metric_history(&run, &key).await, key) });
        }
        match reading.join_next().await {
            None => return Ok(found),
            Some(Ok((history, key))) => {
                found.insert(key, history?);
            }
            Some(Err(error)) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => return Ok(found),
            },
        }
    }
}

/// What a param means whose text was logged: as a plain scalar of a config, and Python's words for null and for what is
/// no number.
pub(super) fn param_value(text: &str) -> Value {
    match text {
        "None" => Value::Null,
        "nan" | "NaN" => Value::Float(f64::NAN),
        "inf" | "Infinity" => Value::Float(f64::INFINITY),
        "-inf" | "-Infinity" => Value::Float(f64::NEG_INFINITY),
        _ => config::plain_value(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn params_mean_what_they_would_mean_in_a_config() {
        for (text, value) in [
            ("3", Value::Int(3)),
            ("1e-05", Value::Float(1e-5)),
            ("0.5", Value::Float(0.5)),
            ("True", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("None", Value::Null),
            ("-inf", Value::Float(f64::NEG_INFINITY)),
            ("adam", Value::Text("adam".into())),
            ("[1, 2]", Value::Text("[1, 2]".into())),
        ] {
            assert_eq!(param_value(text), value, "{text}");
        }
        assert!(matches!(param_value("nan"), Value::Float(x) if x.is_nan()));
    }

    #[test]
    fn the_configs_direction_holds_for_its_own_metric_only() {
        let metric = config::Metric {
            name: "loss".into(),
            goal: Goal::Minimize,
            target: None,
            summary: Summary::Min,
            impute: config::Impute::Worst,
            impute_while_running: None,
            from_output: None,
        };
        let own = Chosen::of(Some(&metric), Some("loss"), None).unwrap();
        assert_eq!((own.goal, own.summary), (Some(Goal::Minimize), Summary::Min));
        let other = Chosen::of(Some(&metric), Some("accuracy"), None).unwrap();
        assert_eq!((other.goal, other.summary), (None, Summary::Last));
        assert!(Chosen::of(None, None, None).is_none());
    }
}
