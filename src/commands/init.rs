//! `sweep init CONFIG`: the parent run, with the config as its artifact, and the ledger.

use std::path::PathBuf;

use super::shared::{CommandFailure, Exit, Setting, create, name_of, summary, sweep_files};
use crate::strategy;

/// What was typed.
#[derive(Debug, Clone)]
pub struct InitArgs {
    /// The sweep file; `None`: the one of this directory.
    pub config: Option<PathBuf>,
    /// Old sweeps that it is to know: ids, folders or CSV files.
    pub priors: Vec<String>,
}

/// Makes a sweep, prints its config as `sweep check` reads it, and its id.
///
/// # Errors
/// Where the config has errors (nothing is created then) or the store fails.
pub async fn init(setting: &Setting, args: &InitArgs) -> Result<Exit, CommandFailure> {
    let path = match &args.config {
        Some(path) => path.clone(),
        None => the_one_here(setting)?,
    };
    let (context, sweep, config) = create(setting, &path, &args.priors).await?;
    let strategy = strategy::for_config(&config, sweep.seed);
    let summary = summary(setting, &name_of(&path), &config, sweep.seed, strategy)?;
    if !context.ui.quiet {
        context.ui.tell(&summary);
    }
    context.ui.tell(&format!("Sweep initialized with ID: {}\n", sweep.id()));
    let short = sweep.id().short();
    context.ui.say(&format!("Start an agent: `sweep run` here, `sweep run {short}` anywhere else."));
    Ok(Exit::Done)
}

/// The sweep file of this directory, where there is just one.
fn the_one_here(setting: &Setting) -> Result<PathBuf, CommandFailure> {
    match sweep_files(&setting.folder).as_slice() {
        [one] => {
            setting.ui.say(&format!("The sweep file here is {one}."));
            Ok(PathBuf::from(one))
        }
        [] => Err(CommandFailure::new(Exit::Usage, "no sweep file is named, and there is none in this directory").hint(
            "`sweep new \"python train.py\"` writes one from what the script's --help says; `sweep new --example` writes an \
             example that runs.",
        )),
        several => Err(CommandFailure::new(Exit::Usage, "no sweep file is named, and there are several in this directory")
            .hint(format!("Name the one that is meant: {}.", several.join(", ")))),
    }
}
