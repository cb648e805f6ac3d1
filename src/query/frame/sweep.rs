//! A sweep as the analysis sees it: its trials, and the table that they make.

use std::sync::Arc;

use super::super::metric::ChosenMetric;
use super::request::SEED;
use crate::analysis::{
    Analysis, Dependence, Dependences, TrialFrame, analyse, dependences, dependences_with_pairs,
};
use crate::config::{Config, Method};
use crate::record::{Sweep, TrialRuns};
use crate::tracking::{Result as StoreResult, Store};
use crate::trial::{RunStatus, Trial};

/// The runs of a sweep with the trials that they are.
pub struct SweepRuns {
    pub runs: TrialRuns,
    pub trials: Vec<Trial>,
}

/// Reads the trials with the value of the metric that counts.
pub async fn read_trials(
    store: &Arc<dyn Store>,
    sweep: &Sweep,
    metric: Option<&ChosenMetric>,
) -> StoreResult<SweepRuns> {
    let runs = TrialRuns::read(store.as_ref(), sweep).await?;
    let values = match metric {
        Some(metric) => metric.values(store, runs.iter().map(|(_, run)| run)).await?,
        None => std::collections::HashMap::new(),
    };
    let trials = runs.trials(|run| values.get(&run.info.id).copied());
    Ok(SweepRuns { runs, trials })
}

/// Which parameters of a sweep mattered for the metric that its trials carry.
pub fn analyse_sweep(config: &Config, trials: &[Trial]) -> Analysis {
    let mut analysis = analyse(&frame(config, trials), SEED);
    let chosen_by_results = matches!(config.method, Method::Bayes | Method::SuccessiveHalving);
    if chosen_by_results && analysis.n_used > 0 {
        analysis.notes.push(
            "The method gathers its trials where the metric is good: the figures describe the region that it explored."
                .to_owned(),
        );
    }
    let stopped = trials.iter().filter(|trial| trial.stopped_early && trial.metric.is_some()).count();
    if stopped > 0 && analysis.n_used > 0 {
        analysis.notes.push(format!(
            "{stopped} of the trials were stopped early: what they had reached by then counts, which is less than they \
             might have reached."
        ));
    }
    analysis
}

/// What the forest expects of each parameter of a sweep alone.
pub fn dependences_of(config: &Config, trials: &[Trial], analysis: &Analysis) -> Vec<Dependence> {
    dependences(&frame(config, trials), analysis, SEED)
}

/// The same, and of the strongest pairs.
pub fn dependences_with_pairs_of(config: &Config, trials: &[Trial], analysis: &Analysis) -> Dependences {
    dependences_with_pairs(&frame(config, trials), analysis, SEED)
}

/// The table that the analysis works on. Where a trial was stopped early, what it had reached is its result.
pub(in crate::query) fn frame(config: &Config, trials: &[Trial]) -> TrialFrame {
    let mut frame = TrialFrame::of(config);
    for trial in trials {
        let status = if trial.counts() { RunStatus::Finished } else { trial.status };
        frame.push(&trial.point, status, trial.metric);
    }
    frame
}
