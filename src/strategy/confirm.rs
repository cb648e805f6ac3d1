//! Which of a few points is run again next, to find out which is the best.

use super::error::StrategyError;
use super::proposal::{Observation, Proposal, Strategy};
use crate::evidence::{Candidate, NextRun, next_run};
use crate::metric::Goal;
use crate::space::Point;
use crate::trial::{RunStatus, TrialIndex};

/// Runs the points of a finished search again, one by one, where that decides most.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// The points, the best of the search first, each with the value that the search had seen.
    pub points: Vec<(Point, f64)>,
    /// The finite values of all trials of the search: what a difference is worth.
    pub searched: Vec<f64>,
    /// Direction of the metric.
    pub goal: Goal,
    /// Runs that may be spent.
    pub budget: u64,
}

impl Confirm {
    /// What is known of each point by the runs of the confirmation.
    #[must_use]
    pub fn candidates(&self, history: &[Observation]) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> =
            self.points.iter().map(|(_, value)| Candidate::new(self.goal.loss(*value))).collect();
        // As they are kept: a list of the config may spell a value otherwise.
        let kept: Vec<_> = self.points.iter().map(|(point, _)| point.to_json()).collect();
        for run in history.iter().filter(|run| run.trial.is_some()) {
            let ran = run.point.to_json();
            let Some(place) = kept.iter().position(|point| *point == ran) else { continue };
            let candidate = &mut candidates[place];
            let finished = run.status == RunStatus::Finished;
            match run.metric.filter(|value| finished && value.is_finite()) {
                Some(value) => candidate.values.push(self.goal.loss(value)),
                None if run.status.is_final() => candidate.failed += 1,
                None => candidate.running += 1,
            }
        }
        candidates
    }

    /// How far the values of the search lie apart: the distance from its best to its median.
    #[must_use]
    pub fn spread(&self) -> f64 {
        let mut losses: Vec<f64> = self.searched.iter().map(|value| self.goal.loss(*value)).collect();
        losses.retain(|loss| loss.is_finite());
        losses.sort_by(f64::total_cmp);
        match (losses.first(), losses.get(losses.len() / 2)) {
            (Some(best), Some(median)) => median - best,
            _ => 0.0,
        }
    }
}

impl Strategy for Confirm {
    fn size(&self) -> Option<u128> {
        Some(self.budget.into())
    }

    fn reads_history(&self) -> bool {
        true
    }

    fn suggest(&self, k: TrialIndex, history: &[Observation]) -> Result<Option<Proposal>, StrategyError> {
        if k.0 >= self.budget {
            return Ok(None);
        }
        Ok(match next_run(&self.candidates(history), self.spread(), self.budget) {
            NextRun::Run(place) => self.points.get(place).map(|(point, _)| point.clone().into()),
            NextRun::Stop(_) => None,
        })
    }
}
