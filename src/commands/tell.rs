//! `sweep tell`: how a trial that `sweep ask` gave out came out.

use std::time::Duration;

use super::shared::work::{WorkArgs, assemble_to_ask};
use super::shared::{CommandFailure, Context, Exit, Pin, Setting, SweepChoice, TrialChoice, find_trial};
use crate::agent::{Outcome, ReportVerdict, TrialFate, TrialReporter, run_hooks_of_report};
pub use crate::agent::{ReportedOutcome, TrialReport};
use crate::process::{Clock, CommandExit, now_ms};
use crate::query::limit_of;
use crate::record::{
    BestAtTime, BestTrial, DEFAULT_LEASE, LivePosting, SweepOrder, SweepView, attempt_of, index_of, point_of,
    tags,
};
use crate::trial::{RunStatus, TrialIndex};
use crate::ui::words;

/// What was typed.
#[derive(Debug, Clone)]
pub struct TellArgs {
    /// Its sweep.
    pub sweep: SweepChoice,
    /// Which trial; `None`: the one of the environment.
    pub trial: Option<String>,
    /// What is reported of it.
    pub report: TellReport,
}

/// What is reported.
#[derive(Debug, Clone)]
pub enum TellReport {
    /// It is being run.
    Alive,
    /// It is over.
    Over(TrialReport),
}

/// The variable that names the run of a trial.
const RUN_ID: &str = "SWEEP_RUN_ID";
/// So many digits of a run's id name an attempt, not the number of a trial.
const DIGITS_OF_ID: usize = 6;

/// Reports on a trial.
///
/// # Errors
/// Where there is no such trial, or it was not asked for, or the store fails.
pub async fn tell(setting: &Setting, args: &TellArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open(setting)?;
    let choice = choice(args)?;
    let found = find_trial(&context, &choice).await?;
    let title = found.title();
    let text = choice.trial.rsplit(':').next().unwrap_or_default();
    let by_id = text.len() >= DIGITS_OF_ID && found.run.info.id.as_str().starts_with(text);
    // What was given back or repeated is nobody's any more; what was taken over may still be run.
    let is_taken_over = found.attempts.iter().any(|run| run.tag(tags::SUPERSEDED_BY).is_some());
    if is_taken_over && !by_id {
        let ids: Vec<&str> = found.attempts.iter().map(|run| run.info.id.as_str()).collect();
        return Err(CommandFailure::new(Exit::Usage, format!("{title} was taken over"))
            .hint(format!("Name the run that `sweep ask` gave out: {}.", ids.join(", "))));
    }
    if found.run.tag(tags::ASKED).is_none() {
        let agent = found.run.tag(tags::AGENT).unwrap_or_default().to_owned();
        return Err(CommandFailure::new(Exit::Usage, format!("{title} was not given out by `sweep ask`"))
            .hint(format!("Agent {agent} runs it, and enters its result.")));
    }
    let run = found.run.clone();
    let (sweep, config) = found.into_sweep()?;
    let clock = Clock::system();
    let reporter = TrialReporter { store: std::sync::Arc::clone(&context.store), sweep, config, run, clock };
    match &args.report {
        TellReport::Alive => keep_alive(&context, &reporter, &title).await,
        TellReport::Over(report) => over(&context, &reporter, &title, report).await,
    }
}

/// The trial that is named, else the one that the environment of `sweep ask` names.
fn choice(args: &TellArgs) -> Result<TrialChoice, CommandFailure> {
    let inherited = || std::env::var(RUN_ID).ok().filter(|id| !id.is_empty());
    let trial = args.trial.clone().or_else(inherited).ok_or_else(|| {
        CommandFailure::new(Exit::Usage, "no trial is named")
            .hint(format!("Give the run_id that `sweep ask` printed, or set {RUN_ID} to it."))
    })?;
    Ok(TrialChoice { sweep: args.sweep.clone(), trial })
}

