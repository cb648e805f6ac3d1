//! `sweep check CONFIG`: everything that is wrong with a config at once, or what it would do; touches no store.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;

use super::context::Setting;
use super::exit::Exit;
use super::failure::Failure;
use super::format::Format;
use super::load::{name_of, read_file};
use super::sample::{Sampler, seed_of};
use crate::config::{self, Checked, Config, Method};
use crate::strategy::{self, Strategy};
use crate::trial::TrialIndex;
use crate::ui::{Style, words};

/// Commands that are shown.
const SHOWN: u64 = 5;

/// What was typed.
#[derive(Debug, Clone)]
pub struct CheckArgs {
    /// The sweep file.
    pub config: PathBuf,
    /// How findings are printed.
    pub format: Format,
}

/// Prints the JSON Schema of sweep files.
///
/// # Errors
/// None.
pub fn schema(setting: &Setting) -> Result<Exit, Failure> {
    setting.ui.json(&format!("{:#}\n", config::schema()));
    Ok(Exit::Done)
}

/// Checks a config and says what it would do.
///
/// # Errors
/// Where the file can't be read. Its faults are no failure of the check: they are what it prints.
pub fn check(setting: &Setting, args: &CheckArgs) -> Result<Exit, Failure> {
    let name = name_of(&args.config);
    let bytes = read_file(&args.config)?;
    let checked = config::check(&bytes);
    let seed = checked.config.as_ref().map(|config| match args.format {
        Format::Table => seed_of(setting, config, None),
        Format::Json => config.seed.unwrap_or_default(),
    });
    let strategy = match (&checked.config, seed) {
        (Some(config), Some(seed)) => Some(strategy::for_config(config, seed)),
        _ => None,
    };
    let exit = if checked.errors.is_empty() { Exit::Done } else { Exit::Usage };
    if args.format == Format::Json {
        let strategy = strategy.and_then(Result::ok);
        setting.ui.json(&format!("{:#}\n", findings_json(&checked, strategy.as_deref())));
        return Ok(exit);
    }
    let findings =
        config::render_findings(&name, &String::from_utf8_lossy(&bytes), &checked, setting.ui.color_err);
    if !findings.is_empty() {
        setting.ui.findings(findings.trim_end());
    }
    if let (Some(config), Some(seed), Some(strategy)) = (&checked.config, seed, strategy) {
        setting.ui.tell(&summary(setting, &name, config, seed, strategy)?);
    }
    Ok(exit)
}

fn findings_json(checked: &Checked, strategy: Option<&dyn Strategy>) -> serde_json::Value {
    let is_grid = checked.config.as_ref().is_some_and(|config| config.method == Method::Grid);
    let size = strategy.filter(|_| is_grid).and_then(Strategy::size);
    json!({
        "ok": checked.errors.is_empty(),
        "errors": checked.errors,
        "warnings": checked.warnings,
        "notes": checked.notes,
        // Beyond what JSON's readers hold exactly it is a text's business, not a number's.
        "grid_size": size.and_then(|size| u64::try_from(size).ok()),
    })
}

pub(super) type Built = Result<Box<dyn Strategy>, strategy::StrategyError>;

pub(super) fn summary(
    setting: &Setting,
    name: &str,
    config: &Config,
    seed: u64,
    strategy: Built,
) -> Result<String, Failure> {
    let ok = Style::Good.paint("ok", setting.ui.color_out);
    let mut text = format!("{name}: {ok}\n");
    let mut line = |label: &str, value: String| {
        // Writing to a text can't fail.
        let _ = writeln!(text, "  {label:<11} {value}");
    };
    line("experiment", config.experiment_name.clone());
    if let Some(metric) = &config.metric {
        line("metric", format!("{} {}", metric.goal.as_str(), metric.name));
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
