//! What the report of a sweep is made of, read from the store: for `finalize`, which saves it, and `report`, which shows it.

use std::collections::BTreeSet;

use super::context::Context;
use super::exit::Exit;
use super::failure::CommandFailure;
use super::report_place::pages_of_runs;
use crate::analysis::{Analysis, Dependence, FailureAnalysis};
use crate::config::{Config, Goal};
use crate::process::now_ms;
use crate::query::{
    ChosenMetric, Front, MetricCurve, MetricNoise, Reported, SweepRuns, analyse_sweep, dependences_of,
    failing_trials, method_of, metric_noise, outside_limits, read_curves, read_trials, shown_command,
};
use crate::record::{Ledger, Sweep, index_of, stopped_early};
use crate::report::{ReportFront, ReportFrontTrial, ReportObjective, SweepReport};
use crate::tracking::Run;
use crate::trial::{RunStatus, Trial};
use crate::ui::words;

/// What the report of a sweep is made of.
pub struct ReportMaterial<'a> {
    sweep: &'a Sweep,
    config: &'a Config,
    metric: Option<ChosenMetric>,
    read: SweepRuns,
    analysis: Option<Analysis>,
    failures: FailureAnalysis,
    noise: Option<MetricNoise>,
    reported: Option<Reported>,
    dependences: Vec<Dependence>,
    curves: Vec<MetricCurve>,
    not_best: BTreeSet<String>,
    front: Option<ReportFront>,
    config_text: String,
    runs_at: Option<String>,
    best_command: Option<String>,
    at_ms: i64,
}

impl<'a> ReportMaterial<'a> {
    /// Reads the trials of a sweep that are over, and analyses them by the metric that is given, else the config's.
    pub async fn read(
        context: &Context,
        sweep: &'a Sweep,
        config: &'a Config,
        (metric, goal): (Option<&str>, Option<Goal>),
    ) -> Result<Self, CommandFailure> {
        let asked_for = metric.is_some();
        let metric = ChosenMetric::of(config, metric, goal);
        let read = read_trials(&context.store, sweep, metric.as_ref()).await?;
        let (analysis, dependences) = match &metric {
            Some(_) => {
                let analysis = analyse_sweep(config, &read.trials);
                let dependences = dependences_of(config, &read.trials, &analysis);
                (Some(analysis), dependences)
            }
            None => (None, Vec::new()),
        };
        let failures =
            failing_trials(&context.store, config, (&read.runs, &read.trials), metric.is_some()).await?;
        let curves = match &metric {
            Some(metric) => read_curves(&context.store, metric, &read.trials).await?,
            None => Vec::new(),
        };
        let noise = if asked_for { None } else { metric_noise(&context.store, sweep, config).await? };
        let (not_best, front) = outcomes(context, (sweep, config), &read, asked_for).await?;
        let mut made = Self {
            sweep,
            config,
            metric,
            read,
            analysis,
            failures,
            noise,
            reported: None,
            dependences,
            curves,
            not_best,
            front,
            config_text: String::from_utf8_lossy(&sweep.config).into_owned(),
            runs_at: pages_of_runs(context, sweep),
            best_command: None,
            at_ms: now_ms(),
        };
        made.best_command = made.command_of_best();
        if !asked_for {
            made.reported = made.reported(context).await?;
        }
        Ok(made)
    }

    /// What was recorded beside the metric of the best trial.
    async fn reported(&self, context: &Context) -> Result<Option<Reported>, CommandFailure> {
        let best = self.report().best().map(|(best, _)| best.run_id.clone());
        let Some(best) = best else { return Ok(None) };
        let runs: Vec<Run> = self.read.runs.iter().map(|(_, run)| run.clone()).collect();
        Ok(Reported::of(&context.store, self.config, &runs, &best).await?)
    }

