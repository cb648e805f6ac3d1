//! `sweep sample CONFIG`: the points that would be tried; touches no store.

use std::path::PathBuf;

use super::shared::{CommandFailure, Exit, Format, Sampler, Setting, load_file, seed_of};
use crate::strategy;
use crate::trial::TrialIndex;

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
/// Where the config has errors, or its method needs what only a running sweep has.
pub fn sample(setting: &Setting, args: &SampleArgs) -> Result<Exit, CommandFailure> {
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
