//! A list of things with typed cells: one sheet is a table for people, in the space that the terminal has, and CSV for
//! programs, with every figure whole.

use std::time::Duration;

use super::table::{Drawing, natural_widths, printable, shorten};
use super::{Style, Ui, words};
use crate::space::Value;
use crate::text::{CRLF, csv_table};
use crate::trial::{RunStatus, STOPPED};

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum SheetCell {
    /// Nothing is known.
    Empty,
    /// A figure as it is to be read: `3/12`, `+5 %`.
    Figure(String),
    /// A text.
    Text(String),
    /// An id: a table shows its beginning where space is short.
    Id(String),
    /// A measured number.
    Number(f64),
    /// A count.
    Count(u64),
    /// The value of a parameter.
    Value(Value),
    /// The state of a run.
    Status(RunStatus),
    /// The state of a run that a stopping rule ended.
    Stopped,
    /// A time that something took; seconds in CSV.
    Took(Duration),
    /// A moment, epoch milliseconds: how long ago in a table, ISO 8601 in CSV.
    Moment(i64),
}

impl SheetCell {
    /// A text, or nothing.
    pub fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.into()))
    }

    /// A figure as it is to be read, or nothing.
    #[must_use]
    pub fn figure(figure: Option<String>) -> Self {
        figure.map_or(Self::Empty, Self::Figure)
    }

    /// A measured number, or nothing.
    #[must_use]
    pub fn number(number: Option<f64>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }

    /// As a person reads it.
    fn shown(&self, now_ms: i64) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Id(text) | Self::Figure(text) => printable(text),
            Self::Number(number) => words::number(*number),
            Self::Count(count) => count.to_string(),
            // What a trial was run with is distinguished by less than what it gave.
            Self::Value(Value::Float(number)) => words::figures(*number, 4),
            Self::Value(value) => printable(&value.text()),
            Self::Status(status) => status.to_string(),
            Self::Stopped => STOPPED.to_owned(),
            Self::Took(time) => words::duration(*time),
            Self::Moment(moment) => {
                let since = u64::try_from(now_ms.saturating_sub(*moment)).unwrap_or(0);
                words::ago(Duration::from_millis(since))
            }
        }
    }

    /// As a program reads it.
    fn raw(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Id(text) | Self::Figure(text) => text.clone(),
            Self::Number(number) => Value::Float(*number).text(),
            Self::Count(count) => count.to_string(),
            Self::Value(value) => value.text(),
            Self::Status(status) => status.to_string(),
            Self::Stopped => STOPPED.to_owned(),
            Self::Took(time) => Value::Float(time.as_secs_f64()).text(),
            Self::Moment(moment) => words::moment(*moment),
        }
    }

    fn is_figure(&self) -> bool {
        match self {
            Self::Number(_) | Self::Count(_) | Self::Took(_) | Self::Figure(_) => true,
            Self::Value(value) => value.as_f64().is_some(),
            _ => false,
        }
    }
}

/// Who sees a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody.
    All,
    /// Readers of tables.
    People,
    /// Readers of CSV.
    Programs,
    /// Nobody: the cells are there, and nothing is to be reported of them.
    Nobody,
}

/// From this rank on nobody misses a column for which there is no space: it is not mentioned.
pub const MINOR: u32 = 10;

/// A column of a sheet.
#[derive(Debug, Clone)]
pub struct SheetColumn {
    /// Its header in a table.
    pub header: String,
    /// Its header in CSV.
    pub key: String,
    /// Where space is short the columns with the largest number go first; those with 0 stay.
    pub rank: u32,
    /// Among columns of a rank those with the largest number go first, and among equals the last.
    pub place: usize,
    /// Who sees it.
    pub audience: Audience,
}

impl SheetColumn {
    /// A column that always stays.
    #[must_use]
    pub fn new(header: &str, key: &str) -> Self {
        Self { header: header.to_owned(), key: key.to_owned(), rank: 0, place: 0, audience: Audience::All }
    }