    /// The report.
    pub fn report(&self) -> SweepReport<'_> {
        let objective =
            self.metric.as_ref().map(|metric| ReportObjective { name: &metric.name, goal: metric.goal });
        SweepReport {
            sweep_name: &self.sweep.parent.info.name,
            sweep_id: self.sweep.id().as_str(),
            method: method_of(self.sweep, self.config),
            objective,
            trials: &self.read.trials,
            analysis: self.analysis.as_ref(),
            failures: &self.failures,
            noise: self.noise.as_ref(),
            reported: self.reported.as_ref(),
            dependences: &self.dependences,
            curves: &self.curves,
            order: Some(self.config),
            config: Some(&self.config_text),
            not_best: &self.not_best,
            front: self.front.as_ref(),
            best_command: self.best_command.as_deref(),
            runs_at: self.runs_at.as_deref(),
            generated_at_ms: self.at_ms,
        }
    }

    /// Results whose runs were deleted: they are left out.
    pub fn deleted(&self) -> u64 {
        self.read.runs.deleted.len() as u64
    }

    /// The failure of a sweep without a single value to analyse; `so` says what it means for the sweep.
    pub fn refuse_empty(&self, so: &str) -> Result<(), CommandFailure> {
        match (&self.metric, &self.analysis) {
            (Some(metric), Some(analysis)) if analysis.n_used == 0 => {
                Err(self.nothing_to_analyse(metric, so))
            }
            _ => Ok(()),
        }
    }

    /// The command line of the best trial.
    fn command_of_best(&self) -> Option<String> {
        let report = self.report();
        let (best, _) = report.best()?;
        let (_, run) = self.read.runs.iter().find(|(_, run)| run.info.id.as_str() == best.run_id)?;
        shown_command(self.sweep, self.config, run)
    }

    /// No trial has a value that could be analysed.
    fn nothing_to_analyse(&self, metric: &ChosenMetric, so: &str) -> CommandFailure {
        let id = self.sweep.id().short();
        let trials = &self.read.trials;
        let failed: Vec<&Trial> = trials.iter().filter(|trial| trial.status == RunStatus::Failed).collect();
        let logged: BTreeSet<String> = self
            .read
            .runs
            .iter()
            .filter(|(_, run)| run.info.status == RunStatus::Finished || stopped_early(run))
            .flat_map(|(_, run)| run.metrics.iter().map(|logged| words::quoted(&logged.key)))
            .collect();
        let name = words::quoted(&metric.name);
        let (what, advice) = if trials.is_empty() {
            ("no trial was run".to_owned(), format!("sweep run {id}"))
        } else if logged.contains(&name) {
            (
                format!("no finished trial has a number for {name}"),
                format!("`sweep trials {id}` shows the values."),
            )
        } else if !logged.is_empty() {
            let logged: Vec<String> = logged.into_iter().collect();
            let list = logged.join(", ");
            (
                format!("no finished trial logged {name}"),
                format!("They logged {list}: `sweep finalize {id} --metric NAME` analyses one of these."),
            )
        } else if let [first, ..] = failed.as_slice() {
            (
                format!("{} failed, and none finished", words::count(failed.len() as u64, "trial")),
                format!(
                    "`sweep logs {}` shows why; `sweep retry --failed {id}` lets them be run again.",
                    first.index
                ),
            )
        } else {
            let first = trials.first().map_or(0, |trial| trial.index.0);
            (
                format!("no finished trial logged {name}"),
                format!("`sweep logs {first}` shows what one printed."),
            )
        };
        CommandFailure::new(Exit::WorkFailed, format!("nothing to analyse: {what}; {so}")).hint(advice)
    }
}

/// Which trials can't be the best, and the front where there are several metrics. A metric that was asked for has a best
/// of its own.
async fn outcomes(
    context: &Context,
    (sweep, config): (&Sweep, &Config),
    read: &SweepRuns,
    asked_for: bool,
) -> Result<(BTreeSet<String>, Option<ReportFront>), CommandFailure> {
    let runs: Vec<Run> = read.runs.iter().map(|(_, run)| run.clone()).collect();
    let objectives = config.objectives();
    let mut not_best = outside_limits(&context.store, &objectives, &runs).await?;
    if !config.has_several_metrics() {
        return Ok((not_best, None));
    }
    if !asked_for {
        not_best = runs.iter().map(|run| run.info.id.to_string()).collect();
    }
    let results = Ledger::read(context.store.as_ref(), &sweep.ledger).await?.results();
    let front = Front::read(&context.store, sweep, config, &results).await?;
    let trials = front.all().filter_map(|(trial, on_front)| {
        Some(ReportFrontTrial {
            trial: index_of(&trial.run)?,
            run_id: trial.run.info.id.to_string(),
            values: trial.values.clone(),
            on_front,
        })
    });
    let front = ReportFront {
        metrics: objectives.metrics.iter().map(|metric| (metric.name.clone(), metric.goal)).collect(),
        limits: objectives.limits.iter().map(ToString::to_string).collect(),
        trials: trials.collect(),
    };
    Ok((not_best, Some(front)))
}
