//! What a strategy is: what it knows of other trials, and what it proposes.

use super::error::StrategyError;
use crate::space::Point;
use crate::trial::{RunStatus, TrialIndex};

/// What is known of another trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Its index; `None`: it belongs to an earlier sweep.
    pub trial: Option<TrialIndex>,
    /// What it was run with.
    pub point: Point,
    /// State of its run.
    pub status: RunStatus,
    /// The value of the sweep's metric that counts, by `metric.summary`; it need not be finite.
    pub metric: Option<f64>,
    /// The finite values that it has logged of the metric; `None`: not one.
    pub logged: Option<LoggedValues>,
    /// The values that count of what is measured beside the metric, in the order of `Objectives::beside`; empty: there
    /// is nothing, or it is not known.
    pub beside: Vec<Option<f64>>,
    /// A stopping rule ended it: what it had reached is its result.
    pub stopped_early: bool,
}

impl Observation {
    /// Of a trial that has finished with one value of the metric.
    #[must_use]
    pub fn finished(trial: TrialIndex, point: Point, metric: f64) -> Self {
        Self {
            trial: Some(trial),
            point,
            status: RunStatus::Finished,
            metric: Some(metric),
            logged: LoggedValues::of([metric]),
            beside: Vec::new(),
            stopped_early: false,
        }
    }
}

/// The finite values that a run has logged of the sweep's metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoggedValues {
    /// The smallest.
    pub lowest: f64,
    /// The largest.
    pub highest: f64,
    /// The last in log order.
    pub latest: f64,
}

impl LoggedValues {
    /// Of values in log order; those that are not finite do not count.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        values.into_iter().filter(|value| value.is_finite()).fold(None, |logged, value| {
            let Self { lowest, highest, .. } =
                logged.unwrap_or(Self { lowest: value, highest: value, latest: value });
            Some(Self { lowest: lowest.min(value), highest: highest.max(value), latest: value })
        })
    }
}

/// What a trial is to be run with.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The point.
    pub point: Point,
    /// The trial whose work it continues: a trial of the same sweep, with its checkpoints.
    pub continues: Option<TrialIndex>,
    /// What the model behind it expects there.
    pub expectation: Option<Expectation>,
}

/// What a model expects of a point, in the metric's own units and direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expectation {
    /// Predicted value: the median where the model is not symmetric.
    pub mean: f64,
    /// Standard deviation of the prediction.
    pub std: f64,
    /// Expected improvement over the best value so far.
    pub improvement: f64,
    /// Probability of an improvement, 0 to 1.
    pub probability: f64,
}

impl From<Point> for Proposal {
    fn from(point: Point) -> Self {
        Self { point, continues: None, expectation: None }
    }
}

/// A way of choosing points.
pub trait Strategy: Send + Sync {
    /// How many trials there are in all; `None`: it never ends. With conditions or constraints on a large
    /// space this is an upper bound, because counting would take too long.
    fn size(&self) -> Option<u128>;

    /// Whether [`suggest`](Self::suggest) looks at the history, so that trials must be proposed in order.
    fn reads_history(&self) -> bool {
        false
    }

    /// How many of the first trials are the same whatever other trials give; `None`: all of them.
    fn foreseeable(&self) -> Option<u64> {
        None
    }

    /// Points that were added to the config's `points` after the sweep had begun, each with its place in that list. The next
    /// free trials are run with them, whichever those are.
    fn added(&self) -> &[(usize, Point)] {
        &[]
    }

    /// What trial `k` is to be run with; `None`: there are no more than `k` trials, or, of a strategy that reads history,
    /// nothing is left to try as far as is known.
    ///
    /// `history` holds what is known of other trials, by trial, and may lack the latest; a strategy that does not read
    /// history may be given none.
    ///
    /// # Errors
    /// A space in which no point can be found, or a strategy that can't be used.
    fn suggest(&self, k: TrialIndex, history: &[Observation]) -> Result<Option<Proposal>, StrategyError>;

    /// The point of trial `k` where nothing is known of other trials.
    ///
    /// # Errors
    /// As [`suggest`](Self::suggest).
    fn point(&self, k: TrialIndex) -> Result<Option<Point>, StrategyError> {
        Ok(self.suggest(k, &[])?.map(|proposal| proposal.point))
    }
}