    /// One that may go where space is short, those with the largest number first.
    #[must_use]
    pub fn rank(mut self, rank: u32) -> Self {
        self.rank = rank;
        self
    }

    /// One that goes after those of its rank with a larger number.
    #[must_use]
    pub fn place(mut self, place: usize) -> Self {
        self.place = place;
        self
    }

    /// One that a table does not show.
    #[must_use]
    pub fn csv_only(mut self) -> Self {
        self.audience = Audience::Programs;
        self
    }

    /// One that is not shown at all.
    #[must_use]
    pub fn nobody(mut self) -> Self {
        self.audience = Audience::Nobody;
        self
    }

    /// One that only a table shows: programs get the same in other columns.
    #[must_use]
    pub fn table_only(mut self) -> Self {
        self.audience = Audience::People;
        self
    }
}

/// A list of things, a row each.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// What is shown of each.
    pub columns: Vec<SheetColumn>,
    /// The cells, as many in each row as there are columns.
    pub rows: Vec<Vec<SheetCell>>,
}

/// A table as it was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// The table, ending in a newline.
    pub table: String,
    /// Headers of the columns for which there was no space, but for minor ones.
    pub left_out: Vec<String>,
}

/// A text is not made narrower than this before columns go.
const NARROW: usize = 16;
/// A text is made no narrower than this.
const LEAST: usize = 8;
/// So much of an id distinguishes it from others.
const SHORT_ID: usize = 8;

impl Sheet {
    /// The columns with these headers or keys alone, in this order; they stay, however little space there is.
    ///
    /// # Errors
    /// The name of which there is no column.
    pub fn select(&self, names: &[String]) -> Result<Self, String> {
        let mut places = Vec::new();
        for name in names {
            let name = name.trim();
            let named = |text: &str| !text.is_empty() && text.eq_ignore_ascii_case(name);
            let shown = |at: &usize| self.columns[*at].audience != Audience::Nobody;
            let all = || (0..self.columns.len()).filter(shown);
            // What a person sees comes before what programs call it.
            let found = all()
                .find(|at| self.columns[*at].key == name)
                .or_else(|| all().find(|at| named(&self.columns[*at].header)))
                .or_else(|| all().find(|at| named(&self.columns[*at].key)));
            places.push(found.ok_or_else(|| name.to_owned())?);
        }
        let column = |at: &usize| {
            let SheetColumn { header, key, .. } = self.columns[*at].clone();
            let [header, key] = if header.is_empty() {
                [key.clone(), key]
            } else {
                [header.clone(), if key.is_empty() { header } else { key }]
            };
            SheetColumn { header, key, rank: 0, place: 0, audience: Audience::All }
        };
        let row = |row: &Vec<SheetCell>| places.iter().map(|at| row[*at].clone()).collect();
        Ok(Self { columns: places.iter().map(column).collect(), rows: self.rows.iter().map(row).collect() })
    }

