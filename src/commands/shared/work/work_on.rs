//! An agent's work on a sweep, from its first look to its last word.

use std::sync::Arc;

use super::super::context::{Backend, Context};
use super::super::exit::Exit;
use super::super::failure::CommandFailure;
use super::super::load::{deleted, refuse_half};
use super::super::pin::check_pin;
use super::super::signals::{Sender, Signals};
use super::args::WorkArgs;
use super::assemble::assemble;
use super::engine::{AgentEnding, requeue};
use super::words::{announce, report};
use crate::agent::{self, Agent, EndReason};
use crate::config::Config;
use crate::query::{limit, limit_of};
use crate::record::{Ledger, Sweep, SweepOrder};
use crate::ui::words;

/// How an agent's work ended.
pub struct Worked {
    pub exit: Exit,
    /// Whether the sweep can be concluded: the agent neither was stopped nor gave up.
    pub complete: bool,
    /// Whether every trial of it has its result.
    pub all_done: bool,
}

/// Works on an opened sweep.
pub async fn work_on(
    context: &Context,
    sweep: Sweep,
    config: Config,
    args: &WorkArgs,
) -> Result<Worked, CommandFailure> {
    check_pin(context, &sweep, &args.pin)?;
    refuse_half(&sweep)?;
    let allocation = &args.allocation;
    let sender = Sender { engine: allocation.engine.is_some(), ends_known: allocation.time.is_some() };
    let signals = Signals::listen_to(context.ui, sender)?;
    let assembled = tokio::select! {
        assembled = begin(context, sweep, config, args) => assembled?,
        // Nothing is claimed yet: there is nothing to wait for.
        exit = signals.received() => {
            let exit = if sender.engine { Exit::TryAgain } else { exit };
            return Ok(Worked { exit, complete: false, all_done: false });
        }
    };
    let agent = Arc::new(assembled);
    let limit = limit(&agent.config, agent.strategy.as_ref());
    announce(context, &agent.sweep, &agent.config, limit, agent.options.jobs);
    let worked = agent::run(Arc::clone(&agent), signals.stop()).await;
    let summary = worked.map_err(|error| signals.ended(error.into()))?;
    if let Backend::Server { store, .. } = &context.backend {
        tracing::debug!(calls = store.calls(), "requests to the server");
    }
    report(context, &agent, &summary);
    if summary.end == EndReason::Deleted {
        return Err(deleted(agent.sweep.id()));
    }
    let without_value = summary.unmeasured > 0
        && (summary.end == EndReason::Unmeasured || summary.unmeasured == summary.finished);
    let failed = if summary.failed > 0 || without_value { Exit::WorkFailed } else { Exit::Done };
    let gave_up = matches!(summary.end, EndReason::Failures | EndReason::Unmeasured | EndReason::CannotRun);
    let cut = matches!(summary.end, EndReason::Stopped | EndReason::OutOfTime);
    let complete = !cut && !gave_up && signals.exit().is_none();
    let all_done =
        complete && summary.end == EndReason::NothingLeft && summary.others == 0 && summary.finished > 0;
    let ending = AgentEnding { end: summary.end, signal: signals.exit(), gave_up, failed };
    let exit = ending.exit(allocation);
    if exit == Exit::TryAgain {
        requeue(context, &ending, allocation).await;
    }
    Ok(Worked { exit, complete, all_done })
}

/// Makes an agent for a sweep that may be worked on.
async fn begin(
    context: &Context,
    sweep: Sweep,
    config: Config,
    args: &WorkArgs,
) -> Result<Agent, CommandFailure> {
    let parent = context.store.run(sweep.id()).await?;
    if !parent.info.active {
        return Err(deleted(sweep.id()));
    }
    let order = SweepOrder::of(&parent);
    if matches!(order, SweepOrder::Stop | SweepOrder::Cancel) {
        let (name, id) = (&sweep.parent.info.name, sweep.id().short());
        let what = if order == SweepOrder::Cancel { "cancelled" } else { "stopped" };
        return Err(CommandFailure::new(Exit::Usage, format!("sweep {name} was {what}"))
            .hint(format!("`sweep resume {id}` lets agents run it again.")));
    }
    if let Some(delay) = args.allocation.delay {
        tokio::time::sleep(delay.mul_f64(rand::random())).await;
    }
    reopen(context, &sweep, &config).await?;
    assemble(context, sweep, config, args).await
}

/// A finalized sweep that has trials left is taken up again, and says so. One without stays as it is.
async fn reopen(context: &Context, sweep: &Sweep, config: &Config) -> Result<(), CommandFailure> {
    if !sweep.parent.info.status.is_final() {
        return Ok(());
    }
    let store = context.store.as_ref();
    let ledger = Ledger::read(store, &sweep.ledger).await?;
    let results = ledger.results().len();
    let taken = (results + ledger.empty()) as u64;
    let is_left = limit_of(sweep, config).is_none_or(|limit| taken < limit);
    if is_left || !ledger.unfinished().is_empty() {
        sweep.reopen(store).await?;
        let trials = words::count(results as u64, "trial");
        let id = sweep.id().short();
        context.ui.say(&format!(
            "Reopened: {} was finalized after {trials}. `sweep finalize {id}` brings its report up to date afterwards.",
            sweep.parent.info.name
        ));
    }
    Ok(())
}
