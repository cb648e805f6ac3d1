//! `sweep stop`, `cancel`, `pause`, `resume`: orders for all agents of a sweep, wherever they are.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::shared::{CommandFailure, Context, Exit, Setting, SweepChoice, refuse_half, sweep_run};
use crate::process::now_ms;
use crate::query::Overview;
use crate::record::{SweepOrder, answered, answered_last, latest_ended, tags};
use crate::tracking::{Result as StoreResult, Store};
use crate::ui::{printable, words};

/// How long it takes until agents have taken note.
#[derive(Debug, Clone, Copy)]
struct OrderDelay {
    most: Duration,
    /// Between two looks at their answers.
    pause: Duration,
}

const ON_A_FILE: OrderDelay = OrderDelay { most: Duration::from_secs(1), pause: Duration::from_millis(50) };
const ON_A_SERVER: OrderDelay =
    OrderDelay { most: Duration::from_secs(3), pause: Duration::from_millis(300) };
/// An agent whose trial ended so short a time ago may be about to start the next.
const JUST_NOW_MS: i64 = 10_000;

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
    let agents = Agents::of(context.store.as_ref(), &overview).await?;
    let order_id = overview.sweep.give_order(context.store.as_ref(), order).await?;
    let takes = if context.store.is_local() { ON_A_FILE } else { ON_A_SERVER };
    let heard = agents.hear(&context.store, &overview, &order_id, takes).await?;
    context.ui.say(&format!("{} {}", sentence(&overview, order), agents.answer(&heard, takes)));
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

/// The agents that may hear an order.
struct Agents {
    /// They run trials, or wait.
    at_work: BTreeSet<String>,
    /// They ran one a moment ago.
    perhaps: BTreeSet<String>,
}

impl Agents {
    async fn of(store: &dyn Store, overview: &Overview) -> StoreResult<Self> {
        let running = overview.standing.running.values();
        let mut at_work: BTreeSet<String> =
            running.filter_map(|run| run.tag(tags::AGENT).map(str::to_owned)).collect();
        if SweepOrder::of(&overview.sweep.parent) == SweepOrder::Pause {
            at_work.extend(answered_last(&overview.sweep.parent).map(str::to_owned));
        }
        let since = now_ms() - JUST_NOW_MS;
        let ended = latest_ended(store, &overview.sweep, None, 20).await?;
        let ended = ended.iter().filter(|run| run.info.end_time.is_some_and(|end| end >= since));
        let perhaps = ended.filter_map(|run| run.tag(tags::AGENT).map(str::to_owned)).collect();
        Ok(Self { at_work, perhaps })
    }

    /// Waits until all have answered, or had time to. Returns those that did.
    async fn hear(
        &self,
        store: &Arc<dyn Store>,
        overview: &Overview,
        order: &str,
        takes: OrderDelay,
    ) -> StoreResult<BTreeSet<String>> {
        let hoped: BTreeSet<&String> = self.at_work.union(&self.perhaps).collect();
        let asked = Instant::now();
        loop {
            let parent = store.run(overview.sweep.id()).await?;
            let heard: BTreeSet<String> = answered(&parent, order).map(str::to_owned).collect();
            let all = hoped.iter().all(|agent| heard.contains(*agent));
            if all || asked.elapsed() > takes.most + takes.pause {
                return Ok(heard);
            }
            tokio::time::sleep(takes.pause).await;
        }
    }

    fn answer(&self, heard: &BTreeSet<String>, takes: OrderDelay) -> String {
        let silent = self.at_work.difference(heard).count() as u64;
        let has = |count: u64| if count == 1 { "has" } else { "have" };
        let (count, most) = (heard.len() as u64, words::duration(takes.most));
        match (count, silent) {
            (0, 0) => "No agent is running.".to_owned(),
            (0, _) => {
                format!("No agent has answered within {most}; a slow store may take longer.")
            }
            (_, 0) => format!("{} {} taken note.", words::count(count, "agent"), has(count)),
            (_, _) => format!(
                "{} {} taken note; {silent} {} not answered within {most}.",
                words::count(count, "agent"),
                has(count),
                has(silent)
            ),
        }
    }
}
