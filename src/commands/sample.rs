//! `sweep sample CONFIG`: the points that would be tried; touches no store.

use std::path::PathBuf;

use serde_json::json;

use super::context::Setting;
use super::exit::Exit;
use super::failure::Failure;
use super::format::Format;
use super::load::load_file;
use crate::config::Config;
use crate::config::command::{RenderContext, Rendered, render};
use crate::space::Point;
use crate::strategy::{self, Strategy};
use crate::trial::{TrialIndex, trial_seed};
use crate::ui::words;

/// What was typed.
#[derive(Debug, Clone)]
pub struct SampleArgs {
    /// The sweep file.
    pub config: PathBuf,
    /// How many points.
    pub number: u64,
    /// The first trial.
    pub from: u64,
    /// The seed; `None`: the config's, else 0.
    pub seed: Option<u64>,
    /// How points are printed.
    pub format: Format,
}

/// Prints points, a line each.
///
/// # Errors
/// Where the config has faults, or its method needs what only a running sweep has.
pub fn sample(setting: &Setting, args: &SampleArgs) -> Result<Exit, Failure> {
    let (config, _) = load_file(&setting.ui, &args.config)?;
    let seed = seed_of(setting, &config, args.seed);
    let strategy = strategy::for_config(&config, seed)?;
    let sampler = Sampler::new(&config, strategy.as_ref(), seed);
    let asked = args.from.saturating_add(args.number);
    let last = strategy.foreseeable().unwrap_or(asked).min(asked);
    let mut outcome = Ok(());
    let mut indices = args.from..last;
    setting.ui.stream(|| match sampler.line(TrialIndex(indices.next()?), args.format) {
        Ok(line) => line,
        Err(failure) => {
            outcome = Err(failure);
            None
        }
    });
    if last < asked && strategy.size().is_none_or(|size| u128::from(last) < size) {
        setting.ui.say(&format!(
            "Only the first {last} points are fixed: those from trial {last} on follow from the results of the trials before."
        ));
    }
    outcome.map(|()| Exit::Done)
}

/// The seed that points are drawn with where no sweep has drawn one.
pub(super) fn seed_of(setting: &Setting, config: &Config, typed: Option<u64>) -> u64 {
    typed.or(config.seed).unwrap_or_else(|| {
        setting.ui.say("The config has no seed: these are the points of seed 0; `sweep init` draws one.");
        0
    })
}

/// Trials of a config as a person or a program reads them.
pub(super) struct Sampler<'a> {
    config: &'a Config,
    strategy: &'a dyn Strategy,
    seed: u64,
    declared: Vec<String>,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(config: &'a Config, strategy: &'a dyn Strategy, seed: u64) -> Self {
        Self { config, strategy, seed, declared: config.parameter_names() }
    }

    /// A trial on one line; `None`: there are no more.
    fn line(&self, trial: TrialIndex, format: Format) -> Result<Option<String>, Failure> {
        let Some(point) = self.strategy.point(trial.0)? else { return Ok(None) };
        Ok(Some(match format {
            Format::Table => format!("{trial:>6}  {}", words::point(&self.config.ordered(&point))),
            Format::Json => {
                let command = self.command(trial, &point)?;
                let line = command.real_line();
                json!({ "trial": trial.0, "params": point.to_json(), "command": line, "argv": command.argv })
                    .to_string()
            }
        }))
    }

    /// The command of a trial as it would run.
    pub(super) fn command_of(&self, trial: TrialIndex) -> Result<Option<String>, Failure> {
        let point = self.strategy.point(trial.0)?;
        point.map(|point| Ok(self.command(trial, &point)?.display)).transpose()
    }

    fn command(&self, trial: TrialIndex, point: &Point) -> Result<Rendered, Failure> {
        let trial_seed = trial_seed(self.seed, trial).to_string();
        let context = RenderContext {
            program: self.config.program.as_deref(),
            environment: &|name| std::env::var(name).ok(),
            extra: &[("trial_seed", &trial_seed)],
            params_file: None,
            declared: &self.declared,
        };
        render(&self.config.command, point, &context)
            .map_err(|error| Failure::new(Exit::Usage, error.to_string()))
    }
}
