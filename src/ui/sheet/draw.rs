//! A sheet as a table on the terminal.

use itertools::Itertools as _;

use super::super::table::{Drawing, printable, shorten};
use super::super::{Style, Ui};
use super::Sheet;
use super::cell::SheetCell;
use super::column::{Audience, MINOR};
use super::layout::Content;
use crate::trial::RunStatus;

/// A table as it was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// The table, ending in a newline.
    pub table: String,
    /// Headers of the columns for which there was no space, but for minor ones.
    pub left_out: Vec<String>,
}

impl Sheet {
    /// Draws a table of at most `ui.width` columns of the terminal: ids are cut to their beginning first, then long
    /// texts are shortened, then columns are left out. Figures and states are never cut.
    #[must_use]
    pub fn draw(&self, ui: &Ui, now_ms: i64) -> Drawn {
        let mut cells: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| cell.shown(now_ms)).collect()).collect();
        let header: Vec<String> = self.columns.iter().map(|column| printable(&column.header)).collect();
        let limit = if ui.drawing == Drawing::Markdown { usize::MAX } else { ui.width };
        let content = Content { columns: &self.columns, rows: &self.rows, header: &header };
        let layout = content.fit(self.told(Audience::People), &mut cells, ui.drawing, limit);
        let fit = |row: &[String]| -> Vec<String> {
            layout.kept.iter().map(|at| shorten(&row[*at], layout.widths[*at])).collect()
        };
        let rows: Vec<Vec<String>> = cells.iter().map(|row| fit(row)).collect();
        let right: Vec<usize> = layout.kept.iter().positions(|at| self.holds_figures(*at)).collect();
        let table = if layout.kept.is_empty() {
            String::new()
        } else {
            ui.drawing.draw(&fit(&header), &rows, &right)
        };
        let missed =
            layout.left_out.into_iter().filter(|at| self.columns[*at].rank < MINOR).sorted_unstable();
        Drawn {
            table: if ui.color_out && ui.drawing == Drawing::Boxes { painted(&table) } else { table },
            left_out: missed.map(|at| header[at].clone()).collect(),
        }
    }

    fn holds_figures(&self, at: usize) -> bool {
        let mut told =
            self.rows.iter().map(|row| &row[at]).filter(|cell| **cell != SheetCell::Empty).peekable();
        told.peek().is_some() && told.all(SheetCell::is_figure)
    }
}

/// The table with a bold header and coloured states. It is done afterwards, because the escapes would count as width.
fn painted(table: &str) -> String {
    let mut out = String::with_capacity(table.len() + table.len() / 4);
    for line in table.split_inclusive('\n') {
        if line.starts_with('┃') {
            let bold = |cell: &str| {
                if cell.trim().is_empty() { cell.to_owned() } else { Style::Strong.paint(cell, true) }
            };
            out.push_str(&line.split('┃').map(bold).join("┃"));
            continue;
        }
        let mut line = line.to_owned();
        for (status, style) in [
            (RunStatus::Finished, Style::Good),
            (RunStatus::Failed, Style::Bad),
            (RunStatus::Killed, Style::Warning),
            (RunStatus::Running, Style::Strong),
        ] {
            let cell = format!("│ {status} ");
            line = line.replace(&cell, &format!("│ {} ", style.paint(status.as_str(), true)));
        }
        out.push_str(&line);
    }
    out
}
