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
pub(super) use text::{display_width, shorten, wrap};

const RICH: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('┏', '━', '┳', '┓'))
    .header_lines(ContentLineStyle::new('┃', '┃', '┃'))
    .header_separator(LineStyle::new('┡', '━', '╇', '┩'))
    .content_lines(ContentLineStyle::new('│', '│', '│'))
    .bottom_border(LineStyle::new('└', '─', '┴', '┘'));

/// The narrowest a column is made before the table is allowed to be too wide.
const MIN_COLUMN: usize = 4;

/// A list of things as a table of at most `width` columns of the terminal, ending in a newline.
///
/// Rows may be shorter or longer than the header; missing cells are empty, surplus ones get a column.
/// Control characters are replaced by spaces. The widest columns are shortened first; only a width that
/// leaves less than four columns of text to each is exceeded.
#[must_use]
pub fn plain_table(headers: &[&str], rows: &[Vec<String>], width: usize) -> String {
    let columns = rows.iter().map(Vec::len).fold(headers.len(), usize::max);
    if columns == 0 {
        return String::new();
    }
    let clean = |cells: Vec<String>| -> Vec<String> {
        let mut cells: Vec<String> = cells.iter().map(|cell| printable(cell)).collect();
        cells.resize(columns, String::new());
        cells
    };
    let header = clean(headers.iter().map(|&header| header.to_owned()).collect());
    let rows: Vec<Vec<String>> = rows.iter().map(|row| clean(row.clone())).collect();
    let mut widths = natural_widths(&header, &rows);
    squeeze(&mut widths, width);
    let cut = |cells: &[String]| -> Vec<String> {
        cells.iter().zip(&widths).map(|(cell, &width)| shorten(cell, width)).collect()
    };
    let header = cut(&header);
    let rows: Vec<Vec<String>> = rows.iter().map(|row| cut(row)).collect();
    draw(&header, &rows, &[])
}

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

/// Takes from the widest columns until the table fits or nothing can be taken any more.
fn squeeze(widths: &mut [usize], width: usize) {
    while table_width(widths) > width {
        let over = table_width(widths) - width;
        let widest = widths.iter().copied().max().unwrap_or(0);
        if widest <= MIN_COLUMN {
            return;
        }
        let next = widths.iter().copied().filter(|&w| w < widest).max().unwrap_or(0).max(MIN_COLUMN);
        let tied = widths.iter().filter(|&&w| w == widest).count();
        let step = (over.div_ceil(tied)).min(widest - next).max(1);
        for column in widths.iter_mut().filter(|w| **w == widest) {
            *column = widest - step;
        }
    }
}

#[cfg(test)]
mod tests;
