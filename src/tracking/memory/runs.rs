//! A run in memory: params are written once, metrics keep their history, tags are overwritten.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::invalid;
use crate::tracking::embedded::limits::{check_key, check_metric, param_value, tag_value};
use crate::tracking::{Metric, ParamWrite, Result, Run, RunInfo, RunProjection, RunUpdate};

const NAME: &str = "mlflow.runName";
const USER: &str = "mlflow.user";

pub(super) struct StoredRun {
    pub(super) info: RunInfo,
    params: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    metrics: BTreeMap<String, StoredMetric>,
}

/// What was logged of one metric.
struct StoredMetric {
    latest: Metric,
    /// In the order of timestamp, step, value.
    history: Vec<Metric>,
}

impl StoredRun {
    pub(super) fn new(info: RunInfo, tags: &[(String, String)]) -> Result<Self> {
        let (name, user) = (info.name.clone(), info.user.clone());
        let empty = BTreeMap::new;
        let mut run = Self { info, params: empty(), tags: empty(), metrics: BTreeMap::new() };
        run.tags.insert(NAME.to_owned(), name);
        run.log_batch(&[], &[], tags)?;
        if !user.is_empty() {
            run.tags.entry(USER.to_owned()).or_insert(user);
        }
        Ok(run)
    }

    /// What is wanted of it.
    pub(super) fn read(&self, want: &RunProjection) -> Run {
        let wanted = |keys: &Option<Vec<String>>, key: &str| {
            keys.as_ref().is_none_or(|keys| keys.iter().any(|k| k == key))
        };
        let owned = |(key, value): (&String, &String)| (key.clone(), value.clone());
        let latest = self.metrics.iter().filter(|(key, _)| wanted(&want.metrics, key));
        Run {
            params: if want.no_params { Vec::new() } else { self.params.iter().map(owned).collect() },
            metrics: latest.map(|(_, logged)| logged.latest.clone()).collect(),
            tags: self.tags.iter().filter(|(key, _)| wanted(&want.tags, key)).map(owned).collect(),
            ..Run::bare(self.info.clone())
        }
    }

    pub(super) fn update(&mut self, update: &RunUpdate) {
        self.info.status = update.status.unwrap_or(self.info.status);
        self.info.end_time = update.end_time.or(self.info.end_time);
        if let Some(name) = &update.name {
            self.set_tag(NAME, name);
        }
    }

    pub(super) fn log_param(&mut self, key: &str, value: &str) -> Result<ParamWrite> {
        check_key("param", key)?;
        let value = param_value(value);
        Ok(match self.params.get(key) {
            Some(known) if known != value => ParamWrite::Refused,
            Some(_) => ParamWrite::Held,
            None => {
                self.params.insert(key.to_owned(), value.to_owned());
                ParamWrite::Held
            }
        })
    }

    /// All or nothing.
    pub(super) fn log_batch(
        &mut self,
        metrics: &[Metric],
        params: &[(String, String)],
        tags: &[(String, String)],
    ) -> Result<()> {
        metrics.iter().try_for_each(check_metric)?;
        tags.iter().try_for_each(|(key, _)| check_key("tag", key))?;
        for (at, (key, value)) in params.iter().enumerate() {
            check_key("param", key)?;
            if params[..at].iter().any(|(other, _)| other == key) {
                return Err(invalid(format!("Duplicate parameter keys have been submitted: ['{key}']")));
            }
            if self.params.get(key).is_some_and(|known| known != param_value(value)) {
                return Err(invalid(format!("Changing param values is not allowed: '{key}'")));
            }
        }
        for (key, value) in params {
            self.log_param(key, value)?;
        }
        metrics.iter().for_each(|metric| self.log_metric(metric));
        tags.iter().for_each(|(key, value)| self.set_tag(key, value));
        Ok(())
    }

    fn set_tag(&mut self, key: &str, value: &str) {
        let value = tag_value(value).to_owned();
        if key == NAME {
            self.info.name.clone_from(&value);
        }
        self.tags.insert(key.to_owned(), value);
    }

    fn log_metric(&mut self, metric: &Metric) {
        let Some(logged) = self.metrics.get_mut(&metric.key) else {
            let logged = StoredMetric { latest: metric.clone(), history: vec![metric.clone()] };
            self.metrics.insert(metric.key.clone(), logged);
            return;
        };
        let same =
            |known: &Metric| by_time(known, metric).is_eq() && known.value.is_nan() == metric.value.is_nan();
        if logged.history.iter().any(same) {
            return;
        }
        let place = logged.history.partition_point(|known| by_time(known, metric).is_lt());
        logged.history.insert(place, metric.clone());
        let by_step = |a: &Metric, b: &Metric| a.step.cmp(&b.step).then_with(|| by_time(a, b));
        if by_step(metric, &logged.latest).is_gt() {
            logged.latest = metric.clone();
        }
    }

    pub(super) fn history(&self, key: &str) -> Vec<Metric> {
        self.metrics.get(key).map(|logged| logged.history.clone()).unwrap_or_default()
    }

    pub(super) fn latest(&self, key: &str) -> Option<f64> {
        self.metrics.get(key).map(|logged| logged.latest.value)
    }

    pub(super) fn param(&self, key: &str) -> Option<&str> {
        self.params.get(key).map(String::as_str)
    }

    pub(super) fn tag(&self, key: &str) -> Option<&str> {
        self.tags.get(key).map(String::as_str)
    }

    pub(super) fn number_of_params(&self) -> usize {
        self.params.len()
    }
}

/// The order of a history. MLflow keeps NaN as 0 with a mark.
fn by_time(a: &Metric, b: &Metric) -> Ordering {
    let stored = |metric: &Metric| if metric.value.is_nan() { 0.0 } else { metric.value };
    (a.timestamp, a.step).cmp(&(b.timestamp, b.step)).then_with(|| stored(a).total_cmp(&stored(b)))
}
