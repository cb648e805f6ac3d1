//! The histories of the metric, for the learning curves of the report: of so many trials that a server is not kept busy.

use std::collections::HashSet;
use std::sync::Arc;

use super::metric::ChosenMetric;
use crate::config::Goal;
use crate::record::histories;
use crate::tracking::{Result as StoreResult, RunId, Store};
use crate::trial::Trial;

/// Most histories that are read: a call each on a server.
const MOST: usize = 200;
/// Most points that are kept of one: more than a plot can show.
const POINTS: usize = 2_000;

/// The history of a trial's metric.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricCurve {
    /// Place of the trial among those of the report.
    pub trial: usize,
    /// Step and value, in the order in which they were logged.
    pub points: Vec<(i64, f64)>,
}

/// The curves of the best trials and of the latest.
pub async fn read_curves(
    store: &Arc<dyn Store>,
    metric: &ChosenMetric,
    trials: &[Trial],
) -> StoreResult<Vec<MetricCurve>> {
    let chosen = choose(trials, metric.goal, MOST);
    let ids =
        chosen.iter().filter_map(|at| trials.get(*at)).map(|trial| RunId(trial.run_id.clone())).collect();
    let mut histories = histories(store, ids, &metric.name).await?;
    let curves = chosen.into_iter().filter_map(|trial| {
        let history = histories.remove(&RunId(trials.get(trial)?.run_id.clone()))?;
        let every = history.len().div_ceil(POINTS).max(1);
        let points = history.into_iter().step_by(every).map(|entry| (entry.step, entry.value));
        Some(MetricCurve { trial, points: points.collect() })
    });
    Ok(curves.collect())
}

/// Places of at most `most` trials that have the metric, in order: half of them the best, the others the latest.
fn choose(trials: &[Trial], goal: Option<Goal>, most: usize) -> Vec<usize> {
    let mut valued: Vec<(usize, f64)> =
        trials.iter().enumerate().filter_map(|(at, trial)| Some((at, trial.metric?))).collect();
    let latest: Vec<usize> = valued.iter().rev().map(|(at, _)| *at).collect();
    valued.retain(|(_, value)| value.is_finite());
    match goal {
        Some(goal) => valued.sort_by(|a, b| goal.best_first(a.1, b.1)),
        None => valued.clear(),
    }
    let mut chosen: HashSet<usize> = valued.iter().take(most / 2).map(|(at, _)| *at).collect();
    for at in latest {
        if chosen.len() >= most {
            break;
        }
        chosen.insert(at);
    }
    let mut chosen: Vec<usize> = chosen.into_iter().collect();
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Point;
    use crate::trial::{RunStatus, TrialIndex};

    fn trial(k: u64, metric: Option<f64>) -> Trial {
        Trial {
            index: TrialIndex(k),
            attempt: 1,
            run_id: k.to_string(),
            status: RunStatus::Finished,
            agent: None,
            start_time: 1,
            end_time: Some(2),
            exit_code: Some(0),
            point: Point::default(),
            metric,
            stopped_early: false,
        }
    }

    #[test]
    fn half_of_the_curves_are_of_the_best_trials_and_the_others_of_the_latest() {
        let mut trials: Vec<Trial> = (0..100).map(|k| trial(k, Some(k as f64))).collect();
        trials[97].metric = None;
        trials[0].metric = Some(f64::NAN);
        assert_eq!(choose(&trials, Some(Goal::Minimize), 6), [1, 2, 3, 96, 98, 99]);
        assert_eq!(choose(&trials, Some(Goal::Maximize), 4), [95, 96, 98, 99]);
        assert_eq!(choose(&trials, None, 3), [96, 98, 99]);
        assert_eq!(choose(&trials[..3], Some(Goal::Minimize), 200), [0, 1, 2]);
    }
}
