//! The best trials where a confirmation has shown which they are: what it names comes first.

use std::collections::BTreeMap;

use super::super::shared::{CommandFailure, Context, Setting, confirmed_sentences};
use crate::config::Config;
use crate::query::{ChosenMetric, Confirmation, TrialRow, best_of};
use crate::record::{Sweep, runs_with_ids};
use crate::tracking::{Run, RunId};
use crate::trial::TrialIndex;
use crate::ui::words;

/// The confirmation of a sweep that says something of this metric.
pub async fn of(
    context: &Context,
    sweep: &Sweep,
    config: &Config,
    metric: &ChosenMetric,
) -> Result<Option<Confirmation>, CommandFailure> {
    let own = config.metric.as_ref();
    if own.is_none_or(|own| own.name != metric.name || Some(own.goal) != metric.goal) {
        return Ok(None);
    }
    let found = Confirmation::of(&context.store, sweep, config).await?;
    Ok(found.filter(|confirmation| confirmation.best().is_some()))
}

/// At most `most` trials: those that were confirmed, the best first, then the others by their values.
pub async fn rows(
    context: &Context,
    sweep: &Sweep,
    results: &BTreeMap<TrialIndex, RunId>,
    (metric, confirmation): (&ChosenMetric, Option<&Confirmation>),
    most: usize,
) -> Result<Vec<TrialRow>, CommandFailure> {
    let mut rows = Vec::new();
    if let Some(confirmation) = confirmation {
        let points = confirmation.ranking().into_iter().map(|place| &confirmation.points[place]).take(most);
        let named: Vec<(TrialIndex, f64)> = points.map(|point| (point.trial, point.searched)).collect();
        let ids: Vec<RunId> = named.iter().filter_map(|(trial, _)| results.get(trial).cloned()).collect();
        let runs = runs_with_ids(context.store.as_ref(), &sweep.parent.info.experiment_id, &ids).await?;
        let run_of = |trial: &TrialIndex| -> Option<Run> {
            let id = results.get(trial)?;
            runs.iter().find(|run| run.info.id == *id).cloned()
        };
        rows.extend(
            named
                .iter()
                .filter_map(|(trial, value)| TrialRow::of(run_of(trial)?, Some(metric), Some(*value))),
        );
    }
    let ranked = best_of(&context.store, sweep, results, metric, most).await?;
    let others: Vec<TrialRow> = ranked
        .into_iter()
        .filter_map(|best| TrialRow::of(best.run, Some(metric), Some(best.value)))
        .filter(|row| !rows.iter().any(|known| known.trial == row.trial))
        .collect();
    rows.extend(others);
    rows.truncate(most);
    Ok(rows)
}

/// How sure the best is, and what was not confirmed.
pub fn tell(setting: &Setting, sweep: &Sweep, confirmation: Option<&Confirmation>, results: usize) {
    let Some(confirmation) = confirmation else { return };
    setting.ui.tell(&format!("\n{}\n", confirmed_sentences(confirmation).join("\n")));
    let later = confirmation.later(results);
    if later > 0 {
        setting.ui.say(&format!(
            "{} came after this confirmation. To include them: sweep confirm {} --again",
            words::count(later, "result"),
            sweep.id().short()
        ));
    }
}
