//! `sweep report`: the report of a sweep as it stands now, in a file or in the browser. It writes nothing to the store, so it may be
//! asked for while agents run.

use std::path::PathBuf;

use serde::Serialize;

use super::shared::{
    CommandFailure, Context, Delivery, Exit, ReportLocation, ReportMaterial, Setting, SweepChoice,
    load_sweep, open_report, print_json, refuse_half, report_place, workspace, write_report,
};
use crate::config::{Config, Goal};
use crate::query::{Overview, SweepMethods, SweepState, methods_facts};
use crate::record::{Sweep, tags};
use crate::report::{methods_markdown, methods_text, report_html};
use crate::ui::printable;

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct ReportArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// The metric; `None`: the config's.
    pub metric: Option<String>,
    /// Its direction; `None`: the config's for its own metric.
    pub goal: Option<Goal>,
    /// What is to be done with it.
    pub delivery: Delivery,
    /// The paragraph for a paper, and nothing else.
    pub methods: Option<MethodsFormat>,
}

/// How the paragraph for a paper is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MethodsFormat {
    /// One paragraph of plain text.
    #[default]
    Text,
    /// Markdown, a point of the checklists a line.
    Markdown,
    /// For programs.
    Json,
}

/// Prints where the report is, which is made where there is none that is up to date.
///
/// # Errors
/// Where the sweep can't be opened, there is nothing to report, or the store fails.
pub async fn report(setting: &Setting, args: &ReportArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let (sweep, config) = load_sweep(&context, &args.sweep).await?;
    refuse_half(&sweep)?;
    if let Some(format) = args.methods {
        return methods(&context, &sweep, &config, format).await;
    }
    let place =
        if args.delivery.file.is_none() && args.metric.is_none() && is_up_to_date(&context, &sweep).await? {
            report_place(&context, &sweep, None)
        } else {
            make(&context, &sweep, &config, args).await?
        };
    context.ui.tell(&format!("{}\n", printable(&place.shown)));
    if args.delivery.open {
        open_report(&context, &place);
    }
    Ok(Exit::Done)
}

/// Prints the paragraph for a paper.
async fn methods(
    context: &Context,
    sweep: &Sweep,
    config: &Config,
    format: MethodsFormat,
) -> Result<Exit, CommandFailure> {
    let facts = methods_facts(&context.store, sweep, config).await?;
    match format {
        MethodsFormat::Text => context.ui.tell(&methods_text(&facts)),
        MethodsFormat::Markdown => context.ui.data(&methods_markdown(&facts)),
        MethodsFormat::Json => {
            print_json(&context.ui, &MethodsJson { text: methods_text(&facts).trim_end(), facts: &facts });
        }
    }
    Ok(Exit::Done)
}

/// The paragraph with what it is made of, for programs.
#[derive(Debug, Serialize)]
struct MethodsJson<'a> {
    #[serde(flatten)]
    facts: &'a SweepMethods,
    text: &'a str,
}

/// Whether `sweep finalize` has made a report since the last result came in.
async fn is_up_to_date(context: &Context, sweep: &Sweep) -> Result<bool, CommandFailure> {
    if sweep.parent.tag(tags::REPORTED).is_none() {
        return Ok(false);
    }
    let overview = Overview::read(&context.store, sweep.parent.clone()).await?;
    Ok(overview.state() == SweepState::Finished && overview.report_behind().is_none())
}

/// Writes the report of what is there now to a file of this directory.
async fn make(
    context: &Context,
    sweep: &Sweep,
    config: &Config,
    args: &ReportArgs,
) -> Result<ReportLocation, CommandFailure> {
    let made = ReportMaterial::read(context, sweep, config, (args.metric.as_deref(), args.goal)).await?;
    made.refuse_empty("no report was made")?;
    let file: PathBuf = match &args.delivery.file {
        Some(file) => file.clone(),
        None => workspace::make_report(&context.folder, sweep.id().as_str()).map_err(|error| {
            CommandFailure::new(Exit::WorkFailed, "this directory can't keep the report")
                .caused_by(&error)
                .hint("Name a file elsewhere: sweep report -o FILE")
        })?,
    };
    write_report(&file, &report_html(&made.report()))?;
    if args.delivery.file.is_none() {
        let id = sweep.id().short();
        context.ui.say(&format!("As it stands now; `sweep finalize {id}` saves the report with the sweep."));
    }
    Ok(report_place(context, sweep, Some(&file)))
}
