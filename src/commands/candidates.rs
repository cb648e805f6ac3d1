//! What may stand for a sweep or a trial on the command line, for a shell that completes it.
//!
//! A person waits at a prompt: what takes long is left out, and nothing is ever made.

use std::collections::HashMap;
use std::time::Duration;

use itertools::Itertools as _;

use super::shared::{Context, Setting, SweepChoice};
use crate::record::{Sweep, TrialRuns};
use crate::tracking::Run;
use crate::ui::{printable, words};

/// A value, and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionCandidate {
    /// What is typed.
    pub value: String,
    /// What it means, where the shell shows it.
    pub about: String,
}

/// The longest wait at a prompt.
const PATIENCE: Duration = Duration::from_millis(1500);
/// More is useless.
const MOST_SWEEPS: usize = 100;
const MOST_TRIALS: usize = 2000;
/// So much of a line says what it is.
const LONGEST: usize = 60;

/// The sweeps of the store whose id starts with what was typed, the newest first, then the names that do; none where the
/// store does not answer soon.
#[must_use]
pub fn sweeps(setting: &Setting, typed: &str) -> Vec<CompletionCandidate> {
    soon(async {
        let context = Context::open_to_read(setting).ok()?;
        let mut sweeps = Sweep::all(context.store.as_ref()).await.ok()?;
        sweeps.sort_by_key(|run| std::cmp::Reverse(run.info.start_time));
        let status = |run: &Run| run.info.status.as_str().to_lowercase();
        let by_id = sweeps.iter().filter(|run| run.info.id.as_str().starts_with(typed)).map(|run| {
            let about = format!("{}, {}", printable(&run.info.name), status(run));
            CompletionCandidate { value: run.info.id.to_string(), about }
        });
        let names = sweeps.iter().map(|run| run.info.name.as_str()).counts();
        let by_name = sweeps.iter().filter(|run| names_it(typed, &run.info.name, &names)).map(|run| {
            CompletionCandidate {
                value: run.info.name.clone(),
                about: format!("{}, {}", run.info.id, status(run)),
            }
        });
        Some(by_id.take(MOST_SWEEPS).chain(by_name.take(MOST_SWEEPS)).collect())
    })
}

/// Whether a name completes what was typed: it must stand for one sweep, and need no quotes in a shell.
fn names_it(typed: &str, name: &str, names: &HashMap<&str, usize>) -> bool {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+:".contains(&byte));
    !typed.is_empty() && name.starts_with(typed) && is_plain && names.get(name) == Some(&1)
}

/// The trials of the sweep that is meant where none is named; none where the store does not answer soon.
#[must_use]
pub fn trials(setting: &Setting) -> Vec<CompletionCandidate> {
    soon(async {
        let context = Context::open_to_read(setting).ok()?;
        let store = context.store.as_ref();
        let id = context.sweep_id(&SweepChoice::default()).await.ok()?;
        let runs = TrialRuns::read(store, &Sweep::open(store, &id).await.ok()?).await.ok()?;
        let candidates = runs.iter().take(MOST_TRIALS).map(|(trial, run)| {
            let point = words::point(&crate::record::point_of(run));
            let about = format!("{} {point}", run.info.status.as_str().to_lowercase());
            CompletionCandidate { value: trial.to_string(), about: about.chars().take(LONGEST).collect() }
        });
        Some(candidates.collect())
    })
}

/// The registered models; none where the store does not answer soon.
#[must_use]
pub fn models(setting: &Setting) -> Vec<CompletionCandidate> {
    soon(async {
        let context = Context::open_to_read(setting).ok()?;
        let models = context.store.registry().models().await.ok()?;
        let candidates = models.into_iter().map(|model| {
            let mut aliases = model.aliases.iter().map(|(alias, version)| format!("{alias} is {version}"));
            CompletionCandidate { about: aliases.join(", "), value: model.name }
        });
        Some(candidates.collect())
    })
}

fn soon(look: impl Future<Output = Option<Vec<CompletionCandidate>>>) -> Vec<CompletionCandidate> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return Vec::new() };
    let found = runtime.block_on(async { tokio::time::timeout(PATIENCE, look).await });
    // A look that takes too long must not be waited for either.
    runtime.shutdown_background();
    found.ok().flatten().unwrap_or_default()
}
