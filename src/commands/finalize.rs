//! `sweep finalize`: which parameters mattered, as a table, plots and a report among the parent run's artifacts.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::context::{Context, Setting, SweepChoice};
use super::exit::Exit;
use super::failure::Failure;
use super::init::method_word;
use super::load::load_sweep;
use crate::analysis::{ColumnInfo, Frame, Row, analyse};
use crate::config::{Config, Goal, Metric, Summary};
use crate::process::now_ms;
use crate::record::{Sweep, TrialRuns};
use crate::report::{self, Objective, SweepReport};
use crate::space::{Distribution, Space, Value};
use crate::tracking::{Result as StoreResult, RunId, Store};
use crate::trial::{RunStatus, Trial};
use crate::ui::{importance_table, words};

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// What was typed.
#[derive(Debug, Clone)]
pub struct FinalizeArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// How the analysis is printed.
    pub format: Format,
}

/// Analyses a sweep and ends it.
///
/// # Errors
/// Where the sweep can't be opened or the store fails.
pub async fn finalize(setting: &Setting, args: &FinalizeArgs) -> Result<Exit, Failure> {
    let context = Context::open(setting)?;
    let (sweep, config) = load_sweep(&context, &args.sweep).await?;
    conclude(&context, &sweep, &config, args.format).await
}

/// Analyses an opened sweep and ends it. Works at any time: it uses what is finished, and says what it left out.
pub(super) async fn conclude(
    context: &Context,
    sweep: &Sweep,
    config: &Config,
    format: Format,
) -> Result<Exit, Failure> {
    let trials = read_trials(context.store.as_ref(), sweep, config.metric.as_ref()).await?;
    let analysis =
        config.metric.as_ref().map(|_| analyse(&frame(&config.space, &trials), forest_seed(sweep)));
    let report = SweepReport {
        sweep_name: &sweep.parent.info.name,
        sweep_id: sweep.id().as_str(),
        method: method_word(config.method),
        objective: config
            .metric
            .as_ref()
            .map(|metric| Objective { name: &metric.name, goal: Some(metric.goal) }),
        trials: &trials,
        analysis: analysis.as_ref(),
        generated_at_ms: now_ms(),
    };
    let files = render_files(&report, &summary_json(&report, config));
    for (path, text) in files {
        context.store.put_artifact(&sweep.parent.info, path, text.into_bytes()).await?;
    }
    sweep.finish(context.store.as_ref(), now_ms()).await?;
    show(context, &report, config, format);
    let used = analysis.as_ref().map_or(trials.len(), |analysis| analysis.n_used);
    Ok(if used == 0 { Exit::WorkFailed } else { Exit::Done })
}

/// The trials with the value of the metric that counts.
async fn read_trials(store: &dyn Store, sweep: &Sweep, metric: Option<&Metric>) -> StoreResult<Vec<Trial>> {
    let runs = TrialRuns::read(store, sweep).await?;
    let Some(metric) = metric else { return Ok(runs.trials(|_| None)) };
    if metric.summary == Summary::Last {
        return Ok(runs.trials(|run| run.metric(&metric.name).map(|latest| latest.value)));
    }
    let mut values: HashMap<RunId, f64> = HashMap::new();
    for (_, run) in runs.iter().filter(|(_, run)| run.metric(&metric.name).is_some()) {
        let history = store.metric_history(&run.info.id, &metric.name).await?;
        let history: Vec<f64> = history.into_iter().map(|entry| entry.value).collect();
        values.extend(summarise(&history, metric).map(|value| (run.info.id.clone(), value)));
    }
    Ok(runs.trials(|run| values.get(&run.info.id).copied()))
}

/// The value that stands for a history; NaN where there are only NaNs.
fn summarise(history: &[f64], metric: &Metric) -> Option<f64> {
    let numbers = || history.iter().copied().filter(|value| !value.is_nan());
    let min = || numbers().min_by(f64::total_cmp);
    let max = || numbers().max_by(f64::total_cmp);
    let found = match (metric.summary, metric.goal) {
        (Summary::Last, _) => history.last().copied(),
        (Summary::Min, _) | (Summary::Best, Goal::Minimize) => min(),
        (Summary::Max, _) | (Summary::Best, Goal::Maximize) => max(),
        #[allow(clippy::cast_precision_loss)]
        (Summary::Mean, _) => {
            (numbers().count() > 0).then(|| numbers().sum::<f64>() / numbers().count() as f64)
        }
    };
    found.or_else(|| history.first().copied())
}

