//! A sweep on its way into a folder of plain files.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::context::Context;
use super::export_trial::{What, Written, pretty, write_trial};
use super::failure::Failure;
use crate::config::Config;
use crate::plain::{self, Folder, SweepRecord, TrialRecord};
use crate::query::ChosenMetric;
use crate::record::{Settled, Sweep, TrialRuns, runs_with_ids};
use crate::report::{Objective, SweepReport, trials_csv};
use crate::tracking::{Run, RunId};
use crate::trial::{Trial, TrialIndex};
use crate::ui::{Steps, words};

/// Trials at the same time: most of their time is spent on the way to a server.
const AT_ONCE: usize = 8;

/// A sweep, the folder that it goes to, and what has gone there.
pub(super) struct Exporter<'a> {
    context: &'a Context,
    sweep: &'a Sweep,
    config: &'a Config,
    metric: Option<ChosenMetric>,
    folder: Folder,
    what: What,
    /// The trials that are in the folder, as its table tells them.
    trials: BTreeMap<TrialIndex, Trial>,
    /// The runs that they are.
    done: HashSet<RunId>,
    written: u64,
    running: u64,
    /// Artifacts that are left out, each with the reason.
    left_out: Vec<String>,
}

impl<'a> Exporter<'a> {
    /// Claims the folder, and writes what is known of the sweep itself.
    pub(super) async fn begin(
        context: &'a Context,
        sweep: &'a Sweep,
        config: &'a Config,
        folder: &Path,
        what: What,
    ) -> Result<Self, Failure> {
        let folder = Folder::claim(&context.folder.join(folder), sweep.original_id())?;
        let metric = config.metric.as_ref().map(|metric| (metric.name.clone(), metric.goal));
        let experiments = context.store.experiments().await?;
        let own = experiments.into_iter().find(|known| known.id == sweep.parent.info.experiment_id);
        let experiment = own.map_or_else(|| config.experiment_name.clone(), |experiment| experiment.name);
        let record = SweepRecord::of(sweep, experiment, metric);
        folder.write(plain::SWEEP, pretty(&record.json()).as_bytes())?;
        folder.write(plain::CONFIG, &sweep.config)?;
        Ok(Self {
            context,
            sweep,
            config,
            metric: ChosenMetric::of(config.metric.as_ref(), None, None),
            folder,
            what,
            trials: BTreeMap::new(),
            done: HashSet::new(),
            written: 0,
            running: 0,
            left_out: Vec::new(),
        })
    }

    /// Exports the trials of these results that were not exported yet.
    pub(super) async fn settled(&mut self, settled: &[Settled]) -> Result<(), Failure> {
        let new: Vec<RunId> =
            settled.iter().map(|one| one.run.clone()).filter(|run| !self.done.contains(run)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let runs =
            runs_with_ids(self.context.store.as_ref(), &self.sweep.parent.info.experiment_id, &new).await?;
        let runs = TrialRuns::of(runs);
        self.runs(&runs).await
    }

    /// Exports every trial that is over and was not exported yet.
    pub(super) async fn everything(&mut self) -> Result<(), Failure> {
        let runs = TrialRuns::read(self.context.store.as_ref(), self.sweep).await?;
        self.running = runs.iter().filter(|(_, run)| !run.info.status.is_final()).count() as u64;
        self.runs(&runs).await
    }

    async fn runs(&mut self, runs: &TrialRuns) -> Result<(), Failure> {
        let is_new = |run: &Run| run.info.status.is_final() && !self.done.contains(&run.info.id);
        let new: HashSet<RunId> =
            runs.iter().filter(|(_, run)| is_new(run)).map(|(_, run)| run.info.id.clone()).collect();
        let fresh = || runs.iter().map(|(_, run)| run).filter(|run| new.contains(&run.info.id));
        let values = match &self.metric {
            Some(metric) => metric.values(&self.context.store, fresh()).await?,
            None => HashMap::new(),
        };
        let steps = Steps::new(&self.context.ui, new.len() as u64, "trials");
        let there = self.folder.trials()?;
        let trials = runs.trials(|run| values.get(&run.info.id).copied());
        let all = trials.into_iter().zip(runs.iter().map(|(_, run)| run));
        let mut waiting = all.filter(|(_, run)| new.contains(&run.info.id));
        let mut working = JoinSet::new();
        loop {
            while working.len() < AT_ONCE
                && let Some((trial, run)) = waiting.next()
            {
                steps.at(&run.info.name);
                let record = TrialRecord::of(&trial, run, self.sweep);
                let (store, folder) = (Arc::clone(&self.context.store), self.folder.clone());
                let (run, what) = (run.clone(), self.what);
                working.spawn(async move {
                    let written = write_trial(store.as_ref(), &folder, &record, &run, what).await?;
                    Ok::<_, Failure>((trial, run.info.id, record, written))
                });
            }
            let (trial, run, record, written) = match working.join_next().await {
                None => break,
                Some(Ok(done)) => done?,
                Some(Err(error)) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => break,
                },
            };
            self.remove_former(&record, &there)?;
            self.take_in(trial, run, &record, written);
            steps.step();
        }
        drop(steps);
        if !new.is_empty() || self.done.is_empty() {
            self.write_table()?;
        }
        Ok(())
    }

