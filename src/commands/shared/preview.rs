//! What a config would do, before anything is done.

use std::fmt::Write as _;

use serde_json::json;

use super::context::Setting;
use super::exit::Exit;
use super::failure::CommandFailure;
use super::format::Format;
use crate::config::Config;
use crate::config::command::{RenderContext, Rendered, render};
use crate::space::Point;
use crate::strategy::{self, Strategy};
use crate::trial::{TrialIndex, trial_seed};
use crate::ui::{Style, words};

/// Commands that are shown.
const SHOWN: u64 = 5;

/// A strategy, or why there is none.
pub type BuiltSweep = Result<Box<dyn Strategy>, strategy::StrategyError>;

/// What a config would do, in words: `setting` says in which colours, `name` is that of the file.
///
/// # Errors
/// Where a command can't be made of a point.
pub fn summary(
    setting: &Setting,
    name: &str,
    config: &Config,
    seed: u64,
    strategy: BuiltSweep,
) -> Result<String, CommandFailure> {
    let ok = Style::Good.paint("ok", setting.ui.color_out);
    let mut text = format!("{name}: {ok}\n");
    let mut line = |label: &str, value: String| {
        // Writing to a text can't fail.
        let _ = writeln!(text, "  {label:<11} {value}");
    };
    line("experiment", config.experiment_name.clone());
    let objectives = config.objectives();
    match objectives.metrics.len() {
        0 => {}
        1 => line("metric", objectives.words()),
        count => {
            line("metrics", objectives.words());
            let limits = if objectives.limits.is_empty() { "" } else { " within the limits" };
            line(
                "answer",
                format!("the front of {count} metrics{limits}: trials that no other one beats in all"),
            );
        }
    }
    let size = strategy.as_ref().ok().and_then(|strategy| strategy.size());
    line("method", format!("{}, {}", config.method.as_str(), trials(config, size)));
    let leaves = config.in_order(config.space.leaves(), |leaf| &leaf.name);
    let combinations = size.map(|size| format!(", {size} points")).unwrap_or_default();
    line("space", format!("{}{combinations}", words::count(leaves.len() as u64, "parameter")));
    let widest =
        leaves.iter().map(|leaf| leaf.name.chars().count()).filter(|width| *width <= 32).max().unwrap_or(0);
    for leaf in &leaves {
        let distribution = &leaf.parameter.distribution;
        let fields: Vec<String> =
            distribution.fields().into_iter().map(|(key, value)| format!("{key} {}", value.text())).collect();
        let _ = writeln!(
            text,
            "    {}{}  {}",
            leaf.name,
            " ".repeat(widest.saturating_sub(leaf.name.chars().count())),
            shortened(&format!("{}: {}", distribution.name(), fields.join(", ")))
        );
    }
    match strategy {
        Ok(strategy) => {
            let _ = writeln!(text, "  the first commands, with seed {seed}:");
            let sampler = Sampler::new(config, strategy.as_ref(), seed);
            for trial in 0..config.run_cap.unwrap_or(SHOWN).min(SHOWN) {
                let Some(command) = sampler.command_of(TrialIndex(trial))? else { break };
                let _ = writeln!(text, "    {command}");
            }
        }
        Err(error) => {
            let _ = writeln!(text, "  no commands are shown: {error}");
        }
    }
    Ok(text)
}

/// How many trials the sweep would run.
fn trials(config: &Config, size: Option<u128>) -> String {
    match (config.run_cap.map(u128::from), size) {
        (Some(cap), Some(size)) if size <= cap => format!("{size} trials"),
        (Some(cap), _) => format!("{cap} trials (run_cap)"),
        (None, Some(size)) => format!("{size} trials"),
        (None, None) => "trials without end (no run_cap)".to_owned(),
    }
}

/// A long list of values is known well enough by its beginning.
fn shortened(text: &str) -> String {
    const MOST: usize = 100;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(std::iter::once('…')).collect()
}

/// The seed that points are drawn with where no sweep has drawn one.
pub fn seed_of(setting: &Setting, config: &Config, typed: Option<u64>) -> u64 {
    typed.or(config.seed).unwrap_or_else(|| {
        setting.ui.say("The config has no seed: these are the points of seed 0; `sweep init` draws one.");
        0
    })
}

/// Trials of a config as a person or a program reads them.
pub struct Sampler<'a> {
    config: &'a Config,
    strategy: &'a dyn Strategy,
    seed: u64,
    declared: Vec<String>,
}

impl<'a> Sampler<'a> {
    pub fn new(config: &'a Config, strategy: &'a dyn Strategy, seed: u64) -> Self {
        Self { config, strategy, seed, declared: config.parameter_names() }
    }

    /// A trial on one line; `None`: there are no more.
    pub fn line(&self, trial: TrialIndex, format: Format) -> Result<Option<String>, CommandFailure> {
        let Some(point) = self.strategy.point(trial)? else { return Ok(None) };
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
    pub fn command_of(&self, trial: TrialIndex) -> Result<Option<String>, CommandFailure> {
        let point = self.strategy.point(trial)?;
        point.map(|point| Ok(self.command(trial, &point)?.display)).transpose()
    }

    fn command(&self, trial: TrialIndex, point: &Point) -> Result<Rendered, CommandFailure> {
        let trial_seed = trial_seed(self.seed, trial).to_string();
        let context = RenderContext {
            program: self.config.program.as_deref(),
            environment: &|name| std::env::var(name).ok(),
            extra: &[("trial_seed", &trial_seed)],
            params_file: None,
            declared: &self.declared,
        };
        render(&self.config.command, point, &context)
            .map_err(|error| CommandFailure::new(Exit::Usage, error.to_string()))
    }
}
