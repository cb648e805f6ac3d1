//! What an all-knowing observer has seen: every command that was run, and how it ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::scheduler::Owner;
use crate::process::CommandExit;
use crate::tracking::RunId;
use crate::trial::TrialIndex;

/// One command that was run.
#[derive(Debug, Clone)]
pub(super) struct Execution {
    pub(super) trial: TrialIndex,
    pub(super) attempt: u32,
    pub(super) host: usize,
    /// The agent's life that started it.
    pub(super) agent: Owner,
    /// `None`: it runs.
    pub(super) ended: Option<CommandExit>,
    /// When that was.
    pub(super) end: Option<Instant>,
    /// Whether it ended by itself, not by a signal.
    pub(super) by_itself: bool,
    /// What it has printed as values of the metric.
    pub(super) printed: Vec<f64>,
    /// Processes outside its group that it has left.
    pub(super) strays: usize,
}

#[derive(Default)]
pub(super) struct Truth {
    pub(super) executions: BTreeMap<RunId, Execution>,
    /// Runs that a person has deleted.
    pub(super) deleted: Vec<RunId>,
    /// Trials that a person had run again.
    pub(super) repeated: BTreeSet<TrialIndex>,
    /// Hooks that were started: of what, and about which run.
    pub(super) hooks: Vec<(String, Option<RunId>)>,
    /// Until when agents were suspended last.
    pub(super) slept: BTreeMap<Owner, Instant>,
    /// What has happened, for a person; kept only where a schedule is repeated.
    pub(super) story: Option<Vec<String>>,
    /// What must never be.
    pub(super) broken: Vec<String>,
}

/// The truth, shared.
#[derive(Default)]
pub(super) struct Observer(Mutex<Truth>);

impl Truth {
    /// What was seen, without what was said of it.
    pub(super) fn clone_facts(&self) -> Self {
        Self {
            executions: self.executions.clone(),
            deleted: self.deleted.clone(),
            repeated: self.repeated.clone(),
            hooks: self.hooks.clone(),
            ..Self::default()
        }
    }
}

impl Observer {
    pub(super) fn see(&self) -> MutexGuard<'_, Truth> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what has happened.
    pub(super) fn note(&self, text: impl FnOnce() -> String) {
        let mut truth = self.see();
        if let Some(story) = &mut truth.story {
            let text = text();
            story.push(text);
        }
    }
}
