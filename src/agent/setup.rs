//! What an agent is made of: on what it works, with what, and what was asked of it.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch::Receiver;
use tokio::time::Instant;

use super::event::Event;
use super::hand_over::HandOver;
use super::journal::{Journal, is_deleted};
use super::machine::AgentMachine;
use super::outcome::Outcome;
use super::stop::LAST_CHANCE;
use super::trial::{CodeState, EarlyStopping, Gpus, Provenance};
use crate::config::Config;
use crate::record::{History, Ledger, Sweep};
use crate::strategy::Strategy;
use crate::tracking::{Outage, RunId, Store};

/// The name of the file that holds the output of a run's command while it runs.
#[must_use]
pub fn live_log_name(run: &RunId) -> String {
    format!("{run}.txt")
}

/// Warnings that were given once, and are not given again.
#[derive(Debug, Default)]
pub struct WarningsShown(Mutex<HashSet<&'static str>>);

/// Who runs trials.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The agent's token: different for every agent there ever is.
    pub agent: String,
    /// The machine's name.
    pub host: String,
    /// What a run says of the machine, where it is made in a file.
    pub machine: Option<String>,
    /// The person.
    pub user: String,
}

/// What an agent does, and on what. A clone shares all that changes: ledger, history, journal.
#[derive(Clone)]
pub struct Agent {
    /// The sweep.
    pub sweep: Sweep,
    /// Its config.
    pub config: Config,
    /// Which point is trial k.
    pub strategy: Arc<dyn Strategy>,
    /// What the strategy may know of other trials; `None`: it does not ask.
    pub history: Option<Arc<tokio::sync::Mutex<History>>>,
    /// Whether trials are worth continuing; `None`: every trial runs to its end.
    pub early: Option<Arc<EarlyStopping>>,
    /// Where runs are kept.
    pub store: Arc<dyn Store>,
    /// Who runs which trial.
    pub ledger: Arc<Ledger>,
    /// How commands reach the store.
    pub hand_over: Arc<dyn HandOver>,
    /// Who this is.
    pub identity: Identity,
    /// Where the code stands.
    pub provenance: Provenance,
    /// The machine that it works on.
    pub machine: AgentMachine,
    /// GPUs to hand out, one a trial.
    pub gpus: Option<Gpus>,
    /// Where the agent works.
    pub folder: PathBuf,
    /// Where commands run.
    pub workdir: PathBuf,
    /// Why commands may well find nothing to run here, where there is a reason to think so.
    pub misplaced: Option<String>,
    /// Whether it was said that a command left processes behind.
    pub strays_told: Arc<AtomicBool>,
    /// Where `SWEEP_CHECKPOINT_DIR`s are.
    pub checkpoints: PathBuf,
    /// Where the output of running commands can be read.
    pub logs: PathBuf,
    /// Where settlements wait until they are delivered.
    pub journal: Journal,
    /// Outages of the tracking server; `None`: it is a file.
    pub outages: Option<Receiver<Option<Outage>>>,
    /// What has been warned of.
    pub warned: Arc<WarningsShown>,
    /// Says what happens.
    pub events: Arc<dyn Fn(Event<'_>) + Send + Sync>,
    /// What was asked for.
    pub options: Options,
}

impl Agent {
    /// Where the output of a run's command is while it runs.
    pub(super) fn live_log(&self, run: &RunId) -> PathBuf {
        self.logs.join(live_log_name(run))
    }

    /// Warns of something that this agent can do without; once, however many trials it is met in.
    pub(super) fn warn_once(&self, what: &'static str, error: &dyn std::fmt::Display) {
        let mut warned = self.warned.0.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.insert(what) {
            drop(warned);
            (self.events)(Event::Warning { text: &format!("{what}: {error}") });
        }
    }

    /// Whether somebody has deleted the sweep, or its ledger.
    pub(super) async fn sweep_is_deleted(&self) -> bool {
        let store = self.store.as_ref();
        for run in [self.sweep.id(), &self.sweep.ledger] {
            if is_deleted(store, run).await.unwrap_or(false) {
                return true;
            }
        }
        false
    }

    /// How the code stands now.
    pub(super) async fn look_at_code(&self) -> Arc<CodeState> {
        self.provenance.look(&self.machine.tasks, |text| (self.events)(Event::Warning { text })).await
    }

    /// Whether `max_duration`, counted from the start of the sweep, has run out.
    pub(super) fn time_is_up(&self, now: i64) -> bool {
        let limit = self.config.max_duration.and_then(|limit| i64::try_from(limit.as_millis()).ok());
        limit.is_some_and(|limit| now.saturating_sub(self.sweep.parent.info.start_time) >= limit)
    }

    /// When running trials are to be given back, so that they are before the machine is taken away.
    pub(super) fn last_call(&self) -> Option<Instant> {
        let until = self.options.until?;
        Some(until.checked_sub(self.options.grace + 2 * LAST_CHANCE).unwrap_or(until))
    }

    /// Whether a trial that takes so long would not end before the machine is taken away.
    pub(super) fn is_too_late_for(&self, takes: Duration) -> bool {
        self.last_call().is_some_and(|last_call| Instant::now() + takes >= last_call)
    }

    /// Whether a trial is as good as the targets of the metrics ask for, and keeps to the limits.
    pub(super) fn reaches_target(&self, outcome: &Outcome) -> bool {
        self.config.objectives().reach_targets(outcome.metric, &outcome.beside)
    }
}

/// What a person can ask of an agent.
#[derive(Debug, Clone)]
pub struct Options {
    /// Trials side by side.
    pub jobs: usize,
    /// The agent ends after so many trials.
    pub count: Option<u64>,
    /// The agent ends after so many failures in a row.
    pub max_failures: u32,
    /// The agent ends after so many trials in a row that finished without the sweep's metric.
    pub max_unmeasured: u32,
    /// Time between SIGTERM and SIGKILL.
    pub grace: Duration,
    /// An agent that has shown no sign of life for so long is lost.
    pub lease: Duration,
    /// Further attempts at a trial that failed.
    pub retries: u32,
    /// Once nothing is left to start, the agent stays until every trial has its result, to take over those of agents
    /// that are lost.
    pub wait: bool,
    /// An engine runs this agent: what fails beside its signals was interrupted by them.
    pub engine: bool,
    /// The machine is taken away then: nothing may run any more.
    pub until: Option<Instant>,
}
