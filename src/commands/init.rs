//! `sweep init CONFIG`: the parent run, with the config as its artifact, and the ledger.

use std::path::PathBuf;

use super::shared::{CommandFailure, Exit, Setting, create, name_of, summary};
use crate::strategy;

/// What was typed.
#[derive(Debug, Clone)]
pub struct InitArgs {
    /// The sweep file.
    pub config: PathBuf,
    /// Old sweeps that it is to know: ids, folders or CSV files.
    pub priors: Vec<String>,
}

/// Makes a sweep, prints its config as `sweep check` reads it, and its id.
///
/// # Errors
/// Where the config has errors (nothing is created then) or the store fails.
pub async fn init(setting: &Setting, args: &InitArgs) -> Result<Exit, CommandFailure> {
    let (context, sweep, config) = create(setting, &args.config, &args.priors).await?;
    let strategy = strategy::for_config(&config, sweep.seed);
    let summary = summary(setting, &name_of(&args.config), &config, sweep.seed, strategy)?;
    if !context.ui.quiet {
        context.ui.tell(&summary);
    }
    context.ui.tell(&format!("Sweep initialized with ID: {}\n", sweep.id()));
    let short = sweep.id().short();
    context.ui.say(&format!("Start an agent: `sweep run` here, `sweep run {short}` anywhere else."));
    Ok(Exit::Done)
}
