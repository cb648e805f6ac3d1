//! `sweep import DIR|CSV`: a sweep that was run elsewhere, entered as a finished one.

use std::path::PathBuf;

use super::context::{Context, Setting};
use super::exit::Exit;
use super::failure::Failure;
use super::import_table::Guess;
use super::{import_folder, import_table};
use crate::config::Goal;
use crate::record::Sweep;
use crate::ui::words;

/// What was typed.
#[derive(Debug, Clone)]
pub struct ImportArgs {
    /// A folder that `sweep export` wrote, or a CSV file.
    pub from: PathBuf,
    /// The experiment that is to hold it; `None`: as the folder says.
    pub experiment: Option<String>,
    /// Save its artifacts, too.
    pub artifacts: bool,
    /// Its name, where a CSV file has none.
    pub name: Option<String>,
    /// The column of the metric in a CSV file.
    pub metric: Option<String>,
    /// The metric's direction.
    pub goal: Option<Goal>,
    /// The columns of the params in a CSV file; empty: all that are not known to be something else.
    pub params: Vec<String>,
    /// Those of them that were drawn on a log scale, whatever their values look like.
    pub log: Vec<String>,
}

/// What came in.
pub(super) struct Imported {
    pub(super) sweep: Sweep,
    pub(super) trials: u64,
}

/// Makes a parent run, its ledger and a run a trial, with the times and states that they had.
///
/// # Errors
/// Where the folder or the table can't be read, and as the store's; nothing is left then.
pub async fn import(setting: &Setting, args: &ImportArgs) -> Result<Exit, Failure> {
    let from = setting.folder.join(&args.from);
    let imported = if from.is_dir() {
        import_folder::import(setting, &from, args).await?
    } else {
        let guess = Guess::read(&from, args)?;
        import_table::import(&Context::open(setting)?, &guess).await?
    };
    let (ui, id) = (&setting.ui, imported.sweep.id());
    ui.print(&format!("Sweep imported with ID: {id}\n"));
    let trials = words::count(imported.trials, "trial");
    ui.say(&format!("{trials}. What mattered: sweep analyze {id}"));
    Ok(Exit::Done)
}
