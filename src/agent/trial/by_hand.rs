//! A trial that a person ends alone: an order on the parent run, which the agent reads anyway.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::agent::setup::Agent;
use crate::record::{Claim, is_ended_by_hand};
use crate::stopping::{BY_HAND, StopDecision};
use crate::tracking::{Run, RunId};

/// So long its end may be held up by the question how far it came.
const LAST_VALUE: Duration = Duration::from_secs(1);

/// Waits until a person asks for the end of this attempt.
pub(super) async fn ended_by_hand(
    agent: &Agent,
    claim: Claim,
    run: &RunId,
    parent: &mut watch::Receiver<Option<Arc<Run>>>,
) -> StopDecision {
    let asked = |parent: &Option<Arc<Run>>| {
        parent.as_deref().is_some_and(|parent| is_ended_by_hand(parent, claim.trial, claim.attempt))
    };
    if parent.wait_for(asked).await.is_err() {
        // Nobody is left to ask.
        return std::future::pending().await;
    }
    let (step, value) = reached(agent, run).await.unwrap_or((0, f64::NAN));
    StopDecision { rule: BY_HAND, rung: None, step, value, threshold: None }
}

/// How far it came, where the store says so in time.
async fn reached(agent: &Agent, run: &RunId) -> Option<(i64, f64)> {
    let name = &agent.config.watched_metric()?.name;
    let run = timeout(LAST_VALUE, agent.store.run(run)).await.ok()?.ok()?;
    run.metric(name).map(|latest| (latest.step, latest.value))
}
