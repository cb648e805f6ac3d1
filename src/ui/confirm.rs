//! A question to the person at the terminal.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use super::{Ui, safe, terminal};

impl Ui {
    /// Asks on the terminal whether to go on: anything but `y` or `yes` is a no. `None`: there is no terminal to ask on.
    #[must_use]
    pub fn confirm(&self, question: &str) -> Option<bool> {
        let stdin = std::io::stdin();
        if !stdin.is_terminal() || !std::io::stderr().is_terminal() {
            return None;
        }
        let asked = format!("{} [y/N] ", safe::laid_out(question, self.color_err));
        let asked = if self.ascii { terminal::ascii(&asked) } else { asked };
        let mut err = std::io::stderr().lock();
        let _ = err.write_all(asked.as_bytes()).and_then(|()| err.flush());
        let mut answer = String::new();
        // What can't be read is no consent.
        let _ = stdin.lock().read_line(&mut answer);
        Some(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}