/// The table that the analysis works on: a column a parameter that can vary.
fn frame(space: &Space, trials: &[Trial]) -> Frame {
    let leaves: Vec<_> =
        space.leaves().into_iter().filter(|leaf| !leaf.parameter.distribution.is_constant()).collect();
    let null_declared = |distribution: &Distribution| match distribution {
        Distribution::Categorical { values, .. } => values.contains(&Value::Null),
        _ => false,
    };
    let columns = leaves
        .iter()
        .map(|leaf| ColumnInfo {
            name: leaf.name.clone(),
            log: leaf.parameter.distribution.is_log(),
            null_is_level: null_declared(&leaf.parameter.distribution),
        })
        .collect();
    let rows = trials
        .iter()
        .map(|trial| Row {
            status: trial.status,
            metric: trial.metric,
            cells: leaves.iter().map(|leaf| trial.point.get(&leaf.name).cloned()).collect(),
        })
        .collect();
    Frame { columns, rows }
}

/// The forest's seed comes from the sweep's id, so that the same sweep always gives the same figures.
fn forest_seed(sweep: &Sweep) -> u64 {
    sweep.id().as_str().bytes().fold(sweep.seed, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()))
}

/// What goes to the parent run's artifacts: path and text.
fn render_files(report: &SweepReport<'_>, summary: &Json) -> Vec<(&'static str, String)> {
    let mut files = vec![
        ("plots/timeline.svg", report::timeline_svg(report)),
        ("plots/metric.svg", report::history_svg(report)),
        ("report.html", report::report_html(report)),
        ("trials.csv", report::trials_csv(report)),
        ("analysis.json", format!("{summary:#}\n")),
    ];
    if report.analysis.is_some() {
        files.push(("plots/importance.svg", report::importance_svg(report)));
    }
    files
}

fn best<'a>(report: &SweepReport<'a>, config: &Config) -> Option<&'a Trial> {
    let goal = config.metric.as_ref()?.goal;
    let value = |trial: &&Trial| trial.metric.unwrap_or(f64::NAN);
    let usable =
        report.trials.iter().filter(|trial| trial.status == RunStatus::Finished && value(trial).is_finite());
    match goal {
        Goal::Minimize => usable.min_by(|a, b| value(a).total_cmp(&value(b))),
        // `max_by` takes the last of equals: the first is wanted.
        Goal::Maximize => usable.min_by(|a, b| value(b).total_cmp(&value(a))),
    }
}

fn summary_json(report: &SweepReport<'_>, config: &Config) -> Json {
    let count = |status| report.trials.iter().filter(|trial| trial.status == status).count();
    let best = best(report, config).map(|trial| {
        json!({
            "trial": trial.index.0,
            "run_id": trial.run_id,
            "metric": trial.metric,
            "params": trial.point.to_json(),
        })
    });
    json!({
        "sweep_id": report.sweep_id,
        "sweep_name": report.sweep_name,
        "method": report.method,
        "metric": config.metric.as_ref().map(|metric| &metric.name),
        "goal": config.metric.as_ref().map(|metric| match metric.goal {
            Goal::Minimize => "minimize",
            Goal::Maximize => "maximize",
        }),
        "trials": {
            "finished": count(RunStatus::Finished),
            "failed": count(RunStatus::Failed),
            "killed": count(RunStatus::Killed),
            "running": count(RunStatus::Running),
        },
        "best": best,
        "analysis": report.analysis,
    })
}

fn show(context: &Context, report: &SweepReport<'_>, config: &Config, format: Format) {
    let ui = &context.ui;
    if format == Format::Json {
        ui.print(&format!("{:#}\n", summary_json(report, config)));
        return;
    }
    match (&config.metric, report.analysis) {
        (Some(metric), Some(analysis)) if analysis.n_used == 0 => ui.warn(&format!(
            "there is nothing to analyse: no finished trial has a number as `{}`. {} Does the command log it under this \
             very name?",
            metric.name,
            analysis.used_sentence()
        )),
        (Some(metric), Some(analysis)) => {
            ui.print(&importance_table(analysis, &metric.name, ui.width, ui.color_out));
        }
        _ => ui.say(
            "The config names no metric: there is nothing to analyse. `metric: {name: …, goal: …}` does.",
        ),
    }
    if let (Some(best), Some(metric)) = (best(report, config), &config.metric) {
        let value = best.metric.map(words::number).unwrap_or_default();
        ui.print(&format!("Best {}: {value}, in trial {} (run {})\n", metric.name, best.index, best.run_id));
        for (name, value) in best.point.leaves() {
            ui.print(&format!("  {name}: {}\n", value.text()));
        }
    }
    ui.say("Saved with the parent run: plots/*.svg, report.html, trials.csv, analysis.json");
}
