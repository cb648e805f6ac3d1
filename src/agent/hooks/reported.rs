//! The hooks of a result that another program reported by `sweep tell`: the same as those of an agent's own trials, each run to
//! its end before the next.

use super::document::{FinishReason, HookDocument, HookEvent};
use super::run::run_hook;
use super::runner::is_beaten;
use crate::agent::outcome::Outcome;
use crate::agent::setup::Agent;
use crate::record::SweepView;
use crate::tracking::Result;

/// Runs what the config asks for once this outcome is the result of its trial; `view` is how far the sweep is with it.
///
/// # Errors
/// As the store's, where it can't be decided who announces the end of the sweep.
pub async fn run_hooks_of_report(agent: &Agent, outcome: &Outcome, view: &SweepView) -> Result<()> {
    let document = |event, of, reason| HookDocument::new(agent, event, view, of, reason);
    if agent.config.hooks.on_trial_end.is_some() {
        run_hook(agent, HookEvent::TrialEnd, &document(HookEvent::TrialEnd, Some(outcome), None)).await;
    }
    let best = view.best.as_ref().filter(|best| best.run == outcome.run);
    if let Some(best) = best.filter(|_| agent.config.hooks.on_best.is_some())
        && !is_beaten(agent, best).await
    {
        run_hook(agent, HookEvent::Best, &document(HookEvent::Best, Some(outcome), None)).await;
    }
    let Some(reason) = finish_reason(agent, outcome, view) else { return Ok(()) };
    if agent.config.hooks.on_finish.is_some() && agent.ledger.announces_the_end().await? {
        run_hook(agent, HookEvent::Finish, &document(HookEvent::Finish, None, Some(reason))).await;
    }
    Ok(())
}

/// Why the sweep is over with this result; `None`: it is not.
fn finish_reason(agent: &Agent, outcome: &Outcome, view: &SweepView) -> Option<FinishReason> {
    if agent.reaches_target(outcome) {
        Some(FinishReason::Target)
    } else {
        agent.ledger.limit().is_some_and(|limit| view.done >= limit).then_some(FinishReason::Complete)
    }
}
