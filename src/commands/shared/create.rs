//! Making a sweep.

use std::path::Path;

use super::context::{Context, Setting};
use super::failure::CommandFailure;
use super::load::load_file;
use super::names::sweep_name;
use super::namesakes;
use super::priors::read_priors;
use crate::config::{Config, Method};
use crate::process::now_ms;
use crate::record::{LATEST, NewSweep, Sweep, of_name, tags};
use crate::strategy;

/// Checks a config whole, and only then opens the store, makes the sweep and remembers it in this directory.
pub async fn create(
    setting: &Setting,
    path: &Path,
    priors: &[String],
) -> Result<(Context, Sweep, Config), CommandFailure> {
    let (config, bytes) = load_file(&setting.ui, path)?;
    let seed = config.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    // A method that can't be run is reported before anything is made.
    strategy::for_config(&config, seed)?;
    let context = Context::open(setting)?;
    let prior = read_priors(&context, &config, priors).await?;
    if prior.is_some() && config.method != Method::Bayes {
        let method = config.method.as_str();
        context.ui.warn(&format!("`method: {method}` does not look at old sweeps: --prior changes nothing"));
    }
    let identity = context.identity();
    let name = config.sweep_name.clone().unwrap_or_else(|| sweep_name(&mut rand::rng()));
    if config.sweep_name.is_some() {
        warn_of_namesakes(&context, &name).await?;
    }
    let mut tags = context.git_tags().await;
    tags.push((tags::FOLDER.to_owned(), context.folder.display().to_string()));
    tags.push((tags::HOST.to_owned(), identity.host.clone()));
    tags.push((tags::CONFIG_FILE.to_owned(), path.display().to_string()));
    let new = NewSweep {
        name: &name,
        experiment: &config.experiment_name,
        config: &bytes,
        seed,
        method: config.method.as_str(),
        note: config.description.as_deref(),
        user: &identity.user,
        tags,
        prior: prior.as_ref(),
        now: now_ms(),
    };
    let sweep = Sweep::create(context.store.as_ref(), &new).await?;
    context.remember(&sweep);
    Ok((context, sweep, config))
}

/// Two sweeps of one name differ in their ids alone.
async fn warn_of_namesakes(context: &Context, name: &str) -> Result<(), CommandFailure> {
    let sweeps = Sweep::all(context.store.as_ref()).await?;
    let Some(newest) = of_name(&sweeps, name).last().copied() else { return Ok(()) };
    let (id, age) = (newest.info.id.short(), namesakes::age(newest));
    context.ui.warn(&format!(
        "there is a sweep named `{name}` already ({id}, {age}): name this one by its id, or as {name}{LATEST}"
    ));
    Ok(())
}
