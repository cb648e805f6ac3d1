//! `sweep init --prior …`: what a new sweep is to know of old ones.

use super::context::Context;
use super::exit::Exit;
use super::failure::CommandFailure;
use crate::config::Config;
use crate::exchange::{OldSweep, read_prior};
use crate::record::PriorTrials;
use crate::ui::{Ui, words};

/// Reads old sweeps: ids, folders or CSV files. What does not fit the new space is left out, and said.
pub async fn read_priors(
    context: &Context,
    config: &Config,
    sources: &[String],
) -> Result<Option<PriorTrials>, CommandFailure> {
    if sources.is_empty() {
        return Ok(None);
    }
    let Some(metric) = &config.metric else {
        return Err(CommandFailure::new(Exit::Usage, "--prior needs a metric, and the config names none")
            .hint("`metric: {name: …, goal: …}` says what the trials of both sweeps are judged by."));
    };
    if config.has_several_metrics() {
        return Err(CommandFailure::new(Exit::Usage, "--prior needs one metric, and the config has several")
            .hint("Name one in `metric`, with limits on the others in `subject_to`."));
    }
    let mut prior = PriorTrials::default();
    for source in sources {
        let old = read_prior(&context.store, &context.folder, (config, metric), source).await?;
        report(&context.ui, source, &old);
        prior.trials.extend(old.known.into_iter().map(|known| (source.to_owned(), known)));
    }
    Ok(Some(prior))
}

fn report(ui: &Ui, source: &str, old: &OldSweep) {
    let known = old.known.len() as u64;
    ui.say(&format!("{source}: {known} of {} known", words::count(old.total, "trial")));
    if !old.left_out.is_empty() {
        ui.warn(&format!("{source}: {} left out: {}", old.total - known, old.left_out.join(", ")));
    }
    if !old.unknown.is_empty() {
        let names = old.unknown.join(", ");
        ui.warn(&format!("{source}: the new space has no {names}: trials count as if these did not matter"));
    }
}
