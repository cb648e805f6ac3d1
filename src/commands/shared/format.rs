//! How data is printed: a table for people, JSON and CSV for programs. One place for all commands that show lists.

use serde::Serialize;

use super::context::Setting;
use super::exit::Exit;
use super::failure::CommandFailure;
use crate::config::nearest;
use crate::process::now_ms;
use crate::record::stopped_early;
use crate::tracking::Run;
use crate::ui::{Sheet, SheetCell, Ui};

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnswerFormat {
    /// For people; [`Ui::drawing`](crate::ui::Ui) says in which manner.
    #[default]
    Table,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

/// Prints JSON, indented.
pub fn print_json(ui: &Ui, json: &impl Serialize) {
    // Plain data with text keys: there is nothing to fail.
    let text = serde_json::to_string_pretty(json).unwrap_or_default();
    ui.json(&format!("{text}\n"));
}

/// Prints a sheet as a table, and names the columns for which there was no space.
pub fn print_sheet(setting: &Setting, sheet: &Sheet) -> Result<(), CommandFailure> {
    let chosen = chosen(setting, sheet)?;
    let drawn = chosen.as_ref().unwrap_or(sheet).draw(&setting.ui, now_ms());
    setting.ui.print(&drawn.table);
    if !drawn.left_out.is_empty() {
        let names = drawn.left_out.join(", ");
        setting
            .ui
            .say(&format!("Not shown: {names}. --wide shows all columns, --columns NAME,… those you name."));
    }
    Ok(())
}

/// Prints a sheet as CSV.
pub fn print_csv(setting: &Setting, sheet: &Sheet) -> Result<(), CommandFailure> {
    let chosen = chosen(setting, sheet)?;
    setting.ui.data(&chosen.as_ref().unwrap_or(sheet).csv());
    Ok(())
}

/// The columns that `--columns` names; `None`: it was not given.
fn chosen(setting: &Setting, sheet: &Sheet) -> Result<Option<Sheet>, CommandFailure> {
    if setting.columns.is_empty() {
        return Ok(None);
    }
    sheet.select(&setting.columns).map(Some).map_err(|name| {
        let names = sheet.names();
        let near = nearest(&name, names.iter().copied());
        let near = near.map_or_else(String::new, |near| format!("Did you mean `{near}`? "));
        CommandFailure::new(Exit::Usage, format!("--columns: there is no column `{name}`"))
            .hint(format!("{near}The columns are: {}.", names.join(", ")))
    })
}

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// What became of a run's trial.
pub fn status_cell(run: &Run) -> SheetCell {
    if stopped_early(run) { SheetCell::Stopped } else { SheetCell::Status(run.info.status) }
}
