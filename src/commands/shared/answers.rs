//! The agents of a sweep that may hear an order, and whether they have taken note of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::process::now_ms;
use crate::query::Overview;
use crate::record::{SweepOrder, answered, answered_last, latest_ended, tags};
use crate::tracking::{Result as StoreResult, RunId, Store};
use crate::ui::words;

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

/// The agents that may hear an order.
pub struct AnsweringAgents {
    /// They run trials, or wait.
    at_work: BTreeSet<String>,
    /// They ran one a moment ago.
    perhaps: BTreeSet<String>,
}

impl AnsweringAgents {
    pub async fn of(store: &dyn Store, overview: &Overview) -> StoreResult<Self> {
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

    /// Waits until all have answered, or had time to: what came of it, in words.
    pub async fn hear(&self, store: &Arc<dyn Store>, sweep: &RunId, order: &str) -> StoreResult<String> {
        let takes = if store.is_local() { ON_A_FILE } else { ON_A_SERVER };
        let heard = self.wait(store, sweep, order, takes).await?;
        Ok(self.answer(&heard, takes))
    }

    async fn wait(
        &self,
        store: &Arc<dyn Store>,
        sweep: &RunId,
        order: &str,
        takes: OrderDelay,
    ) -> StoreResult<BTreeSet<String>> {
        let hoped: BTreeSet<&String> = self.at_work.union(&self.perhaps).collect();
        let asked = Instant::now();
        loop {
            let parent = store.run(sweep).await?;
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
