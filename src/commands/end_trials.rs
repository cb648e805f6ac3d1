//! `sweep stop --trial`: ends single trials, as early stopping would.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::shared::{CommandFailure, Context, Exit, Setting, SweepChoice, refuse_half, sweep_run};
use crate::query::Overview;
use crate::record::{attempt_of, status_word};
use crate::tracking::{Result as StoreResult, Run, Store};
use crate::trial::{RunStatus, TrialIndex};
use crate::ui::words;

/// So long the end of the trials is waited for: their agents read orders every two seconds at most, and a command that
/// saves a checkpoint takes its time.
const MOST: Duration = Duration::from_secs(5);
/// Between two looks at them.
const PAUSE: Duration = Duration::from_millis(100);

/// Asks the agents that run these trials to end them, and waits briefly until they have.
///
/// # Errors
/// Where one of them does not run, the sweep can't be opened, or the store fails.
pub async fn end_trials(
    setting: &Setting,
    choice: &SweepChoice,
    trials: &[u64],
) -> Result<Exit, CommandFailure> {
    let context = Context::open(setting)?;
    let store = &context.store;
    let overview = Overview::read(store, sweep_run(&context, choice).await?).await?;
    refuse_half(&overview.sweep)?;
    let mut running = BTreeMap::new();
    for trial in trials.iter().copied().map(TrialIndex) {
        let run = overview.standing.running.get(&trial).ok_or_else(|| not_running(&overview, trial))?;
        running.insert(trial, run.clone());
    }
    let attempts: Vec<(TrialIndex, u32)> =
        running.iter().map(|(trial, run)| (*trial, attempt_of(run))).collect();
    overview.sweep.end_attempts(store.as_ref(), &attempts).await?;
    let ended = wait(store, &running).await?;
    for (trial, run) in &ended {
        context.ui.say(&format!("trial {trial} has ended: {}", status_word(run)));
    }
    let left: Vec<String> =
        running.keys().filter(|trial| !ended.contains_key(trial)).map(ToString::to_string).collect();
    if !left.is_empty() {
        let within = words::duration(MOST);
        context.ui.say(&format!(
            "trial {}: asked to end, still running after {within}. Its command may be saving its work; its agent \
             kills it after --grace.",
            left.join(", ")
        ));
    }
    Ok(Exit::Done)
}

/// Waits until the runs have ended; returns those that did.
async fn wait(
    store: &Arc<dyn Store>,
    running: &BTreeMap<TrialIndex, Run>,
) -> StoreResult<BTreeMap<TrialIndex, Run>> {
    let asked = Instant::now();
    let mut ended = BTreeMap::new();
    loop {
        for (trial, run) in
            running.iter().filter(|(trial, _)| !ended.contains_key(*trial)).collect::<Vec<_>>()
        {
            let run = store.run(&run.info.id).await?;
            if run.info.status != RunStatus::Running {
                ended.insert(*trial, run);
            }
        }
        if ended.len() == running.len() || asked.elapsed() > MOST {
            return Ok(ended);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn not_running(overview: &Overview, trial: TrialIndex) -> CommandFailure {
    let failure = CommandFailure::new(Exit::WorkFailed, format!("trial {trial} is not running"));
    let running: Vec<String> = overview.standing.running.keys().map(ToString::to_string).collect();
    match running.as_slice() {
        [] => failure.hint("No trial of this sweep is running."),
        _ => failure.hint(format!("Running are: {}.", running.join(", "))),
    }
}
