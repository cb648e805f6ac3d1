//! A sweep on its way into a folder of plain files.

mod trial;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::error::ExchangeError;
use super::event::{EventListener, ExchangeEvent};
use super::folder::{Folder, json_text};
use super::names;
use super::sweep::SweepRecord;
use super::trial::TrialRecord;
use super::trials_table::TrialsTable;
use crate::config::Config;
use crate::query::ChosenMetric;
use crate::record::{SettledClaim, Sweep, TrialRuns, runs_with_ids};
use crate::text::LF;
use crate::tracking::{Run, RunId, Store};
use crate::trial::{Trial, TrialIndex};
use trial::{TrialExport, write_trial};

pub use trial::ExportOptions;

/// Trials at the same time: most of their time is spent on the way to a server.
const AT_ONCE: usize = 8;

/// A sweep, the folder that it goes to, and what has gone there.
pub struct Exporter<'a> {
    store: &'a Arc<dyn Store>,
    listener: EventListener<'a>,
    sweep: &'a Sweep,
    config: &'a Config,
    metric: Option<ChosenMetric>,
    folder: Folder,
    options: ExportOptions,
    /// The trials that are in the folder, as its table shows them.
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
    ///
    /// # Errors
    /// Where the folder holds something else, the disk refuses, or the store fails.
    pub async fn begin(
        store: &'a Arc<dyn Store>,
        (sweep, config): (&'a Sweep, &'a Config),
        folder: &Path,
        options: ExportOptions,
        listener: EventListener<'a>,
    ) -> Result<Self, ExchangeError> {
        let folder = Folder::claim(folder, sweep.original_id())?;
        let metric = config.metric.as_ref().map(|metric| (metric.name.clone(), metric.goal));
        let experiments = store.experiments().await?;
        let own = experiments.into_iter().find(|known| known.id == sweep.parent.info.experiment_id);
        let experiment = own.map_or_else(|| config.experiment_name.clone(), |experiment| experiment.name);
        let record = SweepRecord::of(sweep, experiment, metric);
        folder.write(names::SWEEP, json_text(&record.json()).as_bytes())?;
        folder.write(names::CONFIG, &sweep.config)?;
        Ok(Self {
            store,
            listener,
            sweep,
            config,
            metric: ChosenMetric::of(config, None, None),
            folder,
            options,
            trials: BTreeMap::new(),
            done: HashSet::new(),
            written: 0,
            running: 0,
            left_out: Vec::new(),
        })
    }

    /// Exports the trials of these results that were not exported yet.
    ///
    /// # Errors
    /// Where the store fails or the disk refuses.
    pub async fn settled(&mut self, settled: &[SettledClaim]) -> Result<(), ExchangeError> {
        let new: Vec<RunId> =
            settled.iter().map(|one| one.run.clone()).filter(|run| !self.done.contains(run)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let runs = runs_with_ids(self.store.as_ref(), &self.sweep.parent.info.experiment_id, &new).await?;
        let runs = TrialRuns::of(runs);
        self.runs(&runs).await
    }

    /// Exports every trial that is over and was not exported yet.
    ///
    /// # Errors
    /// Where the store fails or the disk refuses.
    pub async fn everything(&mut self) -> Result<(), ExchangeError> {
        let runs = TrialRuns::read(self.store.as_ref(), self.sweep).await?;
        self.running = runs.iter().filter(|(_, run)| !run.info.status.is_final()).count() as u64;
        self.runs(&runs).await
    }

    async fn runs(&mut self, runs: &TrialRuns) -> Result<(), ExchangeError> {
        let is_new = |run: &Run| run.info.status.is_final() && !self.done.contains(&run.info.id);
        let new: HashSet<RunId> =
            runs.iter().filter(|(_, run)| is_new(run)).map(|(_, run)| run.info.id.clone()).collect();
        let fresh = || runs.iter().map(|(_, run)| run).filter(|run| new.contains(&run.info.id));
        let values = match &self.metric {
            Some(metric) => metric.values(self.store, fresh()).await?,
            None => HashMap::new(),
        };
        let there = self.folder.trials()?;
        let trials = runs.trials(|run| values.get(&run.info.id).copied());
        let all = trials.into_iter().zip(runs.iter().map(|(_, run)| run));
        let waiting = all.filter(|(_, run)| new.contains(&run.info.id));
        let (listener, folder, options) = (self.listener, self.folder.clone(), self.options);
        let (store, sweep, folder) = (self.store.as_ref(), self.sweep, &folder);
        let write = |(trial, run): (Trial, &Run)| {
            listener(ExchangeEvent::At(&run.info.name));
            let record = TrialRecord::of(&trial, run, sweep);
            let run = run.clone();
            async move {
                let written = write_trial(store, folder, &record, &run, options).await?;
                Ok::<_, ExchangeError>((trial, run.info.id, record, written))
            }
        };
        listener(ExchangeEvent::Begins(new.len() as u64));
        let mut writing = stream::iter(waiting).map(write).buffer_unordered(AT_ONCE);
        while let Some((trial, run, record, written)) = writing.try_next().await? {
            self.remove_former(&record, &there)?;
            self.take_in(trial, run, &record, written);
            listener(ExchangeEvent::Done);
        }
        listener(ExchangeEvent::Ends);
        if !new.is_empty() || self.done.is_empty() {
            self.write_table()?;
        }
        Ok(())
    }

    fn take_in(&mut self, trial: Trial, run: RunId, record: &TrialRecord, written: TrialExport) {
        self.written += u64::from(written.anything);
        self.left_out.extend(written.left_out);
        self.done.insert(run);
        self.trials.insert(trial.index, Trial { run_id: record.run_id.clone(), ..trial });
    }

    /// A trial that was run again begins at another time: its former folder goes.
    fn remove_former(&self, record: &TrialRecord, there: &[String]) -> Result<(), ExchangeError> {
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
    fn write_table(&self) -> Result<(), ExchangeError> {
        let trials: Vec<Trial> = self.trials.values().cloned().collect();
        let metric = self.metric.as_ref().map(|metric| metric.name.as_str());
        let table = TrialsTable { trials: &trials, metric, order: Some(self.config) };
        self.folder.write(names::TRIALS, table.csv(LF).as_bytes())?;
        Ok(())
    }

    /// What was done.
    #[must_use]
    pub fn outcome(&self) -> Exported<'_> {
        Exported {
            folder: self.folder.name(""),
            trials: self.done.len() as u64,
            written: self.written,
            running: self.running,
            left_out: &self.left_out,
        }
    }
}

/// What an export has done.
#[derive(Debug)]
pub struct Exported<'a> {
    /// Where it is, for people.
    pub folder: String,
    /// Trials that are in the folder.
    pub trials: u64,
    /// Trials of which a file was written; the others were there as they are.
    pub written: u64,
    /// Trials that are not over, and not in the folder.
    pub running: u64,
    /// Artifacts that are left out, each with the reason.
    pub left_out: &'a [String],
}
