//! `sweep run`: an agent that works on a sweep until nothing is left.

use super::shared::work::work_on;
pub use super::shared::work::{Allocation, GUARD, WorkArgs};
use super::shared::{CommandFailure, Context, Exit, Setting, SweepChoice, load_sweep};
pub use crate::launch::LaunchEngine;

/// What was typed.
#[derive(Debug, Clone)]
pub struct RunArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// How to run it.
    pub work: WorkArgs,
}

/// Runs trials of a sweep.
///
/// # Errors
/// Where the sweep can't be opened, or the store or this machine fails.
pub async fn run(setting: &Setting, args: &RunArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open(setting)?;
    let (sweep, config) = load_sweep(&context, &args.sweep).await?;
    let id = sweep.id().short().to_owned();
    let worked = work_on(&context, sweep, config, &args.work).await?;
    if worked.all_done {
        context.ui.say(&format!("Next: sweep finalize {id}"));
    }
    Ok(worked.exit)
}
