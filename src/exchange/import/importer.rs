//! Trials on their way into a store.

use std::sync::Arc;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::super::error::ExchangeError;
use super::super::event::{EventListener, ExchangeEvent};
use super::super::trial::TrialRecord;
use crate::process::machine_id;
use crate::record::{
    ImportMark, NewSweep, PastTrial, Sweep, conclude_past, half_imports, remove_half, sha256,
};
use crate::tracking::{Metric, PastRun, RunId, RunInfo, Store};
use crate::trial::TrialIndex;

/// Values that are sent at once.
pub(super) const BATCH: usize = 1000;
/// Runs, and values of metrics in them, that are made at once: in a file each transaction writes the same pages of its
/// indexes again; a server takes them one by one, and people are to see that it does.
const RUNS_AT_ONCE_IN_A_FILE: usize = 2_000;
const RUNS_AT_ONCE: usize = 100;
const VALUES_AT_ONCE: usize = 20_000;

/// What came in.
#[derive(Debug)]
pub struct Imported {
    /// The sweep that was made.
    pub sweep: Sweep,
    /// How many trials it has.
    pub trials: u64,
    /// Artifacts that are left out, each with the reason.
    pub left_out: Vec<String>,
}

/// A sweep that is being entered.
pub(super) struct Importer<'a> {
    pub(super) store: &'a Arc<dyn Store>,
    listener: EventListener<'a>,
    pub(super) sweep: Sweep,
    user: String,
    /// Trials that are not made yet, with their values.
    waiting: Vec<(TrialIndex, u32, PastRun)>,
    values: usize,
    results: Vec<(TrialIndex, u32, RunId)>,
    end: i64,
}

impl<'a> Importer<'a> {
    /// Makes the parent run and the ledger. What an earlier import of the same `source` left half goes first.
    pub(super) async fn begin(
        (store, listener): (&'a Arc<dyn Store>, EventListener<'a>),
        new: NewSweep<'_>,
        source: &[u8],
        trials: usize,
    ) -> Result<Self, ExchangeError> {
        let mark = ImportMark {
            key: sha256(source).chars().take(16).collect(),
            machine: machine_id(),
            process: std::process::id(),
        };
        replace_halves((store.as_ref(), listener), &mark).await?;
        let [importing, control] = mark.tags();
        let mut tags = new.tags;
        tags.retain(|(key, _)| *key != importing.0 && *key != control.0);
        tags.extend([importing, control]);
        let sweep = Sweep::create(store.as_ref(), &NewSweep { tags, ..new }).await?;
        listener(ExchangeEvent::Begins(trials as u64));
        Ok(Self {
            store,
            listener,
            end: new.now,
            user: new.user.to_owned(),
            waiting: Vec::new(),
            values: 0,
            results: Vec::new(),
            sweep,
        })
    }

    /// Adds a trial, which is made with others.
    pub(super) async fn add(
        &mut self,
        trial: &TrialRecord,
        metrics: Vec<Metric>,
    ) -> Result<(), ExchangeError> {
        (self.listener)(ExchangeEvent::At(&trial.run_name));
        let past = PastTrial {
            index: trial.index,
            attempt: trial.attempt,
            run_id: &trial.run_id,
            name: &trial.run_name,
            user: &self.user,
            start: trial.start,
            point: &trial.point,
            tags: &trial.tags,
        };
        self.values += metrics.len();
        let run = PastRun {
            run: past.run(&self.sweep),
            params: trial.params.iter().map(|(name, text)| (name.clone(), text.clone())).collect(),
            metrics,
            status: trial.status,
            end_time: trial.end,
        };
        self.waiting.push((trial.index, trial.attempt, run));
        self.end = self.end.max(trial.end.unwrap_or(trial.start));
        let most = if self.store.is_local() { RUNS_AT_ONCE_IN_A_FILE } else { RUNS_AT_ONCE };
        if self.waiting.len() >= most || self.values >= VALUES_AT_ONCE {
            self.flush().await?;
        }
        Ok(())
    }

