//! One line at the foot of a terminal: how far a long piece of work is.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::table::shorten;
use super::{Ui, printable};

/// The line; nothing at all where there is no terminal. It is gone when this is dropped.
pub struct Steps {
    bar: Option<ProgressBar>,
}

impl Steps {
    /// For so many steps.
    #[must_use]
    pub fn new(ui: &Ui, total: u64, noun: &str) -> Self {
        let bar = (ui.live && !ui.quiet).then(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            let template = format!("{{bar:20}} {{pos}} of {{len}} {noun} · {{msg}}");
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(style.progress_chars("━━╌"));
            }
            bar
        });
        Self { bar }
    }

    /// What is being worked on.
    pub fn at(&self, what: &str) {
        if let Some(bar) = &self.bar {
            // A line that is too long would be drawn twice.
            bar.set_message(shorten(&printable(what), 30));
        }
    }

    /// One step is done.
    pub fn step(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
