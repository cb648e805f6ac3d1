//! Which trial is meant, where `best` means the best trial of the sweep.

use super::choose::{Found, TrialChoice, find_trial};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::load::load_sweep;
use super::ranking::best_of;
use super::values::Chosen;
use crate::record::Ledger;

/// The word that stands for the best trial.
const BEST: &str = "best";

/// Finds the trial that is meant.
///
/// # Errors
/// Where there is none, or several.
pub(super) async fn trial_meant(context: &Context, choice: &TrialChoice) -> Result<Found, Failure> {
    if choice.trial != BEST {
        return find_trial(context, choice).await;
    }
    let (sweep, config) = load_sweep(context, &choice.sweep).await?;
    let metric = Chosen::of(config.metric.as_ref(), None, None).ok_or_else(|| {
        Failure::new(Exit::Usage, "the config of this sweep names no metric: there is no best trial")
            .hint("Give the number of a trial; `sweep trials` shows them.")
    })?;
    let results = Ledger::results(context.store.as_ref(), &sweep.ledger).await?;
    let best = best_of(&context.store, &sweep, &results, &metric, 1).await?.pop().ok_or_else(|| {
        let name = &sweep.parent.info.name;
        Failure::new(Exit::WorkFailed, format!("no finished trial of sweep {name} has a {}", metric.name))
            .hint("`sweep trials` shows what became of them.")
    })?;
    Ok(Found { attempts: vec![best.run.clone()], run: best.run, of: Some((sweep, config)) })
}
