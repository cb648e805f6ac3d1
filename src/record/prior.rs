//! What a sweep knows from the beginning: trials of earlier sweeps, kept among its parent run's artifacts.

use serde_json::{Value as Json, json};

use super::tags;
use crate::space::{Point, Value};
use crate::strategy::{LoggedValues, Observation};
use crate::tracking::{ErrorKind, Result, Run, Store, TrackingError};
use crate::trial::RunStatus;

/// Trials of earlier sweeps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PriorTrials {
    /// Each with where it comes from.
    pub trials: Vec<(String, Observation)>,
}

impl PriorTrials {
    /// As it is kept.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let number = |value: f64| Value::Float(value).to_json();
        let trials: Vec<Json> = self
            .trials
            .iter()
            .map(|(source, one)| {
                let logged = |of: fn(&LoggedValues) -> f64| one.logged.as_ref().map(of).map(number);
                json!({
                    "source": source,
                    "params": one.point.to_json(),
                    "status": one.status.as_str(),
                    "metric": one.metric.map(number),
                    "lowest": logged(|logged| logged.lowest),
                    "highest": logged(|logged| logged.highest),
                    "latest": logged(|logged| logged.latest),
                    "stopped_early": one.stopped_early,
                })
            })
            .collect();
        json!({ "format": 1, "trials": trials })
    }

    /// Reads what [`to_json`](Self::to_json) wrote; `None` for anything else.
    #[must_use]
    pub fn from_json(json: &Json) -> Option<Self> {
        let number = |one: &Json, key: &str| Value::from_json(one.get(key)?).as_f64();
        let trial = |one: &Json| {
            let logged = || {
                Some(LoggedValues {
                    lowest: number(one, "lowest")?,
                    highest: number(one, "highest")?,
                    latest: number(one, "latest")?,
                })
            };
            let observation = Observation {
                trial: None,
                point: Point::from_json(one.get("params")?)?,
                status: RunStatus::parse(one.get("status")?.as_str()?)?,
                metric: number(one, "metric"),
                logged: logged(),
                beside: Vec::new(),
                stopped_early: one.get("stopped_early")?.as_bool()?,
            };
            Some((one.get("source")?.as_str()?.to_owned(), observation))
        };
        let trials = json.get("trials")?.as_array()?;
        Some(Self { trials: trials.iter().map(trial).collect::<Option<_>>()? })
    }

    /// What the sweep of this parent run knows from the beginning.
    ///
    /// # Errors
    /// `Protocol` where the artifact is not what `sweep init` wrote, and as the store's.
    pub async fn of(store: &dyn Store, parent: &Run) -> Result<Self> {
        if parent.tag(tags::PRIOR).is_none() {
            return Ok(Self::default());
        }
        let bytes = store.artifact(&parent.info, tags::PRIOR_ARTIFACT).await?;
        let json = serde_json::from_slice(&bytes).ok();
        json.as_ref().and_then(Self::from_json).ok_or_else(|| {
            let message = format!("{} of sweep {} can't be read", tags::PRIOR_ARTIFACT, parent.info.id);
            TrackingError::new(ErrorKind::Protocol, message)
                .hint("It was changed, or written by a later version of sweep.")
        })
    }

    /// For a strategy.
    #[must_use]
    pub fn observations(self) -> Vec<Observation> {
        self.trials.into_iter().map(|(_, observation)| observation).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_reads_back() {
        let observation = |metric, logged| Observation {
            trial: None,
            point: Point(vec![("lr".into(), Value::Float(1e-5)), ("opt".into(), Value::Text("a\"b".into()))]),
            status: RunStatus::Killed,
            metric,
            logged,
            beside: Vec::new(),
            stopped_early: true,
        };
        let prior = PriorTrials {
            trials: vec![
                ("a".into(), observation(Some(f64::INFINITY), LoggedValues::of([0.5, -1.0]))),
                ("b".into(), observation(None, None)),
            ],
        };
        let text = prior.to_json().to_string();
        assert_eq!(PriorTrials::from_json(&serde_json::from_str(&text).unwrap()), Some(prior));
        assert_eq!(PriorTrials::from_json(&json!({ "trials": [{}] })), None);
    }
}
