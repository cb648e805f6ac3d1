//! What a claimed trial is to be run with: its strategy is asked, and told what it may know.

use std::sync::Arc;

use crate::agent::error::AgentError;
use crate::agent::setup::Agent;
use crate::agent::tasks::block;
use crate::record::{
    Claim, FixedPoint, History, KnownTrials, ProposalContext, attempts_of, point_of, tags, under_way,
};
use crate::space::Point;
use crate::strategy::{Expectation, Observation, Proposal, StrategyError};
use crate::tracking::{ErrorKind, TrackingError};
use crate::trial::TrialIndex;

/// So many proposals in a row may turn out to be another trial's.
const PATIENCE: u64 = 1000;
/// A longer account of what a proposal knew is not kept: a store would cut it.
const LONGEST_ACCOUNT: usize = 5000;

/// What a trial is run with.
pub(in crate::agent) struct Proposed {
    pub(in crate::agent) point: Point,
    /// The trial whose checkpoints it is given: its own, or the one that a chain of trials began with.
    pub(in crate::agent) checkpoints_of: TrialIndex,
    /// What its run says of it.
    pub(in crate::agent) tags: Vec<(String, String)>,
}

/// The point of a claimed trial; `None`: there are fewer points than there might have been, and none is left.
///
/// A further attempt is run with the point of the first, whatever is known by now.
pub(in crate::agent) async fn propose(
    agent: &Arc<Agent>,
    claim: Claim,
) -> Result<Option<Proposed>, AgentError> {
    // Of a sweep that was edited the first attempt may have gone by another version.
    let may_differ = agent.history.is_some() || agent.sweep.version() > 1;
    if claim.attempt > 1
        && may_differ
        && let Some(again) = proposed_before(agent, claim.trial).await?
    {
        return Ok(Some(again));
    }
    if let Some(added) = added_point(agent, claim.trial).await? {
        return Ok(Some(added));
    }
    if agent.history.is_none() {
        let point = agent.strategy.point(claim.trial)?;
        return Ok(point.map(|point| Proposed { point, checkpoints_of: claim.trial, tags: Vec::new() }));
    }
    propose_anew(agent, claim.trial).await
}

/// A point that was added to the running sweep and has no trial yet: this one runs it.
async fn added_point(agent: &Agent, trial: TrialIndex) -> Result<Option<Proposed>, AgentError> {
    let added = agent.strategy.added();
    if added.is_empty() {
        return Ok(None);
    }
    let places: Vec<usize> = added.iter().map(|(place, _)| *place).collect();
    let Some(place) = agent.ledger.give_point(trial, &places).await? else { return Ok(None) };
    let Some((_, point)) = added.iter().find(|(at, _)| *at == place) else { return Ok(None) };
    if let Some(history) = &agent.history {
        let mut history = history.lock().await;
        agent.ledger.fix_point(trial, &point.to_json().to_string(), true).await?;
        history.proposed(trial, point.clone());
    }
    let tags = vec![(tags::ADDED_POINT.to_owned(), place.to_string())];
    Ok(Some(Proposed { point: point.clone(), checkpoints_of: trial, tags }))
}

async fn proposed_before(agent: &Agent, trial: TrialIndex) -> Result<Option<Proposed>, AgentError> {
    let attempts = attempts_of(agent.store.as_ref(), &agent.sweep, trial).await?;
    let Some(first) = attempts.iter().find(|run| run.tag(tags::POINT).is_some()) else {
        // The agent was lost between fixing the point and making the run. Without history nothing was fixed.
        if agent.history.is_none() {
            return Ok(None);
        }
        let Some(fixed) = agent.ledger.point_of(trial).await? else { return Ok(None) };
        let point = read_point(&fixed)?;
        return Ok(Some(Proposed { point, checkpoints_of: trial, tags: Vec::new() }));
    };
    let kept = [tags::PROPOSAL, tags::CONTINUES, tags::CONFIG_VERSION, tags::ADDED_POINT];
    let mut tags: Vec<(String, String)> =
        first.tags.iter().filter(|(key, _)| kept.contains(&key.as_str())).cloned().collect();
    if first.tag(tags::CONFIG_VERSION).is_none() && agent.sweep.version() > 1 {
        tags.push((tags::CONFIG_VERSION.to_owned(), "1".to_owned()));
    }
    let continues = first.tag(tags::CONTINUES).and_then(|former| former.parse().ok());
    let checkpoints_of = origin(agent, continues).await.unwrap_or(trial);
    Ok(Some(Proposed { point: point_of(first), checkpoints_of, tags }))
}

