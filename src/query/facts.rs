//! What is known of a sweep by its parent run and its config alone.

use crate::config::{self, Config};
use crate::record::{CONFIRM_METHOD, Sweep, tags};
use crate::strategy;

/// Trials that may be run in all, of a sweep whose method may be unknown to this program; `config` is its newest.
pub fn limit_of(sweep: &Sweep, config: &Config) -> Option<u64> {
    match sweep.strategy(config) {
        Ok(strategy) => strategy::limit(config, strategy.as_ref()),
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
