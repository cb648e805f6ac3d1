//! Trials on their way into a store.

use super::context::Context;
use super::failure::Failure;
use crate::plain::TrialRecord;
use crate::record::{NewSweep, PastTrial, Sweep, conclude_past, end_past};
use crate::tracking::{Metric, RunId, RunInfo};
use crate::trial::TrialIndex;
use crate::ui::Steps;

/// Values that are sent at once.
const BATCH: usize = 1000;

/// A sweep that is being entered.
pub(super) struct Importer<'a> {
    context: &'a Context,
    pub(super) sweep: Sweep,
    user: String,
    results: Vec<(TrialIndex, u32, RunId)>,
    made: Vec<RunId>,
    end: i64,
    steps: Option<Steps>,
}

impl<'a> Importer<'a> {
    /// Makes the parent run and the ledger.
    pub(super) async fn begin(
        context: &'a Context,
        new: &NewSweep<'_>,
        trials: usize,
    ) -> Result<Self, Failure> {
        let sweep = Sweep::create(context.store.as_ref(), new).await?;
        Ok(Self {
            context,
            made: vec![sweep.ledger.clone(), sweep.id().clone()],
            end: new.now,
            user: new.user.to_owned(),
            results: Vec::new(),
            steps: Some(Steps::new(&context.ui, trials as u64, "trials")),
            sweep,
        })
    }

    /// Makes the run of a trial, with its params.
    pub(super) async fn make(&mut self, trial: &TrialRecord) -> Result<RunInfo, Failure> {
        if let Some(steps) = &self.steps {
            steps.at(&trial.run_name);
        }
        let store = self.context.store.as_ref();
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
        let info = past.make(store, &self.sweep).await?;
        self.made.push(info.id.clone());
        let params: Vec<(String, String)> =
            trial.params.iter().map(|(name, text)| (name.clone(), text.clone())).collect();
        store.log_batch(&info.id, &[], &params, &[]).await?;
        Ok(info)
    }

    /// Logs values, some at a time.
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

    /// Ends the run of a trial as it ended.
    pub(super) async fn end(&mut self, trial: &TrialRecord, run: &RunInfo) -> Result<(), Failure> {
        end_past(self.context.store.as_ref(), &run.id, trial.status, trial.end).await?;
        self.results.push((trial.index, trial.attempt, run.id.clone()));
        self.end = self.end.max(trial.end.unwrap_or(trial.start));
        if let Some(steps) = &self.steps {
            steps.step();
        }
        Ok(())
    }

    /// Enters the results, and ends the sweep.
    pub(super) async fn conclude(&mut self) -> Result<(), Failure> {
        // What is said from here on must not be overdrawn.
        self.steps = None;
        conclude_past(&self.context.store, &self.sweep, &self.results, self.end).await?;
        Ok(())
    }

    /// Removes what was made: half a sweep is of no use.
    pub(super) async fn undo(&self) {
        for run in self.made.iter().rev() {
            // The error that led here is the one to be told.
            let _ = self.context.store.delete_run(run).await;
        }
    }
}
