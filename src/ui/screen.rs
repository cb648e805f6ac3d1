//! A text on a terminal that is redrawn in its place.

use std::io::Write as _;

use super::{Ui, note_loss, safe, terminal};

/// Stdout, where it is a terminal.
pub struct Screen {
    ui: Ui,
    /// Lines of what is shown now.
    lines: usize,
}

impl Screen {
    /// `None` where stdout is no terminal, or one on which nothing can be redrawn.
    #[must_use]
    pub fn open(ui: &Ui) -> Option<Self> {
        (ui.terminal && !terminal::is_dumb()).then_some(Self { ui: *ui, lines: 0 })
    }

    /// Something else was shown meanwhile: what is shown next stands below it.
    pub fn forget(&mut self) {
        self.lines = 0;
    }

    /// Lines that can be shown at once.
    #[must_use]
    pub fn rows() -> usize {
        let rows = terminal_size::terminal_size().map_or(24, |(_, rows)| usize::from(rows.0));
        rows.saturating_sub(1).max(1)
    }

    /// Shows a text in the place of the one before: as many of its lines as the terminal has.
    pub fn show(&mut self, text: &str) {
        let text = safe::laid_out(text, self.ui.color_out);
        let text = if self.ui.ascii { terminal::ascii(&text) } else { text };
        let shown: Vec<&str> = text.lines().take(Self::rows()).collect();
        // Each line is cleared to its end, so that nothing flickers.
        let mut out = if self.lines > 0 { format!("\u{1b}[{}A\r", self.lines) } else { String::new() };
        for line in &shown {
            out.push_str(line);
            out.push_str("\u{1b}[K\n");
        }
        out.push_str("\u{1b}[J");
        self.lines = shown.len();
        let mut stdout = std::io::stdout().lock();
        note_loss(stdout.write_all(out.as_bytes()).and_then(|()| stdout.flush()));
    }
}
