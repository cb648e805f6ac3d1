//! Analysing a sweep and ending it.

use super::context::Context;
use super::exit::Exit;
use super::failing::print_failures;
use super::failure::CommandFailure;
use super::format::AnswerFormat;
use super::importance::print_importance;
use super::overview_words::deleted_words;
use super::reliability::{noise_words, tell_reported};
use super::report_material::ReportMaterial;
use super::report_place::{Delivery, deliver};
use super::results::{by_importance, result_files, summary_json};
use crate::config::{Config, Goal};
use crate::process::now_ms;
use crate::query::limit_of;
use crate::record::{BestTrial, LivePosting, Sweep, SweepOrder, headline, params_text, tags};
use crate::report::{self, SweepReport, analysis_csv};
use crate::tracking::{Result as StoreResult, RunId};
use crate::ui::{Ui, printable, words};

/// How a sweep is concluded.
#[derive(Debug, Clone, Default)]
pub struct Conclusion {
    /// The metric; `None`: the config's.
    pub metric: Option<String>,
    /// Its direction; `None`: the config's for its own metric.
    pub goal: Option<Goal>,
    /// How the analysis is printed.
    pub format: AnswerFormat,
    /// Leave the sweep open, so that agents continue.
    pub reopen: bool,
    /// Save the plots as PNG, too.
    pub png: bool,
    /// What is to be done with the report.
    pub delivery: Delivery,
}

/// Analyses an opened sweep and ends it. Works at any time: it uses what is finished, and says what it left out.
pub async fn conclude(
    context: &Context,
    sweep: &Sweep,
    config: &Config,
    conclusion: &Conclusion,
) -> Result<Exit, CommandFailure> {
    let made =
        ReportMaterial::read(context, sweep, config, (conclusion.metric.as_deref(), conclusion.goal)).await?;
    let report = made.report();
    made.refuse_empty("the sweep stays open, and nothing was saved")?;
    let deleted = made.deleted();
    save(context, sweep, config, (&report, deleted)).await?;
    if conclusion.png {
        save_pictures(context, sweep, &report).await?;
    }
    close(context, sweep, conclusion).await?;
    if deleted > 0 {
        context.ui.warn(&format!("{}, and left out", deleted_words(deleted)));
    }
    show(&context.ui, config, (&report, deleted), conclusion);
    deliver(context, sweep, &report::report_html(&report), &conclusion.delivery)?;
    Ok(if report.trials.is_empty() && !conclusion.reopen { Exit::WorkFailed } else { Exit::Done })
}

/// Puts everything among the parent run's artifacts, and the table and the best trial into its note.
async fn save(
    context: &Context,
    sweep: &Sweep,
    config: &Config,
    (report, deleted): (&SweepReport<'_>, u64),
) -> StoreResult<()> {
    let store = context.store.as_ref();
    let own = config.only_metric();
    let of_config =
        own.filter(|metric| report.objective.is_none_or(|objective| objective.name == metric.name));
    let best = report.best().filter(|_| of_config.is_some()).map(|(trial, value)| BestTrial {
        trial: trial.index,
        run: RunId(trial.run_id.clone()),
        value,
        params: params_text(&config.ordered(&trial.point), 500),
    });
    let limit = limit_of(sweep, config);
    let identity = context.identity();
    let posting = LivePosting {
        sweep,
        metric: own,
        limits: &config.limits,
        limit,
        by: &identity.agent,
        best,
        results: &[],
        now: now_ms(),
    };
    let view = posting.post(store).await?;
    for (path, text) in result_files(report, deleted) {
        store.put_artifact(&sweep.parent.info, path, text.into_bytes()).await?;
    }
    // Somebody may have written into the note since the sweep was opened: what is theirs stays.
    let parent = store.run(sweep.id()).await?;
    let name = own.map(|metric| metric.name.as_str());
    let headline = headline(&view, name, limit, &parent.info.experiment_id);
    let note = report::parent_note(report, parent.tag(tags::NOTE), &headline);
    let mut set = vec![(tags::NOTE.to_owned(), note), (tags::REPORTED.to_owned(), view.done.to_string())];
    set.extend(report.analysis.map(|analysis| (tags::IMPORTANCE.to_owned(), by_importance(analysis))));
    store.log_batch(sweep.id(), &[], &[], &set).await
}

/// The plots once more, as PNG beside the SVG.
async fn save_pictures(
    context: &Context,
    sweep: &Sweep,
    report: &SweepReport<'_>,
) -> Result<(), CommandFailure> {
    for (path, svg) in report::plots(report) {
        let picture = report::png(&svg).map_err(|error| {
            CommandFailure::new(Exit::WorkFailed, format!("cannot render {path} as PNG")).caused_by(&error)
        })?;
        let path = path.replace(".svg", ".png");
        context.store.put_artifact(&sweep.parent.info, &path, picture).await?;
    }
    Ok(())
}

async fn close(context: &Context, sweep: &Sweep, conclusion: &Conclusion) -> StoreResult<()> {
    let store = context.store.as_ref();
    if !conclusion.reopen {
        return sweep.finish(store, now_ms()).await;
    }
    if matches!(sweep.order(store).await?, SweepOrder::Stop | SweepOrder::Cancel) {
        sweep.give_order(store, SweepOrder::Run).await?;
    }
    sweep.reopen(store).await?;
    context.ui.say(&format!("The sweep is open: sweep run --sweep-id={}", sweep.id()));
    Ok(())
}

fn show(ui: &Ui, config: &Config, (report, deleted): (&SweepReport<'_>, u64), conclusion: &Conclusion) {
    match conclusion.format {
        AnswerFormat::Json => ui.json(&format!("{:#}\n", summary_json(report, deleted))),
        AnswerFormat::Csv => ui.data(&report.analysis.map(analysis_csv).unwrap_or_default()),
        AnswerFormat::Table => {
            show_table(ui, config, report);
        }
    }
}

fn show_table(ui: &Ui, config: &Config, report: &SweepReport<'_>) {
    match (report.objective, report.analysis) {
        (Some(objective), Some(analysis)) => print_importance(ui, analysis, objective.name),
        _ => ui.say(
            "The config names no metric: there is nothing to analyse. `metric: {name: …, goal: …}` does, or --metric.",
        ),
    }
    print_failures(ui, report.failures);
    if let Some(front) = report.front {
        let on_front = front.trials.iter().filter(|trial| trial.on_front).count();
        let names: Vec<String> = front.metrics.iter().map(|(name, _)| printable(name)).collect();
        ui.tell(&format!(
            "Front: {on_front} of {} by {} (sweep best)\n",
            words::count(front.trials.len() as u64, "trial"),
            names.join(" and ")
        ));
    }
    let (Some((best, value)), Some(objective)) = (report.best(), report.objective) else { return };
    let value = words::number(value);
    let name = printable(objective.name);
    ui.tell(&format!("Best {name}: {value}, in trial {} (run {})\n", best.index, best.run_id));
    if let Some(said) = report.noise.and_then(noise_words) {
        ui.tell(&format!("  {value}{said}\n"));
    }
    if let Some(reported) = report.reported {
        tell_reported(ui, reported, objective.name);
    }
    for (name, value) in config.in_order(best.point.leaves(), |(name, _)| name) {
        ui.tell(&format!("  {}: {}\n", printable(&name), printable(&value.text())));
    }
}
