//! Sweeps of one name: which of them is meant.

use std::sync::Arc;
use std::time::Duration;

use super::exit::Exit;
use super::failure::CommandFailure;
use super::overview_words::counts_words;
use crate::process::now_ms;
use crate::query::Overview;
use crate::record::{LATEST, Sweep, of_name};
use crate::tracking::{Result, Run, Store};
use crate::ui::words;

/// So many are described; the newest first.
const MOST: usize = 8;

/// What distinguishes sweeps of one name: age, state and trials. Empty where there are not several.
pub async fn list(store: &Arc<dyn Store>, name: &str) -> Result<Vec<String>> {
    let sweeps = Sweep::all(store.as_ref()).await?;
    let found = of_name(&sweeps, name);
    if found.len() < 2 {
        return Ok(Vec::new());
    }
    let mut lines = Vec::new();
    for run in found.into_iter().rev().take(MOST) {
        let id = run.info.id.short();
        let age = age(run);
        let state = match Overview::read(store, run.clone()).await {
            Ok(overview) => format!("{}, {}", overview.state().word(), counts_words(&overview)),
            Err(_) => "unreadable".to_owned(),
        };
        lines.push(format!("{id}  {age}, {state}"));
    }
    Ok(lines)
}

/// How long ago a sweep was made: `5 min ago`.
pub fn age(parent: &Run) -> String {
    let since = now_ms().saturating_sub(parent.info.start_time);
    words::ago(Duration::from_millis(u64::try_from(since).unwrap_or(0)))
}

/// The failure that lists them.
pub fn refusal(name: &str, namesakes: &[String]) -> CommandFailure {
    let listed: String = namesakes.iter().map(|line| format!("\n    {line}")).collect();
    CommandFailure::new(Exit::Usage, format!("several sweeps are named `{name}`:{listed}"))
        .hint(format!("Give the id, or `{name}{LATEST}` for the newest."))
}
