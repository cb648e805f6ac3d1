//! How data is printed: a table for people, JSON and CSV for programs. One place for all commands that show lists.

use serde::Serialize;

use super::context::Setting;
use crate::process::now_ms;
use crate::ui::{Sheet, Ui};

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnswerFormat {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

/// Prints JSON, indented.
pub(super) fn print_json(ui: &Ui, json: &impl Serialize) {
    // Plain data with text keys: there is nothing to fail.
    let text = serde_json::to_string_pretty(json).unwrap_or_default();
    ui.print(&format!("{text}\n"));
}

/// Prints a sheet as a table, and tells which columns it had no room for.
pub(super) fn print_sheet(setting: &Setting, sheet: &Sheet) {
    let drawn = sheet.draw(&setting.ui, now_ms());
    setting.ui.print(&drawn.table);
    if !drawn.left_out.is_empty() {
        let names = drawn.left_out.join(", ");
        setting.ui.say(&format!("No room for: {names}. A wider terminal or --format csv shows them."));
    }
}