    /// Makes what waits, and the run of this trial, which has more than params and values.
    pub(super) async fn add_now(
        &mut self,
        trial: &TrialRecord,
        metrics: Vec<Metric>,
    ) -> Result<RunInfo, ExchangeError> {
        self.add(trial, metrics).await?;
        self.flush().await?;
        let id = self.results.last().map(|(_, _, id)| id.clone()).unwrap_or_else(|| self.sweep.id().clone());
        Ok(self.store.run(&id).await?.info)
    }

    async fn flush(&mut self) -> Result<(), ExchangeError> {
        self.values = 0;
        let (keys, runs): (Vec<_>, Vec<_>) =
            self.waiting.drain(..).map(|(trial, attempt, run)| ((trial, attempt), run)).unzip();
        let made = self.store.create_past_runs(&runs).await?;
        for ((trial, attempt), info) in keys.into_iter().zip(made) {
            self.results.push((trial, attempt, info.id));
            (self.listener)(ExchangeEvent::Done);
        }
        Ok(())
    }

    /// Logs further values, some at a time.
    pub(super) async fn log<E>(
        &self,
        run: &RunInfo,
        mut metrics: impl Iterator<Item = Result<Metric, E>>,
    ) -> Result<(), ExchangeError>
    where
        ExchangeError: From<E>,
    {
        loop {
            let batch: Vec<Metric> = metrics.by_ref().take(BATCH).collect::<Result<_, _>>()?;
            if batch.is_empty() {
                return Ok(());
            }
            self.store.log_batch(&run.id, &batch, &[], &[]).await?;
        }
    }

    /// Enters the results, and ends the sweep.
    pub(super) async fn conclude(&mut self) -> Result<(), ExchangeError> {
        self.flush().await?;
        (self.listener)(ExchangeEvent::Ends);
        conclude_past(self.store, &self.sweep, &self.results, self.end).await?;
        Ok(())
    }

    /// How the import came out: whole, or not at all.
    pub(super) async fn outcome(
        self,
        done: Result<Vec<String>, ExchangeError>,
        trials: u64,
    ) -> Result<Imported, ExchangeError> {
        match done {
            Ok(left_out) => Ok(Imported { sweep: self.sweep, trials, left_out }),
            Err(error) => {
                self.undo().await;
                Err(error)
            }
        }
    }

    /// Removes what was made: half a sweep is useless.
    async fn undo(&self) {
        // The error that led here is the one to report; what stays is removed by the next import.
        let _ = remove_half(self.store.as_ref(), &self.sweep.parent).await;
    }
}

/// Works until the end, or until it is asked to stop.
pub(super) async fn unless_stopped<T>(
    stop: impl Future<Output = ()>,
    work: impl Future<Output = Result<T, ExchangeError>>,
) -> Result<T, ExchangeError> {
    tokio::select! {
        done = work => done,
        () = stop => Err(ExchangeError::Interrupted),
    }
}

/// Removes what earlier imports of the same thing left half.
async fn replace_halves(
    (store, listener): (&dyn Store, EventListener<'_>),
    own: &ImportMark,
) -> Result<(), ExchangeError> {
    for (parent, mark) in half_imports(store, &own.key).await? {
        if mark.machine == own.machine && is_alive(mark.process) {
            return Err(ExchangeError::refused(
                format!("process {} is importing this right now", mark.process),
                "Wait for it, or end it first.",
            ));
        }
        remove_half(store, &parent).await?;
        listener(ExchangeEvent::Replaced);
    }
    Ok(())
}

/// Whether a process of this machine is there.
fn is_alive(process: u32) -> bool {
    let Ok(process @ 1..) = i32::try_from(process) else { return false };
    !matches!(kill(Pid::from_raw(process), None), Err(Errno::ESRCH))
}
