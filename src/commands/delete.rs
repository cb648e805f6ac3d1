//! `sweep delete`: sweeps with their ledgers and trials, deleted as MLflow deletes runs, and restored.

use std::time::{Duration, Instant};

use super::shared::{CommandFailure, Context, Exit, Setting, SweepChoice, counts_words, workspace};
use crate::query::Overview;
use crate::record::{
    RemovableRuns, Sweep, delete_sweep, find_deleted, last_sign, lease_of, restore_sweep, running_runs, tags,
};
use crate::tracking::{Run, ViewType};
use crate::ui::{printable, words};

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct DeleteArgs {
    /// Which sweeps: ids, prefixes or names.
    pub sweeps: Vec<String>,
    /// Take them back into use instead.
    pub restore: bool,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Ask nothing.
    pub yes: bool,
    /// Though agents run them.
    pub force: bool,
}

/// How long agents get to end their trials once the sweep is deleted.
const ENDING: Duration = Duration::from_secs(10);
/// Between two looks at them.
const PAUSE: Duration = Duration::from_millis(300);
/// Deleted sweeps that are listed, the newest first.
const MOST_LISTED: usize = 20;

/// Deletes sweeps, or restores them.
///
/// # Errors
/// Where one can't be found, agents run it, the user has not agreed, or the store fails.
pub async fn delete(setting: &Setting, args: &DeleteArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open(setting)?;
    if args.restore {
        return restore(&context, args).await;
    }
    let mut doomed: Vec<DoomedSweep> = Vec::new();
    for text in &args.sweeps {
        let sweep = DoomedSweep::find(&context, text).await?;
        if !doomed.iter().any(|known| known.parent.info.id == sweep.parent.info.id) {
            doomed.push(sweep);
        }
    }
    if args.dry_run {
        doomed.iter().for_each(|sweep| context.ui.tell(&format!("Would delete {}\n", sweep.what)));
        return Ok(Exit::Done);
    }
    for sweep in &doomed {
        refuse_running(sweep, args.force)?;
    }
    if !args.yes {
        agree(&context, &doomed)?;
    }
    for sweep in &doomed {
        sweep.delete(&context).await?;
    }
    Ok(Exit::Done)
}

/// A sweep that is to be deleted.
struct DoomedSweep {
    parent: Run,
    /// What it is, for people.
    what: String,
    /// The agents that run its trials now, as far as can be seen.
    agents: u64,
}

impl DoomedSweep {
    async fn find(context: &Context, text: &str) -> Result<Self, CommandFailure> {
        let id = context.sweep_id(&SweepChoice(Some(text.to_owned()))).await?;
        let parent = context.store.run(&id).await?;
        let (name, short) = (printable(&parent.info.name), id.short());
        if parent.tag(tags::SWEEP).is_none() {
            return Err(CommandFailure::new(Exit::Usage, format!("run {id} is not a sweep"))
                .hint("`sweep list` shows the sweeps; `mlflow runs delete` deletes a run."));
        }
        if !parent.info.active {
            let left = RemovableRuns::read(context.store.as_ref(), &parent, true).await?.len();
            if left == 0 {
                return Err(CommandFailure::new(Exit::Usage, format!("{name} ({short}) is already deleted"))
                    .hint(format!("Restore it: sweep delete --restore {id}")));
            }
            let left = words::count(left as u64, "run");
            let what = format!("what is left of {name} ({short}), whose deletion was cut off: {left}");
            return Ok(Self { parent, what, agents: 0 });
        }
        let overview = Overview::read_if_ours(&context.store, parent.clone()).await?;
        let (what, agents) = match &overview {
            Some(overview) => {
                (format!("{name} ({short}): {}", counts_words(overview)), running_agents(overview))
            }
            None => (format!("{name} ({short})"), 0),
        };
        Ok(Self { parent, what, agents })
    }

    async fn delete(&self, context: &Context) -> Result<(), CommandFailure> {
        let store = context.store.as_ref();
        let id = &self.parent.info.id;
        let heard = async {
            if self.agents > 0 {
                context.ui.say("Waiting for its agents to end their trials.");
                wait_for_agents(context, &self.parent).await;
            }
        };
        let runs = delete_sweep(store, &self.parent, heard).await?;
        let name = printable(&self.parent.info.name);
        context.ui.say(&format!(
            "Deleted {name} with {}. Undo: sweep delete --restore {id}",
            words::count(runs as u64, "run")
        ));
        let undelivered = workspace::forget(&context.folder, id.as_str());
        if undelivered > 0 {
            let results = words::count(undelivered as u64, "result");
            let journal = workspace::journal(&context.folder, id.as_str());
            context.ui.warn(&format!(
                "{results} of it could not be delivered to the store; they stay in {}",
                journal.folder().display()
            ));
        }
        Ok(())
    }
}

