//! The value of a metric that stands for a run.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::config::{Goal, Summary};
use crate::tracking::{Metric as Logged, Result, RunId, Store};

/// Requests at the same time: a server answers each in milliseconds, most of them spent on the way.
const AT_ONCE: usize = 16;

/// MLflow keeps infinities as the largest float.
#[must_use]
pub fn true_value(stored: f64) -> f64 {
    if stored.abs() == f64::MAX { f64::INFINITY.copysign(stored) } else { stored }
}

/// The histories of a metric, read side by side.
///
/// # Errors
/// As the store's.
pub async fn histories(
    store: &Arc<dyn Store>,
    runs: Vec<RunId>,
    key: &str,
) -> Result<HashMap<RunId, Vec<Logged>>> {
    let mut found = HashMap::with_capacity(runs.len());
    let mut waiting = runs.into_iter();
    let mut reading = JoinSet::new();
    loop {
        while reading.len() < AT_ONCE
            && let Some(id) = waiting.next()
        {
            let (store, key) = (Arc::clone(store), key.to_owned());
            reading.spawn(async move { (store.metric_history(&id, &key).await, id) });
        }
        match reading.join_next().await {
            None => return Ok(found),
            Some(Ok((history, id))) => {
                found.insert(id, history?);
            }
            Some(Err(error)) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => return Ok(found),
            },
        }
    }
}

/// The value that stands for a history; NaN where there are only NaNs.
#[must_use]
pub fn summarise(history: &[f64], summary: Summary, goal: Option<Goal>) -> Option<f64> {
    let numbers = || history.iter().copied().filter(|value| !value.is_nan());
    let min = || numbers().min_by(f64::total_cmp);
    let max = || numbers().max_by(f64::total_cmp);
    let found = match (summary, goal) {
        (Summary::Last, _) | (Summary::Best, None) => history.last().copied(),
        (Summary::Min, _) | (Summary::Best, Some(Goal::Minimize)) => min(),
        (Summary::Max, _) | (Summary::Best, Some(Goal::Maximize)) => max(),
        #[allow(clippy::cast_precision_loss)]
        (Summary::Mean, _) => {
            (numbers().count() > 0).then(|| numbers().sum::<f64>() / numbers().count() as f64)
        }
    };
    found.or_else(|| history.first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_summarised_in_the_way_that_was_asked_for() {
        let history = [2.0, f64::NAN, 5.0, 1.0];
        for (summary, goal, value) in [
            (Summary::Last, None, 1.0),
            (Summary::Min, None, 1.0),
            (Summary::Max, None, 5.0),
            (Summary::Best, Some(Goal::Maximize), 5.0),
            (Summary::Best, Some(Goal::Minimize), 1.0),
            (Summary::Mean, None, 8.0 / 3.0),
        ] {
            assert_eq!(summarise(&history, summary, goal), Some(value), "{summary:?}");
        }
        assert!(summarise(&[f64::NAN], Summary::Min, None).unwrap().is_nan());
        assert_eq!(summarise(&[], Summary::Mean, None), None);
    }

    #[test]
    fn the_largest_float_stands_for_infinity() {
        assert_eq!(true_value(-f64::MAX), f64::NEG_INFINITY);
        assert_eq!(true_value(1e300), 1e300);
    }
}
