//! Tables for the terminal, drawn as Python's `rich` draws its default table: a heavy header, light rows.
//!
//! A table never wraps a cell: what does not fit is shortened with an ellipsis in its middle, since the
//! two ends of a dotted path tell more than its start alone.

mod drawing;
mod importance;
mod text;

use comfy_table::{CellAlignment, ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle};

pub(super) use super::safe::printable;
pub use drawing::Drawing;
pub use importance::importance_table;
pub use text::shorten;
pub(super) use text::{display_width, wrap};

const RICH: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('┏', '━', '┳', '┓'))
    .header_lines(ContentLineStyle::new('┃', '┃', '┃'))
    .header_separator(LineStyle::new('┡', '━', '╇', '┩'))
    .content_lines(ContentLineStyle::new('│', '│', '│'))
    .bottom_border(LineStyle::new('└', '─', '┴', '┘'));

/// Draws cells as they are, in the columns' natural widths; `right` names the columns set flush right.
pub(super) fn draw(header: &[String], rows: &[Vec<String>], right: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(RICH).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header).add_rows(rows);
    for &column in right {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut drawn = table.to_string();
    drawn.push('\n');
    drawn
}

/// Width of each column's widest line.
pub(super) fn natural_widths(header: &[String], rows: &[Vec<String>]) -> Vec<usize> {
    let mut widths: Vec<usize> = header.iter().map(|cell| cell_width(cell)).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell_width(cell));
        }
    }
    widths
}

/// Width of a cell that may have several lines.
fn cell_width(cell: &str) -> usize {
    cell.lines().map(display_width).max().unwrap_or(0)
}

/// Width of a whole table whose columns have these widths: one column of padding on each side, one border each.
pub(super) fn table_width(widths: &[usize]) -> usize {
    widths.iter().map(|width| width + 3).sum::<usize>() + 1
}

#[cfg(test)]
mod tests;
