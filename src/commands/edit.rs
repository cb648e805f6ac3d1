//! `sweep edit`: another version of a sweep's config, while its agents run.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::shared::{
    AnsweringAgents, CommandFailure, Context, Exit, Setting, SweepChoice, read_file, refuse_half, sweep_run,
};
use crate::config::{self, EditRefusal};
use crate::process::now_ms;
use crate::query::{Overview, limit_of};
use crate::record::{EditOutcome, EditedSweep, Sweep};
use crate::ui::{printable, words};

/// What was typed.
#[derive(Debug, Clone)]
pub struct EditArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// Keys and their new values, as YAML: dots lead into mappings.
    pub set: Vec<(String, String)>,
    /// Parameters that are added, with the value that trials had before.
    pub before: Vec<(String, String)>,
    /// Points that are to be tried next, as YAML mappings.
    pub points: Vec<String>,
    /// The new config; `-` for stdin.
    pub file: Option<PathBuf>,
}

/// Gives a sweep another version of its config. Without anything to set, an editor opens.
///
/// # Errors
/// Where the new config has errors or can't follow the present one, another edit came first, or the store fails.
pub async fn edit(setting: &Setting, args: &EditArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open(setting)?;
    let overview = Overview::read(&context.store, sweep_run(&context, &args.sweep).await?).await?;
    refuse_half(&overview.sweep)?;
    let text = String::from_utf8_lossy(&overview.sweep.config).into_owned();
    let new = match &args.file {
        Some(path) => NewConfig { bytes: read_file(path)?, kept: None },
        None if args.set.is_empty() && args.before.is_empty() && args.points.is_empty() => {
            in_editor(&overview.sweep, &text)?
        }
        None => NewConfig { bytes: text.into_bytes(), kept: None },
    };
    let bytes = with_keys(new.bytes, args)?;
    let agents = AnsweringAgents::of(context.store.as_ref(), &overview).await?;
    let by = context.identity().user;
    let outcome = overview.sweep.edit(context.store.as_ref(), &bytes, &by, now_ms()).await?;
    let failure = match outcome {
        EditOutcome::Edited(edited) => {
            let answer = agents.hear(&context.store, overview.sweep.id(), &edited.order).await?;
            report(&context, &overview, &edited, &answer);
            return Ok(Exit::Done);
        }
        EditOutcome::Same => {
            context.ui.say(&format!("{}: nothing has changed.", name(&overview.sweep)));
            return Ok(Exit::Done);
        }
        EditOutcome::Overtaken => CommandFailure::new(
            Exit::TryAgain,
            format!(
                "{} was edited by somebody else a moment ago: nothing was changed",
                name(&overview.sweep)
            ),
        )
        .hint("Run the same command again: it starts from the version that there is now."),
        EditOutcome::Findings(checked) => {
            let source = String::from_utf8_lossy(&bytes);
            let findings = config::render_findings("the new config", &source, &checked, context.ui.color_err);
            context.ui.findings(findings.trim_end());
            let errors = words::count(checked.errors.len() as u64, "error");
            CommandFailure::new(Exit::Usage, format!("the new config has {errors}: nothing was changed"))
        }
        EditOutcome::Refused(refused) => refusal(&overview.sweep, &refused),
    };
    Err(match new.kept {
        Some(path) => failure.hint(format!(
            "What you wrote is kept: sweep edit {} --file {}",
            overview.sweep.id().short(),
            path.display()
        )),
        None => failure,
    })
}

/// The config that is wanted.
struct NewConfig {
    bytes: Vec<u8>,
    /// The file that holds what a person wrote in an editor.
    kept: Option<PathBuf>,
}

fn name(sweep: &Sweep) -> String {
    printable(&sweep.parent.info.name)
}

