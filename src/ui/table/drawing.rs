//! The manners in which a table is drawn.

use super::{display_width, natural_widths, table_width};

/// How a table is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Drawing {
    /// With lines, for a terminal.
    #[default]
    Boxes,
    /// As Markdown, for issues and chats.
    Markdown,
    /// In columns without lines, for mails and `awk`.
    Plain,
}

impl Drawing {
    /// Columns of the terminal that a table of these widths takes.
    pub(in crate::ui) fn width(self, widths: &[usize]) -> usize {
        match self {
            Self::Boxes | Self::Markdown => table_width(widths),
            Self::Plain => widths.iter().map(|width| width + 2).sum::<usize>().saturating_sub(2),
        }
    }

    /// Draws cells as they are; `right` names the columns set flush right.
    pub(in crate::ui) fn draw(self, header: &[String], rows: &[Vec<String>], right: &[usize]) -> String {
        match self {
            Self::Boxes => super::draw(header, rows, right),
            Self::Markdown => markdown(header, rows, right),
            Self::Plain => plain(header, rows, right),
        }
    }
}

fn markdown(header: &[String], rows: &[Vec<String>], right: &[usize]) -> String {
    let escaped = |cells: &[String]| -> Vec<String> {
        cells.iter().map(|cell| cell.replace('\\', "\\\\").replace('|', "\\|").replace('\n', " ")).collect()
    };
    let header = escaped(header);
    let rows: Vec<Vec<String>> = rows.iter().map(|row| escaped(row)).collect();
    let widths: Vec<usize> = natural_widths(&header, &rows).into_iter().map(|width| width.max(3)).collect();
    let line = |cells: &[String]| -> String {
        let cells: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(at, cell)| padded(cell, widths[at], right.contains(&at)))
            .collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = |(at, width): (usize, &usize)| match right.contains(&at) {
        true => format!("{}:", "-".repeat(width - 1)),
        false => "-".repeat(*width),
    };
    let rule: Vec<String> = widths.iter().enumerate().map(rule).collect();
    let mut out = line(&header);
    out.push_str(&format!("| {} |\n", rule.join(" | ")));
    rows.iter().for_each(|row| out.push_str(&line(row)));
    out
}

fn plain(header: &[String], rows: &[Vec<String>], right: &[usize]) -> String {
    let one_line =
        |cells: &[String]| -> Vec<String> { cells.iter().map(|cell| cell.replace('\n', " ")).collect() };
    let header = one_line(header);
    let widths = natural_widths(&header, rows);
    let mut out = String::new();
    for cells in std::iter::once(&header).chain(rows) {
        let cells: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(at, cell)| padded(cell, widths[at], right.contains(&at)))
            .collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// A cell in so many columns of the terminal.
fn padded(cell: &str, width: usize, right: bool) -> String {
    let blanks = " ".repeat(width.saturating_sub(display_width(cell)));
    if right { format!("{blanks}{cell}") } else { format!("{cell}{blanks}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn markdown_escapes_what_would_begin_a_cell() {
        let table = Drawing::Markdown.draw(
            &cells(&["Name", "n"]),
            &[cells(&["a|b", "12"]), cells(&["字", "7"])],
            &[1],
        );
        assert_eq!(table, "| Name |   n |\n| ---- | --: |\n| a\\|b |  12 |\n| 字   |   7 |\n");
    }

    #[test]
    fn plain_columns_stand_below_each_other_without_lines() {
        let table = Drawing::Plain.draw(
            &cells(&["Name", "n"]),
            &[cells(&["a", "12"]), cells(&["long name", "7"])],
            &[1],
        );
        assert_eq!(table, "Name        n\na          12\nlong name   7\n");
        assert_eq!(Drawing::Plain.width(&[9, 2]), 13);
    }
}