/// How many agents have shown a sign of life within their lease.
fn running_agents(overview: &Overview) -> u64 {
    let now = crate::process::now_ms();
    let lives = |run: &&Run| {
        let lease = i64::try_from(lease_of(run).as_millis()).unwrap_or(i64::MAX);
        now.saturating_sub(last_sign(run)) < lease
    };
    let running = overview.standing.running.values();
    let agents: std::collections::BTreeSet<Option<&str>> =
        running.filter(lives).map(|run| run.tag(tags::AGENT)).collect();
    agents.len() as u64
}

fn refuse_running(sweep: &DoomedSweep, force: bool) -> Result<(), CommandFailure> {
    if sweep.agents == 0 || force {
        return Ok(());
    }
    let id = sweep.parent.info.id.short();
    let name = printable(&sweep.parent.info.name);
    let running = if sweep.agents == 1 { "agent is" } else { "agents are" };
    Err(CommandFailure::new(
        Exit::Usage,
        format!("{} {running} running trials of {name} ({id})", sweep.agents),
    )
    .hint(format!("End them first: sweep cancel {id}. --force deletes it as it is: they end their trials.")))
}

/// Asks, where there is somebody to ask.
fn agree(context: &Context, doomed: &[DoomedSweep]) -> Result<(), CommandFailure> {
    let question = match doomed {
        [one] => format!("Delete {}? It can be restored.", one.what),
        several => {
            let list: String = several.iter().map(|sweep| format!("\n  {}", sweep.what)).collect();
            format!("These sweeps would be deleted:{list}\nDelete them? They can be restored.")
        }
    };
    match context.ui.confirm(&question) {
        Some(true) => Ok(()),
        Some(false) => Err(CommandFailure::new(Exit::WorkFailed, "nothing was deleted")),
        None => Err(CommandFailure::new(
            Exit::Usage,
            "nothing was deleted: there is no terminal to confirm it on",
        )
        .hint("`--yes` deletes without asking; `--dry-run` shows what would be deleted.")),
    }
}

/// Waits until no trial runs any more, but not for ever.
async fn wait_for_agents(context: &Context, parent: &Run) {
    let store = context.store.as_ref();
    let Ok(sweep) = Sweep::of_run(store, parent.clone()).await else { return };
    let started = Instant::now();
    while started.elapsed() < ENDING {
        match running_runs(store, &sweep).await {
            Ok(running) if running.is_empty() => return,
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn restore(context: &Context, args: &DeleteArgs) -> Result<Exit, CommandFailure> {
    let store = context.store.as_ref();
    if args.sweeps.is_empty() {
        return Err(nothing_named(&Sweep::all_of(store, ViewType::Deleted).await?));
    }
    for text in &args.sweeps {
        let parent = find_deleted(store, text).await?;
        let (name, id) = (printable(&parent.info.name), &parent.info.id);
        if parent.tag(tags::SWEEP).is_none() {
            return Err(CommandFailure::new(Exit::Usage, format!("run {id} is not a sweep"))
                .hint("`mlflow runs restore` restores a run."));
        }
        if parent.info.active {
            context.ui.say(&format!("{name} ({}) is not deleted.", id.short()));
        } else if args.dry_run {
            let runs = RemovableRuns::read(store, &parent, false).await?.len();
            let runs = words::count(runs as u64, "run");
            context.ui.tell(&format!("Would restore {name} ({}) with up to {runs}\n", id.short()));
        } else {
            let runs = words::count(restore_sweep(store, &parent).await? as u64, "run");
            context.ui.say(&format!("Restored {name} with {runs}: sweep status {id}"));
        }
    }
    Ok(Exit::Done)
}

/// Which sweeps could be meant.
fn nothing_named(deleted: &[Run]) -> CommandFailure {
    if deleted.is_empty() {
        return CommandFailure::new(Exit::Usage, "no sweep of the store is deleted");
    }
    let newest = deleted.iter().rev().take(MOST_LISTED);
    let list: String = newest
        .map(|run| {
            let (id, name) = (&run.info.id, printable(&run.info.name));
            format!("\n    {id}  {name}, made {}", words::moment(run.info.start_time))
        })
        .collect();
    CommandFailure::new(Exit::Usage, format!("no sweep is named; deleted ones:{list}"))
        .hint("Give an id, a prefix or a name: sweep delete --restore ID")
}