    /// The names by which columns can be asked for.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for column in self.columns.iter().filter(|column| column.audience != Audience::Nobody) {
            let name = if column.key.is_empty() { &column.header } else { &column.key };
            if !name.is_empty() && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// Draws a table of at most `ui.width` columns of the terminal: ids are cut to their beginning first, then long
    /// texts are shortened, then columns are left out. Figures and states are never cut.
    #[must_use]
    pub fn draw(&self, ui: &Ui, now_ms: i64) -> Drawn {
        let mut kept: Vec<usize> = self.told(Audience::People);
        let mut cells: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| cell.shown(now_ms)).collect()).collect();
        let header: Vec<String> = self.columns.iter().map(|column| printable(&column.header)).collect();
        let mut widths = natural_widths(&header, &cells);
        let width_of = |kept: &[usize], widths: &[usize]| {
            ui.drawing.width(&kept.iter().map(|at| widths[*at]).collect::<Vec<_>>())
        };
        let limit = if ui.drawing == Drawing::Markdown { usize::MAX } else { ui.width };
        if width_of(&kept, &widths) > limit {
            self.cut_ids(&mut cells);
            widths = natural_widths(&header, &cells);
        }
        let shrinks: Vec<bool> = (0..self.columns.len()).map(|at| self.may_shrink(at)).collect();
        let least: Vec<usize> = widths
            .iter()
            .zip(&shrinks)
            .map(|(width, shrinks)| if *shrinks { (*width).min(NARROW) } else { *width })
            .collect();
        let mut left_out = Vec::new();
        while width_of(&kept, &least) > limit {
            let Some(place) = self.first_to_go(&kept) else { break };
            left_out.push(kept.remove(place));
        }
        // The widest texts give way first.
        while width_of(&kept, &widths) > limit {
            let shrinkable = kept.iter().copied().filter(|at| shrinks[*at]);
            match shrinkable.max_by_key(|at| widths[*at]).filter(|at| widths[*at] > LEAST) {
                Some(at) => widths[at] -= 1,
                None => break,
            }
        }
        let fit = |row: &[String]| -> Vec<String> {
            kept.iter().map(|at| shorten(&row[*at], widths[*at])).collect()
        };
        let rows: Vec<Vec<String>> = cells.iter().map(|row| fit(row)).collect();
        let right: Vec<usize> = (0..kept.len()).filter(|place| self.holds_figures(kept[*place])).collect();
        let table =
            if kept.is_empty() { String::new() } else { ui.drawing.draw(&fit(&header), &rows, &right) };
        left_out.retain(|at| self.columns[*at].rank < MINOR);
        left_out.sort_unstable();
        Drawn {
            table: if ui.color_out && ui.drawing == Drawing::Boxes { painted(&table) } else { table },
            left_out: left_out.into_iter().map(|at| header[at].clone()).collect(),
        }
    }

    /// As CSV by RFC 4180, with a header.
    #[must_use]
    pub fn csv(&self) -> String {
        let told = self.told(Audience::Programs);
        let header: Vec<String> = told.iter().map(|at| self.columns[*at].key.clone()).collect();
        let row = |row: &Vec<SheetCell>| told.iter().map(|at| row[*at].raw()).collect::<Vec<_>>();
        csv_table(std::iter::once(header).chain(self.rows.iter().map(row)), CRLF)
    }

    /// Places of the columns that these readers see.
    fn told(&self, readers: Audience) -> Vec<usize> {
        let told = |at: &usize| [Audience::All, readers].contains(&self.columns[*at].audience);
        (0..self.columns.len()).filter(told).collect()
    }

    fn cut_ids(&self, cells: &mut [Vec<String>]) {
        for (row, cells) in self.rows.iter().zip(cells) {
            for (cell, text) in row.iter().zip(cells) {
                if matches!(cell, SheetCell::Id(_)) {
                    // By characters: what stands for an id may be any client's text.
                    *text = text.chars().take(SHORT_ID).collect();
                }
            }
        }
    }

    /// The place among the kept columns of the one that goes first; among equals the last.
    fn first_to_go(&self, kept: &[usize]) -> Option<usize> {
        let ranked = kept.iter().enumerate().filter(|(_, at)| self.columns[**at].rank > 0);
        ranked
            .max_by_key(|(place, at)| (self.columns[**at].rank, self.columns[**at].place, *place))
            .map(|(place, _)| place)
    }

    fn may_shrink(&self, at: usize) -> bool {
        self.rows.iter().all(|row| {
            matches!(row[at], SheetCell::Text(_) | SheetCell::Empty)
                || matches!(&row[at], SheetCell::Value(value) if value.as_f64().is_none())
        })
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
            out.push_str(&line.split('┃').map(bold).collect::<Vec<_>>().join("┃"));
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

#[cfg(test)]
mod tests {
    use super::super::UNLIMITED;
    use super::*;

    fn ui(width: usize) -> Ui {
        Ui::plain(width)
    }

    fn sheet() -> Sheet {
        let columns = vec![
            SheetColumn::new("Trial", "trial"),
            SheetColumn::new("Status", "status"),
            SheetColumn::new("loss", "loss"),
            SheetColumn::new("optimizer", "optimizer").rank(1),
            SheetColumn::new("note", "note").rank(2),
            SheetColumn::new("Took", "seconds").rank(3),
            SheetColumn::new("Run", "run_id").rank(4),
            SheetColumn::new("", "started").csv_only(),
        ];
        let row = |trial: u64, status, loss: f64, note: &str| {
            vec![
                SheetCell::Count(trial),
                SheetCell::Status(status),
                SheetCell::Number(loss),
                SheetCell::Value(Value::Text("adam".into())),
                SheetCell::Text(note.to_owned()),
                SheetCell::Took(Duration::from_millis(61_500)),
                SheetCell::Id("0123456789abcdef0123456789abcdef".into()),
                SheetCell::Moment(1_700_000_000_000),
            ]
        };
        let rows = vec![
            row(7, RunStatus::Finished, 0.123_456_789_012, "a sentence, which is long enough to be cut"),
            row(12, RunStatus::Failed, f64::NAN, "with \u{1b}[31m in it"),
        ];
        Sheet { columns, rows }
    }

    #[test]
    fn a_table_takes_the_room_it_has_and_says_what_it_left_out() {
        let widths: Vec<String> = [200, 80, 50]
            .map(|width| {
                let drawn = sheet().draw(&ui(width), 0);
                assert!(drawn.table.lines().all(|line| line.chars().count() <= width), "{}", drawn.table);
                format!("{width}, without {:?}\n{}", drawn.left_out, drawn.table)
            })
            .into();
        insta::assert_snapshot!(widths.concat());
    }

    #[test]
    fn a_pipe_gets_all_columns_whole_and_so_does_markdown() {
        let drawn = sheet().draw(&ui(UNLIMITED), 0);
        assert!(drawn.left_out.is_empty() && drawn.table.contains("0123456789abcdef0123456789abcdef"));
        let markdown = sheet().draw(&Ui { drawing: Drawing::Markdown, ..ui(20) }, 0).table;
        assert!(
            markdown.starts_with("| Trial | Status   |") && markdown.contains("long enough to be cut |"),
            "{markdown}"
        );
    }

    #[test]
    fn named_columns_are_shown_alone_in_the_order_asked_for() {
        let sheet = sheet().select(&["run_id".into(), "LOSS".into(), "started".into()]).unwrap();
        let drawn = sheet.draw(&ui(200), 1_700_000_060_000);
        assert!(
            drawn.table.contains("┃ Run                              ┃     loss ┃ started   ┃"),
            "{}",
            drawn.table
        );
        assert_eq!(sheet.csv().lines().next().unwrap(), "run_id,loss,started");
        assert_eq!(super::tests::sheet().select(&["los".into()]).unwrap_err(), "los");
    }

    #[test]
    fn an_id_that_is_any_clients_text_is_cut_between_characters() {
        let columns = vec![SheetColumn::new("Model", "model"), SheetColumn::new("Run", "run_id")];
        let rows = vec![vec![SheetCell::Text("m".repeat(40)), SheetCell::Id("äöüäöü字字字字".to_owned())]];
        let table = Sheet { columns, rows }.draw(&ui(30), 0).table;
        assert!(table.contains("äöüäöü字字"), "{table}");
    }

    #[test]
    fn csv_holds_every_figure_whole() {
        let csv = sheet().csv();
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines[0], "trial,status,loss,optimizer,note,seconds,run_id,started");
        assert_eq!(
            lines[1],
            "7,FINISHED,0.123456789012,adam,\"a sentence, which is long enough to be cut\",61.5,\
             0123456789abcdef0123456789abcdef,2023-11-14T22:13:20.000Z"
        );
    }

    #[test]
    fn colour_adds_escapes_and_nothing_else() {
        let plain = sheet().draw(&ui(120), 0).table;
        let mut colored = sheet().draw(&Ui { color_out: true, ..ui(120) }, 0).table;
        assert!(colored.contains("\u{1b}[32mFINISHED\u{1b}[0m"), "{colored}");
        for style in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[32m", "\u{1b}[1;31m"] {
            colored = colored.replace(style, "");
        }
        assert_eq!(plain, colored);
    }
}
