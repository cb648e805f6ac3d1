//! `sweep stop`, `cancel`, `pause`, `resume`: orders for all agents of a sweep, wherever they are.

use super::context::{Context, Setting, SweepChoice};
use super::exit::Exit;
use super::failure::Failure;
use crate::record::{Order, Sweep};
use crate::ui::printable;

/// Gives the agents of a sweep an order; they notice within a quarter of their lease.
///
/// # Errors
/// Where the sweep can't be opened or the store fails.
pub async fn control(setting: &Setting, choice: &SweepChoice, order: Order) -> Result<Exit, Failure> {
    let context = Context::open(setting)?;
    let id = context.sweep_id(choice).await?;
    let sweep = Sweep::open(context.store.as_ref(), &id).await?;
    sweep.give_order(context.store.as_ref(), order).await?;
    let name = printable(&sweep.parent.info.name);
    let text = match order {
        Order::Run => {
            format!("{name} goes on: agents that wait take up trials again; `sweep run` starts others.")
        }
        Order::Pause => {
            format!("{name} is paused: running trials are finished, and agents wait for `sweep resume`.")
        }
        Order::Stop => format!("{name} is stopped: agents finish their running trials and end."),
        Order::Cancel => format!("{name} is cancelled: agents end their running trials, then themselves."),
    };
    context.ui.say(&text);
    Ok(Exit::Done)
}