async fn keep_alive(
    context: &Context,
    reporter: &TrialReporter,
    title: &str,
) -> Result<Exit, CommandFailure> {
    if !reporter.keep_alive().await? {
        context.ui.warn(&format!(
            "{title} is not yours any more: it was taken over, has its result, or was deleted"
        ));
        return Ok(Exit::WorkFailed);
    }
    if reporter.sweep.order(context.store.as_ref()).await? == SweepOrder::Cancel {
        context.ui.warn(&format!("the sweep was cancelled: end {title}, and report --give-back"));
        return Ok(Exit::WorkFailed);
    }
    Ok(Exit::Done)
}

async fn over(
    context: &Context,
    reporter: &TrialReporter,
    title: &str,
    report: &TrialReport,
) -> Result<Exit, CommandFailure> {
    let fate = reporter.tell(report).await?;
    let attempt = attempt_of(&reporter.run);
    let text = match fate {
        ReportVerdict::Result { value, beside } => {
            let view = post(context, reporter, value, &beside).await?;
            missing_metrics(context, reporter, report, (value, &beside));
            hooks(context, reporter, (report, value, &beside), &view).await;
            format!("{title} has its result{}.", valued(reporter, value, &beside))
        }
        ReportVerdict::Already => format!("{title} had this result already: nothing has changed."),
        ReportVerdict::Free => format!("{title} is free to be run again."),
        ReportVerdict::TooLate => {
            let why = format!("{title} was taken over: the report of attempt {attempt} does not count");
            return Err(CommandFailure::new(Exit::WorkFailed, why).hint(
                "`sweep tell --alive` renews the lease; `sweep ask --lease TIME` asks for a longer one.",
            ));
        }
        ReportVerdict::Otherwise => {
            let why = format!(
                "another report on attempt {attempt} of {title} was made before: this one is refused"
            );
            return Err(CommandFailure::new(Exit::WorkFailed, why)
                .hint("`sweep retry` runs a trial again that has its result."));
        }
        ReportVerdict::Deleted => {
            let why = format!("the run of {title} was deleted: there is nothing to report on");
            return Err(CommandFailure::new(Exit::WorkFailed, why));
        }
    };
    context.ui.say(&text);
    Ok(Exit::Done)
}

