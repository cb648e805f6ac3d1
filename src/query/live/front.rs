//! The front of a sweep with several metrics, of the trials in memory.

use super::trials::LiveTrials;
use crate::config::Objectives;
use crate::metric::{Losses, front, knee};

/// The trials that no other one beats in all metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveFront {
    /// Their numbers, the best by the first metric first.
    pub trials: Vec<u64>,
    /// The trade-off among them that leans to no side; `None`: there is no trial.
    pub knee: Option<u64>,
    /// How many trials are candidates: they have a number for each metric, and keep to the limits.
    pub candidates: usize,
}

impl LiveFront {
    pub(super) fn of(trials: &LiveTrials, objectives: &Objectives) -> Self {
        let (numbers, losses): (Vec<u64>, Vec<Losses>) = trials
            .rows()
            .filter(|row| row.state.counts())
            .filter_map(|row| Some((row.trial, objectives.losses(row.value, &row.beside)?)))
            .unzip();
        let places = front(&losses);
        let kept: Vec<Losses> = places.iter().map(|place| losses[*place].clone()).collect();
        let trials: Vec<u64> = places.into_iter().map(|place| numbers[place]).collect();
        Self { knee: knee(&kept).map(|place| trials[place]), trials, candidates: numbers.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Impute, MetricConfig};
    use crate::metric::{Goal, MetricLimit, MetricSummary};
    use crate::query::live::watch::deleted_row;
    use crate::query::live::{LiveRow, LiveState};
    use crate::tracking::RunId;
    use crate::trial::TrialIndex;

    #[test]
    fn the_live_front_holds_results_within_the_limits_that_none_beats() {
        let metric = |name: &str, goal| MetricConfig {
            name: name.into(),
            goal,
            target: None,
            summary: MetricSummary::Last,
            impute: Impute::Latest,
            impute_while_running: None,
            from_output: None,
        };
        let objectives = Objectives {
            metrics: vec![metric("acc", Goal::Maximize), metric("ms", Goal::Minimize)],
            limits: vec![MetricLimit::parse("ms <= 50").unwrap()],
        };
        let rows = [
            (0, LiveState::Finished, 0.9, Some(20.0)),
            (1, LiveState::Finished, 0.8, Some(10.0)),
            (2, LiveState::Finished, 0.7, Some(15.0)),
            (3, LiveState::Finished, 0.99, Some(60.0)),
            (4, LiveState::Running, 0.99, Some(1.0)),
            (5, LiveState::Stopped, 0.95, None),
        ];
        let mut trials = LiveTrials::new(None);
        trials.take_in(
            rows.map(|(trial, state, acc, ms)| LiveRow {
                state,
                value: Some(acc),
                beside: vec![ms],
                ..deleted_row(TrialIndex(trial), RunId(trial.to_string()))
            })
            .to_vec(),
        );
        let found = LiveFront::of(&trials, &objectives);
        assert_eq!((found.trials, found.candidates), (vec![0, 1], 3));
        assert!(found.knee.is_some());
    }
}
