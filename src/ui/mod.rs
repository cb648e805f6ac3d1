//! What a person sees on the terminal: the only folder that prints.
//!
//! Data goes to stdout, everything else to stderr. Colour follows the terminal and `NO_COLOR`. A reader that closes its
//! pipe early (`| head`) is no error.

mod checks;
mod facts;
mod progress;
mod run_lines;
mod screen;
mod sheet;
mod steps;
mod style;
mod table;
pub mod words;

use std::io::{IsTerminal as _, Write as _};
use std::sync::OnceLock;

pub use checks::{CheckLine, Mark, check_list};
pub use facts::Facts;
pub use run_lines::RunLines;
pub use screen::Screen;
pub use sheet::{Cell, Column, Drawn, MINOR, Sheet};
pub use steps::Steps;
pub use style::Style;
pub use table::{importance_table, plain_table};

/// The terminal, or what stands in its place.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    /// Say nothing but data and errors.
    pub quiet: bool,
    /// Colours on stdout.
    pub color_out: bool,
    /// Colours on stderr.
    pub color_err: bool,
    /// Whether stderr is a terminal, on which lines can be drawn anew.
    pub live: bool,
    /// Columns.
    pub width: usize,
}

/// Columns where there is no terminal.
const DEFAULT_WIDTH: usize = 80;

impl Ui {
    /// Looks at the terminal and at `NO_COLOR`, `CLICOLOR_FORCE` and `COLUMNS`.
    #[must_use]
    pub fn detect(quiet: bool) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let color = |terminal: bool| !set("NO_COLOR") && (terminal || set("CLICOLOR_FORCE"));
        let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let width = asked.or_else(terminal_width).filter(|width| *width >= 20).unwrap_or(DEFAULT_WIDTH);
        Self {
            quiet,
            color_out: color(std::io::stdout().is_terminal()),
            color_err: color(std::io::stderr().is_terminal()),
            live: std::io::stderr().is_terminal(),
            width,
        }
    }

    /// Data, to stdout.
    pub fn print(&self, text: &str) {
        self.print_bytes(text.as_bytes());
    }

    /// What a command printed, as it is, to stdout.
    pub fn print_bytes(&self, bytes: &[u8]) {
        let mut out = std::io::stdout().lock();
        note_loss(out.write_all(bytes).and_then(|()| out.flush()));
    }

    /// Much data, to stdout, through a buffer.
    pub fn stream(&self, write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) {
        let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
        note_loss(write(&mut out).and_then(|()| out.flush()));
    }

    /// A line for the person, to stderr, unless quiet.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            self.insist(line);
        }
    }

    /// A line for the person, to stderr, even when quiet.
    pub fn insist(&self, line: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }

    /// `warning: …`.
    pub fn warn(&self, text: &str) {
        self.say(&format!("{} {text}", self.err(Style::Warning, "warning:")));
    }

    /// A text for stderr in a style.
    #[must_use]
    pub fn err(&self, style: Style, text: &str) -> String {
        style.paint(text, self.color_err)
    }
}

/// Why data did not reach stdout, where it did not: a full disk. A reader that has seen enough is no loss.
static LOSS: OnceLock<String> = OnceLock::new();

fn note_loss(written: std::io::Result<()>) {
    if let Err(error) = written
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        // The first one says it all.
        let _ = LOSS.set(error.to_string());
    }
}

/// Why data that was printed did not reach stdout; `None`: it did, or its reader had seen enough.
#[must_use]
pub fn lost_output() -> Option<&'static str> {
    LOSS.get().map(String::as_str)
}

fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(columns, _)| columns.0.into())
}