/// The trial whose checkpoints are passed on.
async fn origin(agent: &Agent, continues: Option<TrialIndex>) -> Option<TrialIndex> {
    let history = agent.history.as_ref()?.lock().await;
    continues.map(|former| history.origin(former))
}

/// Asks the strategy until its point is no other trial's: another agent may have been given the same a moment ago.
async fn propose_anew(agent: &Arc<Agent>, trial: TrialIndex) -> Result<Option<Proposed>, AgentError> {
    let Some(history) = &agent.history else { return Ok(None) };
    // Held to the end, so that the trials that run side by side here know of each other.
    let mut history = history.lock().await;
    // Points that were asked for and are other trials'.
    let mut held: Vec<(TrialIndex, Point)> = Vec::new();
    for _ in 0..PATIENCE {
        let seen = look(agent, &mut history, &held).await?;
        let Some(proposal) = suggest(agent, trial, &seen).await? else { return Ok(None) };
        // A strategy that insists (on a point of the config's own that stands there twice) has its reasons.
        let insists = held.last().is_some_and(|(_, point)| *point == proposal.point);
        let text = proposal.point.to_json().to_string();
        match agent.ledger.fix_point(trial, &text, insists).await? {
            FixedPoint::Held(holder) => held.push((holder, proposal.point)),
            FixedPoint::Point(fixed) => {
                let own = fixed == text;
                // Another attempt at the trial was first: nothing is known here of how it came to its point.
                let proposal = if own { proposal } else { read_point(&fixed)?.into() };
                history.proposed(trial, proposal.point.clone());
                let continues = proposal.continues;
                return Ok(Some(Proposed {
                    checkpoints_of: continues.map_or(trial, |former| history.origin(former)),
                    tags: if own { tags_of(&proposal, &seen.saw) } else { Vec::new() },
                    point: proposal.point,
                }));
            }
        }
    }
    Err(StrategyError::NothingFits { tried: PATIENCE }.into())
}

/// What is known of the other trials now, with the points that turned out to be theirs.
async fn look(
    agent: &Agent,
    history: &mut History,
    held: &[(TrialIndex, Point)],
) -> Result<KnownTrials, AgentError> {
    let settled = agent.ledger.settled().await?;
    let points = agent.ledger.points().await;
    let points = points.iter().filter_map(|(of, text)| Some((*of, read_point(text).ok()?))).collect();
    let mut seen = history.read(&agent.store, &settled, points).await?;
    for (holder, point) in held {
        let known = |other: &Observation| other.trial == Some(*holder) && other.point == *point;
        if !seen.observations.iter().any(known) {
            seen.saw.running.insert(*holder, None);
            Arc::make_mut(&mut seen.observations).push(under_way(*holder, point.clone(), None));
        }
    }
    Ok(seen)
}

fn read_point(text: &str) -> Result<Point, TrackingError> {
    let json = serde_json::from_str(text).ok();
    json.and_then(|json| Point::from_json(&json)).ok_or_else(|| {
        TrackingError::new(
            ErrorKind::Protocol,
            format!("the ledger has no point where it should: {text:.100}"),
        )
    })
}

/// A model takes its time: meanwhile the agent's other trials are watched.
async fn suggest(
    agent: &Arc<Agent>,
    trial: TrialIndex,
    seen: &KnownTrials,
) -> Result<Option<Proposal>, AgentError> {
    let (agent, observations) = (Arc::clone(agent), Arc::clone(&seen.observations));
    let tasks = Arc::clone(&agent.machine.tasks);
    match block(&tasks, move || agent.strategy.suggest(trial, &observations)).await {
        Some(proposal) => Ok(proposal?),
        None => Err(AgentError::Io {
            what: format!("the proposal of trial {trial} was cut off"),
            source: std::io::Error::other("no thread could be started, or the strategy has failed"),
        }),
    }
}

