//! `sweep rerun TRIAL`: the trial again, with other seeds, and how far its value can be trusted.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value as Json;

use super::shared::work::{Allocation, WorkArgs, assemble};
use super::shared::{
    AnswerFormat, CommandFailure, Context, Exit, Pin, Setting, Signals, TrialChoice, check_pin, find_trial,
    print_csv, print_json, print_sheet, refuse_half,
};
use crate::agent::{self, Agent, Event, RepeatedTrial, StopLevel};
use crate::process::now_ms;
use crate::query::{ChosenMetric, MetricJson, refuse_foreign_text, took, whole_point};
use crate::record::{DEFAULT_LEASE, Sweep, index_of, reruns_of, tags};
use crate::space::Value;
use crate::tracking::{Run, RunId};
use crate::trial::{RunStatus, TrialIndex};
use crate::ui::{MINOR, Sheet, SheetCell, SheetColumn, Ui, printable, words};

/// What was typed.
#[derive(Debug, Clone)]
pub struct RerunArgs {
    /// Which trial.
    pub trial: TrialChoice,
    /// How often.
    pub seeds: u32,
    /// Time between SIGTERM and SIGKILL; `None`: the config's.
    pub grace: Option<Duration>,
    /// What the sweep's config must be.
    pub pin: Pin,
    /// How the outcome is printed.
    pub format: AnswerFormat,
}

/// Runs a trial again and prints what came of it.
///
/// # Errors
/// Where there is no such trial, or the store or this machine fails.
pub async fn rerun(setting: &Setting, args: &RerunArgs) -> Result<Exit, CommandFailure> {
    // What commands print must not get into data.
    let quiet = setting.ui.quiet || args.format != AnswerFormat::Table;
    let setting = Setting { ui: Ui { quiet, ..setting.ui }, ..setting.clone() };
    let context = Context::open_to_read(&setting)?;
    let found = find_trial(&context, &args.trial).await?;
    if found.run.tag(tags::RERUN_OF).is_some() {
        return Err(CommandFailure::new(
            Exit::Usage,
            format!("{} repeats a trial itself", found.run.info.name),
        )
        .hint("Name the trial that it repeats."));
    }
    let original = found.run.clone();
    let (sweep, config) = found.into_sweep()?;
    refuse_half(&sweep)?;
    let trial = index_of(&original).unwrap_or(TrialIndex(0));
    check_pin(&context, &sweep, &args.pin)?;
    let point = whole_point(&sweep, &config, &original)?;
    refuse_foreign_text(&config, &point)?;
    let metric = ChosenMetric::of(&config, None, None);
    let first = next_number(&context, &sweep, &original, trial).await?;
    let signals = Signals::listen(setting.ui)?;
    let mut agent = assemble(&context, sweep, config, &work(args, first)).await?;
    // It is compared with nobody, and is to run as long as the trial did.
    agent.early = None;
    setting.ui.say(&format!(
        "Trial {trial} of {} again, {}.",
        printable(&agent.sweep.parent.info.name),
        words::count(args.seeds.into(), "time")
    ));
    let mut runs = Vec::new();
    for number in first..first + args.seeds {
        if signals.stop().borrow().level > StopLevel::No {
            break;
        }
        let again = RepeatedTrial { trial, original: original.info.id.clone(), point: point.clone(), number };
        runs.push(run_once(&agent, again, &signals).await?);
    }
    (agent.events)(Event::Ended);
    let report = RerunReport::read(&context, original, trial, metric, runs).await;
    let report = report.map_err(|failure| signals.ended(failure))?;
    report.print(&setting, args.format)?;
    let failed = report.runs.iter().any(|run| run.run.info.status != RunStatus::Finished);
    Ok(signals.exit().unwrap_or(if failed { Exit::WorkFailed } else { Exit::Done }))
}

fn work(args: &RerunArgs, first: u32) -> WorkArgs {
    WorkArgs {
        jobs: Some(1),
        count: None,
        max_failures: Some(1),
        lease: DEFAULT_LEASE,
        grace: args.grace,
        retries: Some(0),
        wait: false,
        gpus: None,
        shadow: false,
        output: None,
        again_from: Some(first),
        pin: args.pin.clone(),
        allocation: Allocation::default(),
    }
}

/// Each run of a trial has a number, and so a seed, of its own.
async fn next_number(
    context: &Context,
    sweep: &Sweep,
    original: &Run,
    trial: TrialIndex,
) -> Result<u32, CommandFailure> {
    let before = reruns_of(context.store.as_ref(), sweep, &original.info.id).await?;
    let prefix = RepeatedTrial::prefix(trial);
    let number = |run: &Run| run.info.name.strip_prefix(&prefix)?.parse::<u32>().ok();
    Ok(before.iter().filter_map(number).max().unwrap_or(0) + 1)
}

async fn run_once(agent: &Agent, again: RepeatedTrial, signals: &Signals) -> Result<RunId, CommandFailure> {
    let ran = agent::rerun(agent, again, &signals.stop()).await;
    let outcome = ran.map_err(|error| signals.ended(error.into()))?;
    (agent.events)(Event::Settled(&outcome));
    Ok(outcome.run)
}

/// A run with its value.
struct Valued {
    run: Run,
    value: Option<f64>,
}

/// What came of it.
struct RerunReport {
    trial: TrialIndex,
    metric: Option<ChosenMetric>,
    original: Valued,
    runs: Vec<Valued>,
}