/// Sets what was typed.
fn with_keys(bytes: Vec<u8>, args: &EditArgs) -> Result<Vec<u8>, CommandFailure> {
    let usage = |error: config::SetKeyError| {
        CommandFailure::new(Exit::Usage, error.to_string())
            .hint("`sweep edit` alone opens the whole config in $EDITOR, --file takes it from a file.")
    };
    if args.set.is_empty() && args.before.is_empty() && args.points.is_empty() {
        return Ok(bytes);
    }
    let mut text = String::from_utf8(bytes)
        .map_err(|_| CommandFailure::new(Exit::Usage, "the config is no UTF-8: nothing in it can be set"))?;
    for (key, value) in &args.set {
        text = config::set_key(&text, key, value).map_err(usage)?;
    }
    for (parameter, value) in &args.before {
        let path = format!("parameters.{}.before", parameter.replace('.', ".parameters."));
        let plain = format!("parameters.{parameter}.before");
        text = config::set_key(&text, &plain, value)
            .or_else(|_| config::set_key(&text, &path, value))
            .map_err(usage)?;
    }
    for point in &args.points {
        let read = config::yaml_value(point.as_bytes());
        let Some(crate::space::Value::Map(entries)) = read else {
            return Err(CommandFailure::new(Exit::Usage, format!("`{}` is no point", printable(point)))
                .hint("Write a mapping of parameters to values: --point \"{lr: 0.01, layers: 3}\"."));
        };
        text = config::add_point(&text, &crate::space::Point(entries)).map_err(usage)?;
    }
    Ok(text.into_bytes())
}

/// Lets a person write the new config.
fn in_editor(sweep: &Sweep, text: &str) -> Result<NewConfig, CommandFailure> {
    let failed = |error: std::io::Error| {
        CommandFailure::new(Exit::WorkFailed, "the config can't be opened in an editor").caused_by(&error)
    };
    let file = tempfile::Builder::new()
        .prefix(&format!("sweep-{}-", sweep.id().short()))
        .suffix(".yaml")
        .tempfile()
        .and_then(|file| file.keep().map_err(|error| error.error))
        .map_err(failed)?;
    let path = file.1;
    std::fs::write(&path, text).map_err(failed)?;
    let editor = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|text| !text.is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    // As git does it: the variable may hold arguments.
    let status = Command::new("sh")
        .args(["-c", &format!("{editor} \"$@\""), &editor])
        .arg(&path)
        .status()
        .map_err(failed)?;
    if !status.success() {
        remove(&path);
        return Err(CommandFailure::new(
            Exit::WorkFailed,
            format!("the editor `{editor}` failed: nothing was changed"),
        )
        .hint("Set EDITOR, or use --set KEY=VALUE or --file."));
    }
    let bytes = std::fs::read(&path).map_err(failed)?;
    if bytes == text.as_bytes() {
        remove(&path);
        return Ok(NewConfig { bytes, kept: None });
    }
    Ok(NewConfig { bytes, kept: Some(path) })
}

fn remove(path: &Path) {
    // It is in the folder for what may be lost.
    let _ = std::fs::remove_file(path);
}

fn refusal(sweep: &Sweep, refused: &[EditRefusal]) -> CommandFailure {
    let each = refused.iter().map(|one| format!("`{}`: {}", printable(&one.key), printable(&one.why)));
    let each: Vec<String> = each.collect();
    CommandFailure::new(Exit::Usage, format!("{} can't be edited so: {}", name(sweep), each.join("; "))).hint(format!(
        "Nothing was changed. A new sweep may differ in anything, and know these trials: sweep init NEW.yaml --prior {}",
        sweep.id().short()
    ))
}

fn report(context: &Context, before: &Overview, edited: &EditedSweep, answer: &str) {
    let (sweep, ui) = (&edited.sweep, &context.ui);
    ui.say(&format!(
        "{} is at version {} of its config: {}. {answer}",
        name(sweep),
        sweep.version(),
        printable(&edited.changes.join(", "))
    ));
    let limit = limit_of(sweep, &edited.config);
    let taken = before.standing.begun + before.standing.empty;
    let is_more = limit.is_none_or(|limit| taken < limit);
    if is_more && (before.is_finalized() || before.is_complete()) {
        ui.say(&format!("There are trials to run again: sweep run {}", sweep.id().short()));
    }
    let points = sweep.strategy(&edited.config).ok().and_then(|strategy| strategy.size());
    if let (Some(cap), Some(points)) = (edited.config.run_cap, points)
        && u128::from(cap) < points
    {
        ui.say(&format!("run_cap ends the sweep after {cap} of {points} points."));
    }
}