fn tags_of(proposal: &Proposal, saw: &ProposalContext) -> Vec<(String, String)> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::fixture::Home;
    use crate::record::{Ledger, sha256};
    use crate::tracking::{RunId, Store};

    const FOUR: &str = "command: 'true'\nmethod: bayes\nmetric: {name: loss, goal: minimize}\n\
                        parameters: {x: {values: [1, 2, 3, 4]}}\n";

    /// Runs the claimed trial as an agent does; `false`: there was no point for it.
    async fn work(home: &Home, agent: &Arc<Agent>, claim: Claim) -> bool {
        let Some(proposed) = propose(agent, claim).await.unwrap() else {
            agent.ledger.settle_without_run(claim).await.unwrap();
            return false;
        };
        let run = home.run(agent, claim, &proposed.point).await;
        agent.ledger.settle(claim, &run.id).await.unwrap();
        true
    }

    #[tokio::test]
    async fn a_finite_space_ends_though_a_trial_is_said_to_have_two_points() {
        let home = Home::new(FOUR).await;
        let agent = home.agent("me").await;
        let mut left: Vec<String> = (1..=4).map(|x| format!("{{\"x\":{x}}}")).collect();
        for _ in 0..3 {
            let claim = agent.ledger.claim().await.unwrap().unwrap();
            assert!(work(&home, &agent, claim).await);
            let point = point_of(&home.attempts(claim.trial.0).await[0]).to_json().to_string();
            left.retain(|other| *other != point);
        }
        let [last] = &left[..] else { panic!("one point is left: {left:?}") };
        let mut key = sha256(last.as_bytes());
        key.truncate(24);
        home.store
            .log_param(&home.sweep.ledger, &format!("point/{key}"), &format!("0 {last}"))
            .await
            .unwrap();
        let claim = agent.ledger.claim().await.unwrap().unwrap();
        // Trial 0 is run with another one: this one is left.
        assert!(work(&home, &agent, claim).await);
        let ledger = Ledger::read(&home.store, &home.sweep.ledger).await.unwrap();
        assert_eq!((ledger.results().len(), ledger.empty()), (4, 0));
    }

    #[tokio::test]
    async fn where_every_point_is_another_trials_there_is_none_left() {
        let home = Home::new(FOUR).await;
        let agent = home.agent("me").await;
        // As earlier versions left it: nobody knows what else trial 9 may be run with.
        for x in 1..=4 {
            let point = format!("{{\"x\":{x}}}");
            let mut key = sha256(point.as_bytes());
            key.truncate(24);
            let holder = format!("9 {point}");
            home.store.log_param(&home.sweep.ledger, &format!("point/{key}"), &holder).await.unwrap();
        }
        let claim = agent.ledger.claim().await.unwrap().unwrap();
        assert!(!work(&home, &agent, claim).await);
        let ledger = Ledger::read(&home.store, &home.sweep.ledger).await.unwrap();
        assert_eq!((ledger.results().len(), ledger.empty()), (0, 1));
    }

    #[tokio::test]
    async fn agents_that_are_killed_between_claim_and_point_and_run_leave_no_trial_without_its_own_point() {
        let home = Home::new(FOUR).await;
        // Killed before the point, between its two facts, and before the run.
        for writes in [0, 1, 2] {
            let (lost, mortal) = home.mortal(&format!("lost-{writes}")).await;
            let claim = lost.ledger.claim().await.unwrap().unwrap();
            mortal.live_for(writes);
            // The last of them has its point, and no run.
            assert_eq!(propose(&lost, claim).await.is_ok(), writes == 2);
        }
        let agent = home.agent("last").await;
        while let Some(claim) = agent.ledger.claim().await.unwrap() {
            assert!(work(&home, &agent, claim).await);
        }
        for trial in agent.ledger.unfinished().await.unwrap() {
            let claim = agent.ledger.claim_again(&trial).await.unwrap().unwrap();
            assert!(work(&home, &agent, claim).await);
        }
        let results = Ledger::read(&home.store, &home.sweep.ledger).await.unwrap().results();
        let mut points = std::collections::BTreeSet::new();
        for trial in results.keys() {
            points.insert(point_of(&home.attempts(trial.0).await[0]).to_json().to_string());
        }
        assert_eq!((results.len(), points.len()), (4, 4));
    }

    #[tokio::test]
    async fn a_point_whose_run_was_deleted_is_not_proposed_again() {
        let home = Home::new(FOUR).await;
        let agent = home.agent("me").await;
        for _ in 0..2 {
            let claim = agent.ledger.claim().await.unwrap().unwrap();
            assert!(work(&home, &agent, claim).await);
        }
        let deleted: RunId = home.attempts(0).await[0].info.id.clone();
        home.store.delete_run(&deleted).await.unwrap();
        // Another agent never saw it.
        let other = home.agent("other").await;
        let history = other.history.as_ref().unwrap();
        let seen = look(&other, &mut *history.lock().await, &[]).await.unwrap();
        assert_eq!(seen.observations.len(), 2);
        assert!(seen.saw.running.contains_key(&TrialIndex(0)) && seen.saw.ended.contains_key(&TrialIndex(1)));
    }
}