/// `: loss = 0.2, time = 3`, and the limits that it breaks.
fn valued(reporter: &TrialReporter, value: Option<f64>, beside: &[Option<f64>]) -> String {
    let objectives = reporter.config.objectives();
    let values = std::iter::once(&value).chain(beside);
    let said = objectives.metrics.iter().zip(values).filter_map(|(metric, value)| {
        Some(format!("{} = {}", words::quoted(&metric.name), words::number((*value)?)))
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() {
        return String::new();
    }
    let broken: Vec<String> = objectives.broken(value, beside).map(ToString::to_string).collect();
    let broken =
        if broken.is_empty() { String::new() } else { format!(" (not within {})", broken.join(", ")) };
    format!(": {}{broken}", said.join(", "))
}

fn missing_metrics(
    context: &Context,
    reporter: &TrialReporter,
    report: &TrialReport,
    (value, beside): (Option<f64>, &[Option<f64>]),
) {
    if report.outcome != ReportedOutcome::Finished {
        return;
    }
    let objectives = reporter.config.objectives();
    let further = objectives.beside();
    let names = objectives.first().map(|metric| metric.name.as_str()).into_iter();
    let names = names.chain(further.iter().map(|one| one.name));
    for (name, value) in names.zip(std::iter::once(&value).chain(beside)) {
        if value.is_none() {
            let name = words::quoted(name);
            context.ui.warn(&format!(
                "the trial has no {name}, by which the sweep judges its trials: --metric NAME=VALUE gives it"
            ));
        }
    }
}

/// Brings the parent run up to date, and ends the sweep where the targets of its metrics are reached.
async fn post(
    context: &Context,
    reporter: &TrialReporter,
    value: Option<f64>,
    beside: &[Option<f64>],
) -> Result<SweepView, CommandFailure> {
    let store = context.store.as_ref();
    let (sweep, config) = (&reporter.sweep, &reporter.config);
    let objectives = config.objectives();
    let candidate = value.filter(|value| value.is_finite());
    let candidate = candidate.filter(|_| !objectives.are_several() && objectives.holds(value, beside));
    let now = now_ms();
    let results: Vec<BestAtTime> =
        best_now(reporter, candidate).map(|value| BestAtTime { value, time: now }).into_iter().collect();
    let limit = limit_of(sweep, config);
    let posting = LivePosting {
        sweep,
        metric: config.only_metric(),
        limits: &config.limits,
        limit,
        by: reporter.run.tag(tags::AGENT).unwrap_or("sweep tell"),
        best: candidate.and_then(|value| BestTrial::of(&reporter.run, value)),
        results: &results,
        now,
    };
    let view = posting.post(store).await?;
    if objectives.reach_targets(value, beside) {
        sweep.give_order(store, SweepOrder::Stop).await?;
        context.ui.say("metric.target is reached: the sweep is stopped.");
    } else if limit.is_some_and(|limit| view.done >= limit) {
        context.ui.say(&format!("Every trial has its result. Next: sweep finalize {}", sweep.id().short()));
    }
    Ok(view)
}

/// Runs the config's hooks, as the agent of a trial does. The result stands, whatever comes of them.
async fn hooks(
    context: &Context,
    reporter: &TrialReporter,
    (report, value, beside): (&TrialReport, Option<f64>, &[Option<f64>]),
    view: &SweepView,
) {
    let hooks = &reporter.config.hooks;
    if [&hooks.on_trial_end, &hooks.on_best, &hooks.on_finish].iter().all(|hook| hook.is_none()) {
        return;
    }
    let work = WorkArgs::of_others(DEFAULT_LEASE, Pin::Remembered);
    let (sweep, config) = (reporter.sweep.clone(), reporter.config.clone());
    let ran = match assemble_to_ask(context, sweep, config, &work).await {
        Ok(agent) => run_hooks_of_report(&agent, &outcome(reporter, report, (value, beside)), view)
            .await
            .map_err(|error| error.to_string()),
        Err(failure) => Err(failure.message.clone()),
    };
    if let Err(why) = ran {
        context.ui.warn(&format!("hooks were not run: {why}"));
    }
}

/// The trial, as hooks are given it.
fn outcome(
    reporter: &TrialReporter,
    report: &TrialReport,
    (value, beside): (Option<f64>, &[Option<f64>]),
) -> Outcome {
    let (run, failed) = (&reporter.run, report.outcome == ReportedOutcome::Failed);
    let took = now_ms().saturating_sub(run.info.start_time);
    Outcome {
        trial: index_of(run).unwrap_or(TrialIndex(0)),
        run: run.info.id.clone(),
        status: if failed { RunStatus::Failed } else { RunStatus::Finished },
        ended: CommandExit::Exited(i32::from(failed)),
        took: Duration::from_millis(u64::try_from(took).unwrap_or(0)),
        point: point_of(run),
        metric: value,
        beside: beside.to_vec(),
        logged: report.metrics.iter().map(|(name, _)| name.clone()).collect(),
        stopped: None,
        last_lines: Vec::new(),
        fate: TrialFate::Result,
        counts: true,
    }
}

/// The best value now that this one is there, as far as the parent run says.
fn best_now(reporter: &TrialReporter, value: Option<f64>) -> Option<f64> {
    let goal = reporter.config.only_metric()?.goal;
    let posted = BestTrial::posted(&reporter.sweep.parent).map(|best| best.value);
    match (value, posted) {
        (Some(value), Some(posted)) if goal.better(posted, value) => Some(posted),
        (Some(value), _) => Some(value),
        (None, _) => posted,
    }
}
