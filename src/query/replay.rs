//! A trial's proposal, made again from the sweep's config and seed and from what the proposal knew.

use std::sync::Arc;

use serde_json::Value as Json;

use super::error::QueryError;
use crate::config::Config;
use crate::record::{History, Ledger, PriorTrials, ProposalContext, Sweep, attempts_of, point_of, tags};
use crate::space::Point;
use crate::strategy::Proposal;
use crate::tracking::{Run, Store};
use crate::trial::TrialIndex;

/// A trial's proposal, made again.
pub struct Replayed {
    /// The trial's first run.
    pub run: Run,
    /// What the proposal knew.
    pub saw: ProposalContext,
    /// The proposal; `None`: no point is left.
    pub proposal: Option<Proposal>,
}

impl Replayed {
    /// The point that the trial was run with.
    pub fn was(&self) -> Point {
        point_of(&self.run)
    }

    /// Whether the same point comes out again.
    pub fn is_the_same(&self) -> bool {
        self.proposal.as_ref().is_some_and(|proposal| proposal.point == self.was())
    }
}

/// Makes a trial's proposal again.
///
/// # Errors
/// Where the trial was not run yet, or what it was made from was not kept; and as the store's.
pub async fn propose_again(
    store: &Arc<dyn Store>,
    sweep: &Sweep,
    config: &Config,
    trial: TrialIndex,
) -> Result<Replayed, QueryError> {
    let run = attempts_of(store.as_ref(), sweep, trial).await?.into_iter().next().ok_or_else(|| {
        QueryError::unknown(format!("sweep {} has no run of trial {trial}", sweep.id()))
            .with_hint("Trials are counted from 0. `sweep sample CONFIG` shows points that were not run yet.")
    })?;
    let strategy = sweep.strategy_behind(&run, config)?;
    if let Some(place) = run.tag(tags::ADDED_POINT).and_then(|place| place.parse::<usize>().ok()) {
        let added = strategy.added().iter().find(|(at, _)| *at == place);
        let proposal = added.map(|(_, point)| point.clone().into());
        return Ok(Replayed { run, saw: ProposalContext::default(), proposal });
    }
    let mut saw = ProposalContext::default();
    let mut known = Vec::new();
    if strategy.reads_history() {
        saw = account(&run).ok_or_else(|| {
            QueryError::unrecorded(format!("what trial {trial} was made from was not kept"))
        })?;
        let settled = Ledger::read(store.as_ref(), &sweep.ledger).await?.all_settled();
        let priors = PriorTrials::of(store.as_ref(), &sweep.parent).await?.observations();
        let mut history = History::new(sweep.clone(), config.objectives(), priors);
        known = history.read_again(store, &settled, &saw).await?;
    }
    let proposal = strategy.suggest(trial, &known)?;
    Ok(Replayed { run, saw, proposal })
}

/// What the run says of its proposal.
fn account(run: &Run) -> Option<ProposalContext> {
    let account: Json = serde_json::from_str(run.tag(tags::PROPOSAL)?).ok()?;
    ProposalContext::from_json(account.get("saw")?)
}