impl RerunReport {
    async fn read(
        context: &Context,
        original: Run,
        trial: TrialIndex,
        metric: Option<ChosenMetric>,
        ids: Vec<RunId>,
    ) -> Result<Self, CommandFailure> {
        let mut runs = vec![original];
        for id in ids {
            runs.push(context.store.run(&id).await?);
        }
        let values = match &metric {
            Some(metric) => metric.values(&context.store, runs.iter()).await?,
            None => std::collections::HashMap::new(),
        };
        let mut valued = runs.into_iter().map(|run| Valued { value: values.get(&run.info.id).copied(), run });
        let original =
            valued.next().ok_or_else(|| CommandFailure::new(Exit::Usage, "there is nothing to report"))?;
        Ok(Self { trial, metric, original, runs: valued.collect() })
    }

    /// The finite values of the runs that ended well.
    fn values(&self) -> Vec<f64> {
        let finished = self.runs.iter().filter(|run| run.run.info.status == RunStatus::Finished);
        finished.filter_map(|run| run.value).filter(|value| value.is_finite()).collect()
    }

    fn print(&self, setting: &Setting, format: AnswerFormat) -> Result<(), CommandFailure> {
        match format {
            AnswerFormat::Json => print_json(&setting.ui, &self.json()),
            AnswerFormat::Csv => print_csv(setting, &self.sheet())?,
            AnswerFormat::Table => {
                print_sheet(setting, &self.sheet())?;
                if let Some(sentence) = self.sentence() {
                    setting.ui.tell(&format!("{sentence}\n"));
                }
            }
        }
        Ok(())
    }

    /// `val_loss: 0.2701 at first, 0.2754 ± 0.012 again (mean and SD of 5 runs)`.
    fn sentence(&self) -> Option<String> {
        let metric = self.metric.as_ref()?;
        let values = self.values();
        let first = self.original.value.map_or_else(|| "no value".to_owned(), words::number);
        let again = match (mean(&values), deviation(&values)) {
            (Some(mean), Some(std)) => format!(
                "{} ± {} again (mean and SD of {})",
                words::number(mean),
                two_figures(std),
                words::count(values.len() as u64, "run")
            ),
            (Some(mean), None) => format!("{} again", words::number(mean)),
            _ => "no value again".to_owned(),
        };
        Some(format!("{}: {first} at first, {again}", metric.name))
    }

    fn sheet(&self) -> Sheet {
        let value = self.metric.as_ref().map_or("value", |metric| metric.name.as_str());
        let columns = vec![
            SheetColumn::new("", "run"),
            SheetColumn::new("Seed", "seed"),
            SheetColumn::new("Status", "status"),
            SheetColumn::new(value, "value"),
            SheetColumn::new("Took", "seconds").rank(1),
            SheetColumn::new("Run", "run_id").rank(MINOR),
        ];
        let row = |name: String, valued: &Valued| {
            let run = &valued.run;
            vec![
                SheetCell::Text(name),
                SheetCell::text(run.tag(tags::TRIAL_SEED)),
                SheetCell::Status(run.info.status),
                SheetCell::number(valued.value),
                took(run, now_ms()).map_or(SheetCell::Empty, SheetCell::Took),
                SheetCell::Id(run.info.id.to_string()),
            ]
        };
        let first = row(format!("trial {}", self.trial), &self.original);
        let again = self.runs.iter().map(|valued| {
            let name = valued.run.info.name.rsplit_once('-').map_or("", |(_, number)| number);
            row(format!("again {name}"), valued)
        });
        Sheet { columns, rows: std::iter::once(first).chain(again).collect() }
    }

    fn json(&self) -> RerunJson {
        let values = self.values();
        let one = |valued: &Valued| SingleRerunJson {
            run_id: valued.run.info.id.to_string(),
            seed: valued.run.tag(tags::TRIAL_SEED).and_then(|seed| seed.parse().ok()),
            status: valued.run.info.status.as_str(),
            value: valued.value.map(|value| Value::Float(value).to_json()),
            seconds: took(&valued.run, now_ms()).map(|took| took.as_secs_f64()),
        };
        RerunJson {
            trial: self.trial,
            metric: self.metric.as_ref().map(MetricJson::of),
            original: one(&self.original),
            runs: self.runs.iter().map(one).collect(),
            mean: mean(&values),
            std: deviation(&values),
            n: values.len(),
        }
    }
}

/// What came of running a trial again, for programs.
#[derive(Debug, Serialize)]
struct RerunJson {
    trial: TrialIndex,
    metric: Option<MetricJson>,
    original: SingleRerunJson,
    runs: Vec<SingleRerunJson>,
    mean: Option<f64>,
    std: Option<f64>,
    n: usize,
}

#[derive(Debug, Serialize)]
struct SingleRerunJson {
    run_id: String,
    seed: Option<u64>,
    status: &'static str,
    value: Option<Json>,
    seconds: Option<f64>,
}

#[allow(clippy::cast_precision_loss)]
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The standard deviation of a sample, by n − 1.
#[allow(clippy::cast_precision_loss)]
fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

/// A deviation is not known better than to two figures.
fn two_figures(value: f64) -> String {
    let rounded = format!("{value:.1e}").parse().unwrap_or(value);
    words::number(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_are_those_of_a_sample() {
        assert_eq!(mean(&[]), None);
        assert_eq!((mean(&[2.0]), deviation(&[2.0])), (Some(2.0), None));
        assert_eq!(deviation(&[1.0, 2.0, 3.0, 4.0]), Some((5.0_f64 / 3.0).sqrt()));
        assert_eq!(two_figures(0.012_345), "0.012");
        assert_eq!(two_figures(0.0), "0");
    }
}
