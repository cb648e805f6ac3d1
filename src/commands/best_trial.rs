//! `best` in the place of a trial's number.

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::ranking::best_of;
use super::values::Chosen;
use crate::config::Config;
use crate::record::{Ledger, Sweep};
use crate::tracking::Run;

/// The word that stands for the best trial.
pub(super) const BEST: &str = "best";

/// The run of a sweep's best trial.
///
/// # Errors
/// Where there is none, and as the store's.
pub(super) async fn best_run(context: &Context, sweep: &Sweep, config: &Config) -> Result<Run, Failure> {
    let metric = Chosen::of(config.metric.as_ref(), None, None).ok_or_else(|| {
        Failure::new(Exit::Usage, "the config of this sweep names no metric: there is no best trial")
            .hint("Give the number of a trial; `sweep trials` shows them.")
    })?;
    let results = Ledger::read(context.store.as_ref(), &sweep.ledger).await?.results();
    let best = best_of(&context.store, sweep, &results, &metric, 1).await?.pop();
    best.map(|best| best.run).ok_or_else(|| {
        let name = &sweep.parent.info.name;
        Failure::new(Exit::WorkFailed, format!("no finished trial of sweep {name} has a {}", metric.name))
            .hint("`sweep trials` shows what became of them.")
    })
}
