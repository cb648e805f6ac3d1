//! `sweep import DIR|CSV`: a sweep that was run elsewhere, entered as a finished one.

use super::context::{Context, Setting};
use super::exit::Exit;
use super::failure::Failure;
use super::import_table::Guess;
pub use super::imported::ImportArgs;
use super::{import_folder, import_table};
use crate::ui::words;

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
