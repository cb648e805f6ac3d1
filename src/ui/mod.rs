//! What a person sees on the terminal: the only folder that prints.
//!
//! Data goes to stdout, everything else to stderr. Colour follows the terminal and `NO_COLOR`. A reader that closes its
//! pipe early (`| head`) is no error. Everything but the raw output of a trial passes one gate (`safe`), so that no
//! text of a store controls a terminal, and sentences on a terminal are broken at words in one place (`wrap`).

mod checks;
mod confirm;
mod facts;
mod keyboard;
mod progress;
mod run_lines;
mod safe;
mod screen;
mod sheet;
mod steps;
mod style;
mod table;
mod terminal;
pub mod words;
mod wrap;

use std::io::{IsTerminal as _, Write as _};
use std::sync::OnceLock;

pub use checks::{CheckLine, CheckMark, check_list};
pub use facts::Facts;
pub use keyboard::{Key, Keyboard};
pub use run_lines::{Output, RunLines};
pub use safe::printable;
pub use screen::Screen;
pub use sheet::{MINOR, Sheet, SheetCell, SheetColumn};
pub use steps::Steps;
pub use style::Style;
pub use table::{Drawing, importance_table, shorten};
pub use terminal::UNLIMITED;
pub use wrap::error_lines;

/// The terminal, or what stands in its place.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    /// Say nothing but data and errors.
    pub quiet: bool,
    /// Colours on stdout.
    pub color_out: bool,
    /// Colours on stderr.
    pub color_err: bool,
    /// Whether stderr is a terminal, on which lines can be redrawn.
    pub live: bool,
    /// Columns of stdout; [`UNLIMITED`] in a pipe.
    pub width: usize,
    /// Columns of stderr, likewise.
    pub width_err: usize,
    /// Whether stdout is a terminal.
    pub terminal: bool,
    /// Whether tables are drawn in ASCII.
    pub ascii: bool,
    /// How tables are drawn.
    pub drawing: Drawing,
    /// Whether stderr shows links.
    pub links: bool,
}

impl Ui {
    /// Looks at the terminal, at the locale, and at `NO_COLOR`, `CLICOLOR_FORCE`, `TERM` and `COLUMNS`.
    #[must_use]
    pub fn detect(quiet: bool) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let dumb = terminal::is_dumb();
        let color = |terminal: bool| !set("NO_COLOR") && ((terminal && !dumb) || set("CLICOLOR_FORCE"));
        let (width, width_err) = terminal::widths();
        Self {
            quiet,
            color_out: color(std::io::stdout().is_terminal()),
            color_err: color(std::io::stderr().is_terminal()),
            live: std::io::stderr().is_terminal() && !dumb,
            width,
            width_err,
            terminal: std::io::stdout().is_terminal(),
            ascii: terminal::wants_ascii(),
            drawing: Drawing::Boxes,
            links: terminal::knows_links(),
        }
    }

    /// As it is now: the terminal may have another width than before.
    #[must_use]
    pub fn again(self) -> Self {
        let (width, width_err) = terminal::widths();
        let width = if self.width == UNLIMITED { UNLIMITED } else { width };
        Self { width, width_err, ..self }
    }

    /// Without colours and terminals, for so many columns.
    #[cfg(test)]
    pub fn plain(width: usize) -> Self {
        Self {
            quiet: false,
            color_out: false,
            color_err: false,
            live: false,
            width,
            width_err: width,
            terminal: false,
            ascii: false,
            drawing: Drawing::Boxes,
            links: false,
        }
    }

    /// What is laid out for people, as a table, to stdout.
    pub fn print(&self, text: &str) {
        let text = safe::laid_out(text, self.color_out);
        write_out(if self.ascii { terminal::ascii(&text) } else { text }.as_bytes());
    }

    /// Sentences that are the answer, to stdout.
    pub fn tell(&self, text: &str) {
        let text = if self.terminal { wrap::prose(text, self.width) } else { text.to_owned() };
        self.print(&text);
    }

    /// What programs read, to stdout: as it is, but for a terminal.
    pub fn data(&self, text: &str) {
        write_out(if self.terminal { safe::data(text) } else { text.to_owned() }.as_bytes());
    }

    /// Bytes that programs read, likewise.
    pub fn data_bytes(&self, bytes: &[u8]) {
        if self.terminal { self.data(&String::from_utf8_lossy(bytes)) } else { write_out(bytes) }
    }

    /// JSON, to stdout.
    pub fn json(&self, text: &str) {
        write_out(safe::json(text).as_bytes());
    }

    /// What a trial printed, as it is, to stdout.
    pub fn print_bytes(&self, bytes: &[u8]) {
        write_out(bytes);
    }

    /// Lines that are made one after the other, to stdout, through a buffer.
    pub fn stream(&self, mut next: impl FnMut() -> Option<String>) {
        let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
        while let Some(line) = next() {
            if let Err(error) = writeln!(out, "{line}") {
                return note_loss(Err(error));
            }
        }
        note_loss(out.flush());
    }

    /// A line for the person, to stderr, unless quiet.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            self.insist(line);
        }
    }

    /// A line for the person, to stderr, even when quiet.
    pub fn insist(&self, line: &str) {
        let safe = safe::laid_out(line, self.color_err);
        let text = if self.width_err == UNLIMITED { safe } else { wrap::prose(&safe, self.width_err) };
        self.write_err(&text);
    }

    /// Findings in the manner of a compiler, to stderr: their sentences are broken, their sources are not.
    pub fn findings(&self, text: &str) {
        let width = (self.width_err != UNLIMITED).then_some(self.width_err);
        self.write_err(&wrap::findings(text, width, self.color_err));
    }

    fn write_err(&self, text: &str) {
        let mut line = if self.ascii { terminal::ascii(text) } else { text.to_owned() };
        line.push('\n');
        // In one step, so that the lines of agents which share a terminal stay whole. Where nobody hears what is said
        // there is no reader.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }

    /// `warning: …`.
    pub fn warn(&self, text: &str) {
        self.say(&format!("{} {text}", self.err(Style::Warning, "warning:")));
    }

    /// `note: text target`, where the target is a path or an address: on a terminal that can it is a link. The target is
    /// never broken.
    pub fn say_where(&self, text: &str, target: &str, address: &str) {
        if self.quiet {
            return;
        }
        let shown = printable(target);
        let line = format!("{text} {shown}");
        let plain = if self.width_err == UNLIMITED { line } else { wrap::prose(&line, self.width_err) };
        let linked = match plain.strip_suffix(&shown) {
            Some(before) if self.links && address.chars().all(|c| c.is_ascii_graphic()) => {
                format!("{before}\u{1b}]8;;{address}\u{1b}\\{shown}\u{1b}]8;;\u{1b}\\")
            }
            _ => plain,
        };
        self.write_err(&linked);
    }

    /// A text for stderr in a style.
    #[must_use]
    pub fn err(&self, style: Style, text: &str) -> String {
        style.paint(text, self.color_err)
    }
}

/// Why data did not reach stdout, where it did not: a full disk. A reader that has seen enough is no loss.
static LOSS: OnceLock<String> = OnceLock::new();

fn write_out(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    note_loss(out.write_all(bytes).and_then(|()| out.flush()));
}

/// Takes in how a write to stdout ended.
pub fn note_loss(written: std::io::Result<()>) {
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