    fn take_in(&mut self, trial: Trial, run: RunId, record: &TrialRecord, written: Written) {
        self.written += u64::from(written.anything);
        self.left_out.extend(written.left_out);
        self.done.insert(run);
        self.trials.insert(trial.index, Trial { run_id: record.run_id.clone(), ..trial });
    }

    /// A trial that was run again begins at another time: its former folder goes.
    fn remove_former(&self, record: &TrialRecord, there: &[String]) -> Result<(), Failure> {
        let (name, ending) = (record.folder(), format!("_{:06}", record.index.0));
        for other in there.iter().filter(|other| **other != name && other.ends_with(&ending)) {
            let former = TrialRecord::read(&self.folder, other);
            if former.is_ok_and(|former| {
                (former.index, &former.sweep_id) == (record.index, &record.sweep_id)
                    && former.folder() == *other
            }) {
                self.folder.remove_trial(other)?;
            }
        }
        Ok(())
    }

    /// `trials.csv`, in the columns that `finalize` uses, with lines that end as those of other text files.
    fn write_table(&self) -> Result<(), Failure> {
        let trials: Vec<Trial> = self.trials.values().cloned().collect();
        let report = SweepReport {
            sweep_name: &self.sweep.parent.info.name,
            sweep_id: self.sweep.original_id(),
            method: self.config.method.as_str(),
            objective: self.metric.as_ref().map(|metric| Objective { name: &metric.name, goal: metric.goal }),
            trials: &trials,
            analysis: None,
            dependences: &[],
            curves: &[],
            order: Some(self.config),
            config: None,
            best_command: None,
            runs_at: None,
            generated_at_ms: 0,
        };
        let table = plain::unix_lines(&trials_csv(&report));
        self.folder.write(plain::TRIALS, table.as_bytes())?;
        Ok(())
    }

    /// Says what was done.
    pub(super) fn tell(&self) {
        let ui = &self.context.ui;
        let all = self.done.len() as u64;
        let (trials, folder) = (words::count(all, "trial"), self.folder.name(""));
        let news = match (self.written, all - self.written) {
            (written, 0) if written > 0 => String::new(),
            (0, _) => " (nothing new)".to_owned(),
            (written, unchanged) => format!(" ({written} new or changed, {unchanged} as before)"),
        };
        ui.say(&format!("Exported {trials}{news} to {}", folder.trim_end_matches('/')));
        if self.running > 0 {
            let trials = words::count(self.running, "trial");
            ui.say(&format!("{trials} not over yet and left out; --follow waits for them."));
        }
        if let Some(first) = self.left_out.first() {
            let artifacts = words::count(self.left_out.len() as u64, "artifact");
            ui.warn(&format!("{artifacts} left out, for example {first}"));
        }
    }
}
