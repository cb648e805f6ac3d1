//! Trials on their way into a store.

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::init::remember;
use crate::plain::TrialRecord;
use crate::process::machine_id;
use crate::record::{
    ImportMark, NewSweep, PastTrial, Sweep, conclude_past, half_imports, remove_half, sha256,
};
use crate::tracking::{Metric, PastRun, RunId, RunInfo};
use crate::trial::TrialIndex;
use crate::ui::Steps;

/// Values that are sent at once.
pub(super) const BATCH: usize = 1000;
/// Runs, and values of metrics in them, that are made at once.
const RUNS_AT_ONCE: usize = 200;
const VALUES_AT_ONCE: usize = 20_000;

/// A sweep that is being entered.
pub(super) struct Importer<'a> {
    context: &'a Context,
    pub(super) sweep: Sweep,
    user: String,
    /// Trials that are not made yet, with their values.
    waiting: Vec<(TrialIndex, u32, PastRun)>,
    values: usize,
    results: Vec<(TrialIndex, u32, RunId)>,
    end: i64,
    steps: Option<Steps>,
}

impl<'a> Importer<'a> {
    /// Makes the parent run and the ledger. What an earlier import of the same `source` left half goes first.
    pub(super) async fn begin(
        context: &'a Context,
        new: NewSweep<'_>,
        source: &[u8],
        trials: usize,
    ) -> Result<Self, Failure> {
        let mark = ImportMark {
            key: sha256(source).chars().take(16).collect(),
            machine: machine_id(),
            process: std::process::id(),
        };
        replace_halves(context, &mark).await?;
        let [importing, control] = mark.tags();
        let mut tags = new.tags;
        tags.retain(|(key, _)| *key != importing.0 && *key != control.0);
        tags.extend([importing, control]);
        let sweep = Sweep::create(context.store.as_ref(), &NewSweep { tags, ..new }).await?;
        Ok(Self {
            context,
            end: new.now,
            user: new.user.to_owned(),
            waiting: Vec::new(),
            values: 0,
            results: Vec::new(),
            steps: Some(Steps::new(&context.ui, trials as u64, "trials")),
            sweep,
        })
    }

    /// Adds a trial, which is made with others.
    pub(super) async fn add(&mut self, trial: &TrialRecord, metrics: Vec<Metric>) -> Result<(), Failure> {
        if let Some(steps) = &self.steps {
            steps.at(&trial.run_name);
        }
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
        if self.waiting.len() >= RUNS_AT_ONCE || self.values >= VALUES_AT_ONCE {
            self.flush().await?;
        }
        Ok(())
    }

    /// Makes what waits, and the run of this trial, which has more than params and values.
    pub(super) async fn add_now(
        &mut self,
        trial: &TrialRecord,
        metrics: Vec<Metric>,
    ) -> Result<RunInfo, Failure> {
        self.add(trial, metrics).await?;
        self.flush().await?;
        let id = self.results.last().map(|(_, _, id)| id.clone()).unwrap_or_else(|| self.sweep.id().clone());
        Ok(self.context.store.run(&id).await?.info)
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        self.values = 0;
        let (keys, runs): (Vec<_>, Vec<_>) =
            self.waiting.drain(..).map(|(trial, attempt, run)| ((trial, attempt), run)).unzip();
        let made = self.context.store.create_past_runs(&runs).await?;
        for ((trial, attempt), info) in keys.into_iter().zip(made) {
            self.results.push((trial, attempt, info.id));
            if let Some(steps) = &self.steps {
                steps.step();
            }
        }
        Ok(())
    }

    /// Logs further values, some at a time.
    pub(super) async fn log<E>(
        &self,
        run: &RunInfo,
        mut metrics: impl Iterator<Item = Result<Metric, E>>,
    ) -> Result<(), Failure>
    where
        Failure: From<E>,
    {
        loop {
            let batch: Vec<Metric> = metrics.by_ref().take(BATCH).collect::<Result<_, _>>()?;
            if batch.is_empty() {
                return Ok(());
            }
            self.context.store.log_batch(&run.id, &batch, &[], &[]).await?;
        }
    }

    /// Enters the results, ends the sweep, and remembers it as the latest of this directory.
    pub(super) async fn conclude(&mut self) -> Result<(), Failure> {
        self.flush().await?;
        // What is said from here on must not be overdrawn.
        self.steps = None;
        conclude_past(&self.context.store, &self.sweep, &self.results, self.end).await?;
        remember(self.context, &self.sweep);
        Ok(())
    }

    /// Removes what was made: half a sweep is useless.
    pub(super) async fn undo(&self) {
        // The error that led here is the one to be told; what stays is removed by the next import.
        let _ = remove_half(self.context.store.as_ref(), &self.sweep.parent).await;
    }
}

/// Removes what earlier imports of the same thing left half.
async fn replace_halves(context: &Context, own: &ImportMark) -> Result<(), Failure> {
    let store = context.store.as_ref();
    for (parent, mark) in half_imports(store, &own.key).await? {
        if mark.machine == own.machine && is_alive(mark.process) {
            return Err(Failure::new(
                Exit::Usage,
                format!("process {} is importing this right now", mark.process),
            )
            .hint("Wait for it, or end it first."));
        }
        remove_half(store, &parent).await?;
        context.ui.say("An earlier import of this was cut off: what it left was removed.");
    }
    Ok(())
}

/// Whether a process of this machine is there.
fn is_alive(process: u32) -> bool {
    let Ok(process @ 1..) = i32::try_from(process) else { return false };
    !matches!(kill(Pid::from_raw(process), None), Err(Errno::ESRCH))
}
