//! Which trials of a look are shown, and in which order.

use super::keys::ScreenState;
use crate::query::{QueryError, Selection, SweepSnapshot, TrialRow};
use crate::tracking::{Run, RunId};

/// The trials of a look that are shown.
pub(super) struct PickedTrials<'a> {
    /// That run, with the histories of the metric.
    pub(super) running: Vec<&'a (Run, Vec<f64>)>,
    /// How many there are of them, whether read or not.
    pub(super) of_running: usize,
    /// That ended.
    pub(super) ended: Vec<&'a Run>,
    /// What they were picked by, for people.
    pub(super) filter: Option<String>,
}

impl<'a> PickedTrials<'a> {
    /// All, the latest first.
    pub(super) fn all(look: &'a SweepSnapshot) -> Self {
        Self {
            running: look.running.iter().collect(),
            of_running: look.overview.standing.running.len(),
            ended: look.ended.iter().collect(),
            filter: None,
        }
    }

    /// Those that a person wants to see.
    pub(super) fn of(look: &'a SweepSnapshot, state: &ScreenState) -> Result<Self, QueryError> {
        let mut picked = Self::all(look);
        if let Some(filter) = &state.filter {
            let kept = kept(look, filter)?;
            let keeps = |run: &Run| kept.contains(&run.info.id);
            picked.running.retain(|(run, _)| keeps(run));
            picked.ended.retain(|run| keeps(run));
            picked.of_running = picked.running.len();
            picked.filter = Some(filter.clone());
        }
        let by = |a: &Run, b: &Run| state.order.compare(&look.overview, look.now, a, b);
        picked.running.sort_by(|(a, _), (b, _)| by(a, b));
        picked.ended.sort_by(|a, b| by(a, b));
        Ok(picked)
    }
}

/// The runs of a look for which a filter holds.
fn kept(look: &SweepSnapshot, filter: &str) -> Result<Vec<RunId>, QueryError> {
    let overview = &look.overview;
    let Some(config) = overview.config() else { return Ok(Vec::new()) };
    let selection = Selection {
        sort: None,
        descending: false,
        filter: Some(filter),
        top: None,
        config,
        metric: overview.metric.as_ref(),
        now: look.now,
    };
    let runs = look.running.iter().map(|(run, _)| run).chain(&look.ended);
    let rows = runs.filter_map(|run| TrialRow::of(run.clone(), overview.metric.as_ref(), None));
    let kept = selection.of_rows(rows.collect())?;
    Ok(kept.into_iter().map(|row| row.run.info.id).collect())
}
