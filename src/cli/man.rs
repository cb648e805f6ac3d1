//! `sweep man`: the manual, made from the grammar.

use std::io;
use std::path::Path;

use clap_mangen::Man;

use super::help;
use crate::commands::{CommandFailure, Exit};
use crate::ui::Ui;

/// Prints `sweep.1`, or writes it and a page for each verb into a folder.
pub(super) fn man(ui: &Ui, folder: Option<&Path>) -> Result<Exit, CommandFailure> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        Man::new(help::with_long_about())
            .render(&mut page)
            .map_err(|error| failed(Path::new("sweep.1"), &error))?;
        ui.print_bytes(&page);
        return Ok(Exit::Done);
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    clap_mangen::generate_to(help::with_long_about(), folder).map_err(|error| failed(folder, &error))?;
    let shown = folder.display();
    ui.say(&format!(
        "Written: {shown}/sweep.1 and a page for each verb. Read one with: man {shown}/sweep-run.1"
    ));
    Ok(Exit::Done)
}

fn failed(path: &Path, error: &io::Error) -> CommandFailure {
    CommandFailure::new(Exit::WorkFailed, format!("{} can't be written", path.display())).caused_by(error)
}
