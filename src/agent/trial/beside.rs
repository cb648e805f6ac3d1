//! Runs that a script made beside its trial's, as far as the hand-over knows of them: forked children that log each to a
//! run of their own, or a second `start_run()`. They end with their trial, and where they hold its metric, that is said.

use crate::agent::event::Event;
use crate::agent::journal::Settlement;
use crate::agent::setup::Agent;
use crate::tracking::{RunId, RunUpdate};
use crate::trial::RunStatus;

/// More runs than this are no oversight, and each costs a look.
const MOST: usize = 1000;

/// Ends those that are still running, as the trial has ended. What fails here is no reason to lose a trial.
pub(in crate::agent) async fn conclude(
    agent: &Agent,
    settlement: &Settlement,
    beside: &[RunId],
    has_metric: bool,
) {
    let mut holds_metric = None;
    for id in beside.iter().take(MOST).filter(|id| **id != settlement.run) {
        let Ok(run) = agent.store.run(id).await else { continue };
        if run.info.active && run.info.status == RunStatus::Running {
            let update = RunUpdate {
                status: Some(settlement.status),
                end_time: Some(settlement.end_time),
                ..RunUpdate::default()
            };
            if let Err(error) = agent.store.update_run(id, &update).await {
                tracing::warn!(%error, run = %id, "a run beside its trial's is not ended");
            }
        }
        if agent.config.metric.as_ref().is_some_and(|metric| run.metric(&metric.name).is_some()) {
            holds_metric = Some(id);
        }
    }
    if let (false, Some(id), Some(metric)) = (has_metric, holds_metric, &agent.config.metric) {
        let text = format!(
            "`{}` was logged in run {id}, which the script started besides the trial's: log it in the first run that \
             the script starts, or in mlflow.start_run(run_id=os.environ[\"SWEEP_RUN_ID\"])",
            metric.name
        );
        (agent.events)(Event::Note { trial: settlement.claim.trial, text: &text });
    }
}
