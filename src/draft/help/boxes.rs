//! Options in boxes: typer and rich-click. A row has columns for names, type and text, each broken where it is full.

use super::entry::{HelpEntry, is_flag};

/// The options in the boxes of a page.
pub(super) fn entries(lines: &[String]) -> Vec<HelpEntry> {
    let mut rows: Vec<Vec<(usize, String)>> = Vec::new();
    let mut open = false;
    for line in lines {
        let Some(inner) = inner(line) else {
            open = false;
            continue;
        };
        let cells = cells(inner);
        let first = cells.iter().map(|(_, text)| text.as_str()).find(|text| *text != "*");
        if first.is_some_and(is_flag_cell) {
            rows.push(cells);
            open = true;
        } else if let (true, Some(row)) = (open, rows.last_mut()) {
            for (at, text) in cells {
                add(row, at, &text);
            }
        }
    }
    rows.iter().map(|row| entry(row)).collect()
}

fn inner(line: &str) -> Option<&str> {
    let line = line.trim();
    line.strip_prefix(['│', '|', '┃'])?.strip_suffix(['│', '|', '┃'])
}

/// The texts that two or more spaces part, each with its column.
fn cells(line: &str) -> Vec<(usize, String)> {
    let mut cells: Vec<(usize, String)> = Vec::new();
    let mut spaces = 2;
    for (at, c) in line.chars().enumerate() {
        if c == ' ' {
            spaces += 1;
            continue;
        }
        match cells.last_mut() {
            Some((_, text)) if spaces < 2 => {
                text.extend(std::iter::repeat_n(' ', spaces));
                text.push(c);
            }
            _ => cells.push((at, c.to_string())),
        }
        spaces = 0;
    }
    // `*  --name`: the mark may stand one space before it.
    if let Some((at, text)) = cells.first_mut()
        && let Some(rest) = text.strip_prefix("* ")
    {
        let (at, rest) = (*at, rest.trim_start().to_owned());
        cells.splice(0..1, [(at, "*".to_owned()), (at + 2, rest)]);
    }
    cells
}

/// Adds a broken line to the cell that stands above it, else to the last one.
fn add(row: &mut Vec<(usize, String)>, at: usize, text: &str) {
    let above = row.iter().position(|(column, _)| *column == at);
    // A text that begins below its names has no cell yet.
    let is_text = !row.iter().any(|(_, cell)| !is_flag_cell(cell) && cell != "*" && !is_type(cell));
    match above.or(if is_text { None } else { row.len().checked_sub(1) }) {
        Some(above) => {
            if let Some((_, cell)) = row.get_mut(above) {
                cell.push(' ');
                cell.push_str(text);
            }
        }
        None => row.push((at, text.to_owned())),
    }
}

fn is_flag_cell(text: &str) -> bool {
    text.split([' ', ',']).next().is_some_and(is_flag)
}

/// Whether a cell says what a value is: `<float>`, `FLOAT`, `INTEGER RANGE [x>=1]`, `[adam|sgd]`.
fn is_type(text: &str) -> bool {
    let bare = text.split(" [").next().unwrap_or(text);
    let angled = bare.starts_with('<') && bare.ends_with('>');
    let listed = text.starts_with('[') && text.ends_with(']') && text.contains('|');
    let capitals = bare.len() > 1 && bare.chars().all(|c| c.is_ascii_uppercase() || matches!(c, ' ' | '_'));
    angled || listed || capitals
}

fn entry(row: &[(usize, String)]) -> HelpEntry {
    let mut entry = HelpEntry::default();
    for (_, cell) in row {
        if cell == "*" {
            entry.required = true;
        } else if entry.help.is_empty() && is_flag_cell(cell) {
            let more = HelpEntry::of_head(cell);
            entry.flags.extend(more.flags);
            entry.metavar.push_str(&more.metavar);
        } else if entry.metavar.is_empty() && entry.help.is_empty() && is_type(cell) {
            entry.metavar.clone_from(cell);
        } else {
            entry.add(cell);
        }
    }
    entry
}
