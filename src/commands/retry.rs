//! `sweep retry`: trials that have their result are run again, as further attempts.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::shared::{CommandFailure, Context, Exit, Setting, SweepChoice, refuse_half, sweep_run};
use crate::record::{ClaimOrder, Ledger, Sweep, SweepOrder, TrialRuns, stopped_early};
use crate::tracking::Run;
use crate::trial::{RunStatus, TrialIndex};
use crate::ui::words;

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct RetryArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// All that failed.
    pub failed: bool,
    /// All that were killed, but those that were stopped early.
    pub killed: bool,
    /// These.
    pub trials: Vec<u64>,
}

/// Makes trials claimable again; what they gave before stays visible.
///
/// # Errors
/// Where nothing was named, a trial has no result yet, or the store fails.
pub async fn retry(setting: &Setting, args: &RetryArgs) -> Result<Exit, CommandFailure> {
    if !args.failed && !args.killed && args.trials.is_empty() {
        return Err(CommandFailure::new(Exit::Usage, "no trials are named")
            .hint("Give --failed, --killed, or the numbers of trials: `sweep retry 3 17`."));
    }
    let context = Context::open(setting)?;
    let store = context.store.as_ref();
    let sweep = Sweep::of_run(store, sweep_run(&context, &args.sweep).await?).await?;
    refuse_half(&sweep)?;
    let wanted = wanted(&context, &sweep, args).await?;
    let token = context.identity().agent;
    let ledger =
        Ledger::open(Arc::clone(&context.store), &sweep.ledger, token, ClaimOrder::Ascending, None).await?;
    let reopened = ledger.reopen(&wanted).await?;
    let skipped: Vec<String> = wanted.difference(&reopened).map(ToString::to_string).collect();
    if !skipped.is_empty() {
        context.ui.warn(&format!("no result yet, so nothing to run again: trial {}", skipped.join(", ")));
    }
    if reopened.is_empty() {
        context.ui.say("Nothing to run again.");
        return Ok(Exit::WorkFailed);
    }
    sweep.reopen(store).await?;
    sweep.give_order(store, SweepOrder::Run).await?;
    let trials = words::count(reopened.len() as u64, "trial");
    context.ui.say(&format!("{trials} can be run again: sweep run --sweep-id={}", sweep.id()));
    Ok(Exit::Done)
}

async fn wanted(
    context: &Context,
    sweep: &Sweep,
    args: &RetryArgs,
) -> Result<BTreeSet<TrialIndex>, CommandFailure> {
    let mut wanted: BTreeSet<TrialIndex> = args.trials.iter().copied().map(TrialIndex).collect();
    if args.failed || args.killed {
        let runs = TrialRuns::read(context.store.as_ref(), sweep).await?;
        let chosen = |run: &Run| match run.info.status {
            RunStatus::Failed => args.failed,
            // What was stopped early was killed on purpose.
            RunStatus::Killed => args.killed && !stopped_early(run),
            _ => false,
        };
        wanted.extend(runs.iter().filter(|(_, run)| chosen(run)).map(|(trial, _)| trial));
    }
    Ok(wanted)
}
