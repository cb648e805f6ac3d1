//! What is known of a sweep by its parent run and its config alone.

use crate::config::{self, Config};
use crate::record::{CONFIRM_METHOD, Sweep, tags};
use crate::strategy::{self, Strategy};

/// Trials that may be run in all: `run_cap`, or the points that there are, whichever is less.
pub fn limit(config: &Config, strategy: &dyn Strategy) -> Option<u64> {
    let points = strategy.size().map(|size| u64::try_from(size).unwrap_or(u64::MAX));
    match (config.run_cap, points) {
        (Some(cap), Some(points)) => Some(cap.min(points)),
        (cap, points) => cap.or(points),
    }
}

/// Trials that may be run in all, of a config whose method may be unknown to this program.
pub fn limit_of(config: &Config, seed: u64) -> Option<u64> {
    match strategy::for_config(config, seed) {
        Ok(strategy) => limit(config, strategy.as_ref()),
        Err(_) => config.run_cap,
    }
}

/// The config of a sweep, where this program can read it; its findings were printed at `init`.
pub(super) fn config_of(sweep: &Sweep) -> Option<Config> {
    let checked = config::check(&sweep.config);
    checked.config.filter(|_| checked.errors.is_empty())
}

/// The method of a sweep whose trials were run by another program.
pub const IMPORTED: &str = "imported";

/// How the points of a sweep were chosen, for people: a table of another program does not say it.
pub fn method_of(sweep: &Sweep, config: &Config) -> &'static str {
    if is_imported_table(sweep) {
        IMPORTED
    } else if sweep.parent.tag(tags::CONFIRMS).is_some() {
        CONFIRM_METHOD
    } else {
        config.method.as_str()
    }
}

/// Whether its trials come from a table of another program.
pub fn is_imported_table(sweep: &Sweep) -> bool {
    sweep.parent.tag(tags::METHOD) == Some(IMPORTED)
}
