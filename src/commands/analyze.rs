//! `sweep analyze`: which parameters mattered, for a sweep, for the runs of an experiment, or for a CSV file. It writes
//! nothing, so it may be asked at any time.

use std::path::PathBuf;

pub use super::shared::AnswerFormat;
use super::shared::{
    CommandFailure, Context, Exit, Setting, SweepChoice, load_sweep, print_failures, print_importance,
    print_json, tell_failures,
};
use crate::analysis::{Analysis, FailureAnalysis, TrialFrame, analyse};
use crate::config::Goal;
use crate::exchange::read_frame;
use crate::query::{
    ChosenMetric, FrameRequest, SEED, analyse_sweep, failing_rows, failing_trials, read_experiment,
    read_trials,
};
use crate::report::{ReportObjective, analysis_csv, analysis_json, failures_csv};
use crate::trial::RunStatus;
use crate::ui::Ui;

/// What is analysed.
#[derive(Debug, Clone)]
pub enum AnalysisSource {
    /// A sweep.
    Sweep(SweepChoice),
    /// Runs of an experiment, regardless of who made them.
    Experiment {
        /// Its name.
        name: String,
        /// Which of its runs, in MLflow's search language; empty: all.
        filter: String,
    },
    /// A CSV file with a row a run; `-`: stdin.
    File(PathBuf),
}

/// What was typed.
#[derive(Debug, Clone)]
pub struct AnalyzeArgs {
    /// What is analysed.
    pub source: AnalysisSource,
    /// The metric; `None`: the sweep's own.
    pub metric: Option<String>,
    /// Its direction; `None`: the sweep's own, else unknown.
    pub goal: Option<Goal>,
    /// Parameters whose logarithm is what counts.
    pub log: Vec<String>,
    /// Only which trials fail, and where.
    pub failures: bool,
    /// How the answer is printed.
    pub format: AnswerFormat,
}

/// Prints which parameters mattered.
///
/// # Errors
/// Where the source can't be read, or has no such metric.
pub async fn analyze(setting: &Setting, args: &AnalyzeArgs) -> Result<Exit, CommandFailure> {
    if let (true, AnalysisSource::Sweep(choice)) = (args.failures, &args.source) {
        return failures_of_sweep(setting, args, choice).await;
    }
    let answer = match &args.source {
        AnalysisSource::Sweep(choice) => of_sweep(setting, args, choice).await?,
        AnalysisSource::Experiment { name, filter } => {
            let asked = asked(args)?;
            let context = Context::open_to_read(setting)?;
            let frame = read_experiment(&context.store, name, filter, &asked).await?;
            AnalysisAnswer::of(&frame, asked)
        }
        AnalysisSource::File(path) => {
            let asked = asked(args)?;
            let frame = read_frame(path, &asked)?;
            AnalysisAnswer::of(&frame, asked)
        }
    };
    Ok(match args.failures {
        true => print_only_failures(&setting.ui, &answer.failures, args.format),
        false => answer.print(&setting.ui, args.format),
    })
}

/// Which trials of a sweep fail: for that its config need name no metric.
async fn failures_of_sweep(
    setting: &Setting,
    args: &AnalyzeArgs,
    choice: &SweepChoice,
) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let (sweep, config) = load_sweep(&context, choice).await?;
    let metric = ChosenMetric::of(&config, args.metric.as_deref(), args.goal);
    let read = read_trials(&context.store, &sweep, metric.as_ref()).await?;
    let found = failing_trials(&context.store, &config, (&read.runs, &read.trials), metric.is_some()).await?;
    Ok(print_only_failures(&setting.ui, &found, args.format))
}

fn print_only_failures(ui: &Ui, found: &FailureAnalysis, format: AnswerFormat) -> Exit {
    match format {
        AnswerFormat::Table => tell_failures(ui, found),
        AnswerFormat::Json => print_json(ui, found),
        AnswerFormat::Csv => ui.data(&failures_csv(found)),
    }
    Exit::Done
}

fn asked(args: &AnalyzeArgs) -> Result<FrameRequest, CommandFailure> {
    let metric = args.metric.clone().ok_or_else(|| {
        CommandFailure::new(Exit::Usage, "no metric is given").hint("Give it by --metric NAME.")
    })?;
    Ok(FrameRequest { metric, goal: args.goal, log: args.log.clone() })
}

async fn of_sweep(
    setting: &Setting,
    args: &AnalyzeArgs,
    choice: &SweepChoice,
) -> Result<AnalysisAnswer, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let (sweep, config) = load_sweep(&context, choice).await?;
    let Some(metric) = ChosenMetric::of(&config, args.metric.as_deref(), args.goal) else {
        return Err(no_metric());
    };
    let read = read_trials(&context.store, &sweep, Some(&metric)).await?;
    Ok(AnalysisAnswer {
        analysis: analyse_sweep(&config, &read.trials),
        failures: failing_trials(&context.store, &config, (&read.runs, &read.trials), true).await?,
        statuses: read.trials.iter().map(|trial| trial.status).collect(),
        metric: metric.name,
        goal: metric.goal,
    })
}

fn no_metric() -> CommandFailure {
    CommandFailure::new(Exit::Usage, "the config of the sweep names no metric")
        .hint("Give one by --metric NAME: any that its command logged.")
}

/// An analysis with what it was asked for.
struct AnalysisAnswer {
    analysis: Analysis,
    failures: FailureAnalysis,
    statuses: Vec<RunStatus>,
    metric: String,
    goal: Option<Goal>,
}

impl AnalysisAnswer {
    fn of(frame: &TrialFrame, asked: FrameRequest) -> Self {
        Self {
            analysis: analyse(frame, SEED),
            failures: failing_rows(frame),
            statuses: frame.rows.iter().map(|row| row.status).collect(),
            metric: asked.metric,
            goal: asked.goal,
        }
    }

    fn print(&self, ui: &Ui, format: AnswerFormat) -> Exit {
        let analysis = &self.analysis;
        match format {
            AnswerFormat::Table => {
                print_importance(ui, analysis, &self.metric);
                print_failures(ui, &self.failures);
            }
            AnswerFormat::Json => {
                let objective = ReportObjective { name: &self.metric, goal: self.goal };
                let json =
                    analysis_json((analysis, &self.failures), objective, self.statuses.iter().copied());
                ui.json(&format!("{json:#}\n"));
            }
            AnswerFormat::Csv => ui.data(&analysis_csv(analysis)),
        }
        if analysis.n_used == 0 { Exit::WorkFailed } else { Exit::Done }
    }
}
