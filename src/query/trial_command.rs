//! The command of a stored trial, made from the sweep's config and the trial's point.
//!
//! A run keeps its command line in a tag for people. Anyone who may write to the store may write that tag, so nothing that
//! is run or shown as the command is read from it.

use super::error::QueryError;
use super::rows::whole_point;
use crate::config::command::{RenderContext, Rendered, quoted, render};
use crate::config::{Command, Config, Fitter};
use crate::record::{Sweep, index_of, tags};
use crate::space::Point;
use crate::tracking::Run;
use crate::trial::{TrialIndex, trial_seed};

/// The command of a trial.
pub struct TrialCommand {
    rendered: Rendered,
    /// What the run's tag says instead.
    pub tag_differs: bool,
}

/// A longer command may have been cut by the store that keeps it in a tag.
const WHOLE_TAG: usize = 4000;

impl TrialCommand {
    /// Makes the command of a run.
    ///
    /// # Errors
    /// Where the run has not kept its point, or the point can't be trusted in the command.
    pub fn of(sweep: &Sweep, config: &Config, run: &Run) -> Result<Self, QueryError> {
        let point = whole_point(sweep, config, run)?;
        refuse_foreign_text(config, &point)?;
        let seed = seed_of(sweep, run).to_string();
        let context = RenderContext {
            program: config.program.as_deref(),
            environment: &|name| std::env::var(name).ok(),
            extra: &[("trial_seed", &seed)],
            params_file: None,
            declared: &config.parameter_names(),
        };
        let rendered = render(&config.command, &point, &context)
            .map_err(|error| QueryError::unknown(error.to_string()))?;
        let same = |tag: &str| {
            tag == rendered.display || tag.len() >= WHOLE_TAG && rendered.display.starts_with(tag)
        };
        let tag_differs = run.tag(tags::COMMAND).is_some_and(|tag| !same(tag));
        Ok(Self { rendered, tag_differs })
    }

    /// As people see it; no value of the environment is in it.
    pub fn shown(&self) -> &str {
        &self.rendered.display
    }

    /// As a line for `sh`, which writes the file of `${args_json_file}` itself.
    pub fn line(&self) -> String {
        match &self.rendered.params_file_json {
            None => self.rendered.line.clone(),
            Some(json) => format!(
                "sweep_params=$(mktemp) && printf %s {} > \"$sweep_params\" && {}",
                quoted(json),
                self.rendered.line
            ),
        }
    }
}

/// The command of a run that a sweep has run, as people see it; `None`: it is not known.
pub fn shown_command(sweep: &Sweep, config: &Config, run: &Run) -> Option<String> {
    run.tag(tags::COMMAND)?;
    TrialCommand::of(sweep, config, run).ok().map(|command| command.shown().to_owned())
}

/// What is said where the tag of a run differs.
pub const TAG_DIFFERS: &str =
    "the run's tag sweep.command says something else; this is the command by the sweep's config";

/// The seed that a trial was given.
pub fn seed_of(sweep: &Sweep, run: &Run) -> u64 {
    let kept = run.tag(tags::TRIAL_SEED).and_then(|seed| seed.parse().ok());
    kept.unwrap_or_else(|| trial_seed(sweep.seed, index_of(run).unwrap_or(TrialIndex(0))).into())
}

/// Refuses a point that the sweep can't have made, where the command would have the shell read it.
///
/// # Errors
/// As described.
pub fn refuse_foreign_text(config: &Config, point: &Point) -> Result<(), QueryError> {
    let raw = matches!(&config.command, Command::Shell(text) if text.contains("${raw:"));
    if !raw || config.points.contains(point) {
        return Ok(());
    }
    Fitter::new(config).fit(point).map(drop).map_err(|misfit| {
        QueryError::unrecorded(format!(
            "the point stored with the run does not belong to its sweep: {misfit}"
        ))
        .with_hint(
            "The command has a value unquoted (`${raw:…}`), so the shell would run what the run's tag says.",
        )
    })
}
