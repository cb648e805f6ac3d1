//! What a claimed trial is to be run with: its strategy is asked, and told what it may know.

use std::sync::Arc;

use super::{Agent, AgentError};
use crate::record::{Claim, Saw, Seen, attempts_of, point_of, sha256, tags, under_way};
use crate::space::Point;
use crate::strategy::{Expectation, Observation, Proposal, StrategyError};
use crate::trial::TrialIndex;

/// So many proposals in a row may turn out to be another trial's.
const PATIENCE: u64 = 1000;
/// A longer account of what a proposal knew is not kept: a store would cut it.
const LONGEST_ACCOUNT: usize = 5000;

/// What a trial is run with.
pub(super) struct Proposed {
    pub(super) point: Point,
    /// The trial whose checkpoints it is given: its own, or the one that a chain of trials began with.
    pub(super) checkpoints_of: TrialIndex,
    /// What its run says of it.
    pub(super) tags: Vec<(String, String)>,
}

/// The point of a claimed trial; `None`: there are fewer points than there might have been, and none is left.
///
/// A further attempt is run with the point of the first, whatever is known by now.
pub(super) async fn propose(agent: &Arc<Agent>, claim: Claim) -> Result<Option<Proposed>, AgentError> {
    if agent.history.is_none() {
        let point = agent.strategy.point(claim.trial.0)?;
        return Ok(point.map(|point| Proposed { point, checkpoints_of: claim.trial, tags: Vec::new() }));
    }
    if claim.attempt > 1
        && let Some(again) = proposed_before(agent, claim.trial).await?
    {
        return Ok(Some(again));
    }
    propose_anew(agent, claim.trial).await
}

async fn proposed_before(agent: &Agent, trial: TrialIndex) -> Result<Option<Proposed>, AgentError> {
    let attempts = attempts_of(agent.store.as_ref(), &agent.sweep, trial).await?;
    let Some(first) = attempts.iter().find(|run| run.tag(tags::POINT).is_some()) else {
        // The agent was lost between taking the point and making the run.
        let taken = agent.ledger.point_of(trial).await?;
        let json = taken.and_then(|text| serde_json::from_str(&text).ok());
        let point = json.and_then(|json| Point::from_json(&json));
        return Ok(point.map(|point| Proposed { point, checkpoints_of: trial, tags: Vec::new() }));
    };
    let kept = [tags::PROPOSAL, tags::CONTINUES];
    let tags: Vec<(String, String)> =
        first.tags.iter().filter(|(key, _)| kept.contains(&key.as_str())).cloned().collect();
    let continues = first.tag(tags::CONTINUES).and_then(|former| former.parse().ok()).map(TrialIndex);
    let checkpoints_of = origin(agent, continues).await.unwrap_or(trial);
    Ok(Some(Proposed { point: point_of(first), checkpoints_of, tags }))
}

/// The trial whose checkpoints are handed on.
async fn origin(agent: &Agent, continues: Option<TrialIndex>) -> Option<TrialIndex> {
    let history = agent.history.as_ref()?.lock().await;
    continues.map(|former| history.origin(former))
}

/// Asks the strategy until its point is no other trial's: another agent may have been given the same a moment ago.
async fn propose_anew(agent: &Arc<Agent>, trial: TrialIndex) -> Result<Option<Proposed>, AgentError> {
    let Some(history) = &agent.history else { return Ok(None) };
    // Held to the end, so that the trials that run side by side here know of each other.
    let mut history = history.lock().await;
    let settled = agent.ledger.settled().await?;
    let mut seen = history.read(&agent.store, &settled).await?;
    let mut refused: Option<Point> = None;
    for _ in 0..PATIENCE {
        let Some(proposal) = suggest(agent, trial, &seen).await? else { return Ok(None) };
        // A strategy that insists (on a point of the config's own that stands there twice) has its reasons.
        let insists = refused.as_ref() == Some(&proposal.point);
        let text = proposal.point.to_json().to_string();
        let holder =
            if insists { None } else { agent.ledger.take_point(trial, &key_of(&text), &text).await? };
        let Some(holder) = holder else {
            history.proposed(trial, proposal.point.clone());
            let continues = proposal.continues.map(TrialIndex);
            return Ok(Some(Proposed {
                checkpoints_of: continues.map_or(trial, |former| history.origin(former)),
                tags: tags_of(&proposal, &seen.saw),
                point: proposal.point,
            }));
        };
        seen.saw.running.insert(holder.0, None);
        seen.observations.retain(|observation: &Observation| observation.trial != Some(holder.0));
        seen.observations.push(under_way(holder.0, proposal.point.clone(), None));
        refused = Some(proposal.point);
    }
    Err(StrategyError::NothingFits { tried: PATIENCE }.into())
}

/// A model takes its time: meanwhile the agent's other trials are watched.
async fn suggest(agent: &Arc<Agent>, trial: TrialIndex, seen: &Seen) -> Result<Option<Proposal>, AgentError> {
    let (agent, observations) = (Arc::clone(agent), seen.observations.clone());
    let suggested = tokio::task::spawn_blocking(move || agent.strategy.suggest(trial.0, &observations)).await;
    match suggested {
        Ok(proposal) => Ok(proposal?),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(AgentError::Io {
                what: format!("the proposal of trial {trial} was cut off"),
                source: std::io::Error::other(error),
            }),
        },
    }
}

/// What stands for a point in the ledger: 96 bits, so that two points of a sweep never share one.
fn key_of(point: &str) -> String {
    let mut key = sha256(point.as_bytes());
    key.truncate(24);
    key
}

fn tags_of(proposal: &Proposal, saw: &Saw) -> Vec<(String, String)> {
    let mut account = serde_json::json!({ "saw": saw.to_json() });
    if let (Some(expectation), Some(account)) = (&proposal.expectation, account.as_object_mut()) {
        account.insert("expected".into(), expected(expectation));
    }
    let account = Some(account.to_string()).filter(|account| account.len() <= LONGEST_ACCOUNT);
    let account = account.map(|account| (tags::PROPOSAL.to_owned(), account));
    let continues = proposal.continues.map(|former| (tags::CONTINUES.to_owned(), former.to_string()));
    account.into_iter().chain(continues).collect()
}

fn expected(expectation: &Expectation) -> serde_json::Value {
    serde_json::json!({
        "mean": expectation.mean,
        "std": expectation.std,
        "improvement": expectation.improvement,
        "probability": expectation.probability,
    })
}
