//! `sweep launch cancel`: the agents of a launch end and give their trials back; the sweep stays as it is.

use super::super::shared::launching::{call_engine, hosts_of, is_in_reach};
use super::super::shared::{CommandFailure, Context, Exit, Setting, load_sweep};
use super::choice::{LaunchChoice, meant};
use crate::launch::{LaunchEngine, cancel_step, count_of, end_step};
use crate::record::{LaunchRecord, keep_launch, launches_of};
use crate::ui::words;

/// Cancels launches.
///
/// # Errors
/// Where there is no such launch, or the engine refuses.
pub async fn cancel(setting: &Setting, choice: &LaunchChoice) -> Result<Exit, CommandFailure> {
    let context = Context::open(setting)?;
    let (sweep, _) = load_sweep(&context, &choice.sweep).await?;
    for launch in meant(&launches_of(&sweep.parent), choice.launch)? {
        let number = launch.request.number;
        let asked = end(&launch).await?;
        let cancelled = LaunchRecord { cancelled: true, ..launch };
        keep_launch(context.store.as_ref(), &sweep, &cancelled).await?;
        context.ui.say(&match asked {
            Some(agents) => format!("Launch {number}: {} asked to end.", words::count(agents, "agent")),
            None => format!("Launch {number} is cancelled; its trials are given back."),
        });
    }
    Ok(Exit::Done)
}

/// Asks the agents to end; how many, where that is known.
async fn end(launch: &LaunchRecord) -> Result<Option<u64>, CommandFailure> {
    if let Some(step) = cancel_step(&launch.request, &launch.job) {
        call_engine(&step).await?;
        return Ok(None);
    }
    if !is_in_reach(launch) {
        let number = launch.request.number;
        return Err(CommandFailure::new(
            Exit::Usage,
            format!("the agents of launch {number} are on {}", launch.host),
        )
        .hint("Cancel it there. `sweep stop` ends all agents of the sweep, wherever they are."));
    }
    let mut asked = 0;
    for host in hosts_of(launch) {
        let answer = call_engine(&end_step(&launch.request, &host, &launch.processes)).await?;
        asked += count_of(LaunchEngine::Ssh, "", &answer.stdout).unwrap_or(0);
    }
    Ok(Some(asked))
}
