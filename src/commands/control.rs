//! `sweep stop`, `cancel`, `pause`, `resume`: orders for all agents of a sweep, wherever they are.

use super::shared::{
    AnsweringAgents, CommandFailure, Context, Exit, Setting, SweepChoice, refuse_half, sweep_run,
};
use crate::query::Overview;
use crate::record::SweepOrder;
use crate::ui::printable;

/// Gives the agents of a sweep an order, and waits briefly for their answers.
///
/// # Errors
/// Where the sweep can't be opened or the store fails.
pub async fn control(
    setting: &Setting,
    choice: &SweepChoice,
    order: SweepOrder,
) -> Result<Exit, CommandFailure> {
    let context = Context::open(setting)?;
    let overview = Overview::read(&context.store, sweep_run(&context, choice).await?).await?;
    refuse_half(&overview.sweep)?;
    if let Some(why) = pointless(&overview, order) {
        context.ui.say(&why);
        return Ok(Exit::Done);
    }
    let agents = AnsweringAgents::of(context.store.as_ref(), &overview).await?;
    let order_id = overview.sweep.give_order(context.store.as_ref(), order).await?;
    let answer = agents.hear(&context.store, overview.sweep.id(), &order_id).await?;
    context.ui.say(&format!("{} {answer}", sentence(&overview, order)));
    Ok(Exit::Done)
}

/// Why an order would change nothing.
fn pointless(overview: &Overview, order: SweepOrder) -> Option<String> {
    let (name, id) = (printable(&overview.sweep.parent.info.name), overview.sweep.id().short());
    if order == SweepOrder::Run {
        return None;
    }
    if overview.is_finalized() {
        return Some(format!("{name} is already finalized: no agent runs it."));
    }
    let all_done = overview.is_complete();
    all_done.then(|| format!("Every trial of {name} has its result. The next step: sweep finalize {id}"))
}

fn sentence(overview: &Overview, order: SweepOrder) -> String {
    let name = printable(&overview.sweep.parent.info.name);
    match order {
        SweepOrder::Run if overview.is_finalized() => {
            format!("{name} is finalized; `sweep run {}` reopens it.", overview.sweep.id().short())
        }
        SweepOrder::Run => {
            format!("{name} is resumed: waiting agents start trials again; `sweep run` adds agents.")
        }
        SweepOrder::Pause => {
            format!("{name} is paused: agents finish running trials and start none until `sweep resume`.")
        }
        SweepOrder::Stop => format!("{name} is stopped: agents finish their running trials, then end."),
        SweepOrder::Cancel => format!("{name} is cancelled: agents end their running trials, then stop."),
    }
}
