//! What is known of one thing, as labelled lines in sections.

use super::table::{display_width, printable, wrap};
use super::{Style, Ui};

/// Labelled lines in sections; the values of a section stand below each other.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    sections: Vec<Section>,
}

#[derive(Debug, Clone, Default)]
struct Section {
    title: Option<String>,
    lines: Vec<FactLine>,
}

#[derive(Debug, Clone)]
struct FactLine {
    label: String,
    text: String,
    /// A line to copy is not broken: the terminal's own breaks do not get into what is copied.
    exact: bool,
}

/// Longer labels do not move the values of the others.
const WIDEST_LABEL: usize = 32;

impl Facts {
    /// Begins a section; one without lines is not shown.
    pub fn section(&mut self, title: &str) {
        self.sections.push(Section { title: Some(title.to_owned()), lines: Vec::new() });
    }

    /// Adds a line, broken at spaces where it is too long.
    pub fn add(&mut self, label: &str, text: impl Into<String>) {
        self.push(label, text.into(), false);
    }

    /// Adds a line where there is something to say.
    pub fn add_some(&mut self, label: &str, text: Option<impl Into<String>>) {
        if let Some(text) = text {
            self.add(label, text);
        }
    }

    /// Adds a line that is to be copied: it is never broken.
    pub fn add_exact(&mut self, label: &str, text: impl Into<String>) {
        self.push(label, text.into(), true);
    }

    fn push(&mut self, label: &str, text: String, exact: bool) {
        if self.sections.is_empty() {
            self.sections.push(Section::default());
        }
        if let Some(section) = self.sections.last_mut() {
            section.lines.push(FactLine { label: printable(label), text, exact });
        }
    }

    /// The text for a terminal, ending in a newline.
    #[must_use]
    pub fn text(&self, ui: &Ui) -> String {
        let mut out = String::new();
        for section in self.sections.iter().filter(|section| !section.lines.is_empty()) {
            if !out.is_empty() {
                out.push('\n');
            }
            if let Some(title) = &section.title {
                out.push_str(&Style::Strong.paint(&printable(title), ui.color_out));
                out.push('\n');
            }
            section.write(ui, &mut out);
        }
        out
    }
}

impl Section {
    fn write(&self, ui: &Ui, out: &mut String) {
        let indent = if self.title.is_some() { 2 } else { 0 };
        let widths = self.lines.iter().map(|line| display_width(&line.label));
        let column = widths.filter(|width| *width <= WIDEST_LABEL).max().unwrap_or(0);
        for line in &self.lines {
            let label = Style::Faint.paint(&line.label, ui.color_out);
            let gap = column.saturating_sub(display_width(&line.label)) + 2;
            let available = ui.width.saturating_sub(indent + column + 2).max(20);
            let text = if line.exact { line.text.clone() } else { excerpt(&line.text, available) };
            let lines = if line.exact { vec![printable(&text)] } else { wrap_lines(&text, available) };
            out.push_str(&format!("{:indent$}{label}{:gap$}", "", ""));
            out.push_str(&lines.join(&format!("\n{:width$}", "", width = indent + column + 2)));
            out.push('\n');
        }
    }
}

/// Lines of a text that are shown on a terminal: what comes after it is to be seen, too.
const MOST_LINES: usize = 4;

/// The beginning of a text that would fill the terminal, with how long it is.
fn excerpt(text: &str, available: usize) -> String {
    let most = available.saturating_mul(MOST_LINES);
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(60).max(20);
    let head: String = text.chars().take(kept).collect();
    format!("{head}… ({length} characters; --format json prints all)")
}

/// Breaks what is too long; what fits keeps its spaces.
fn wrap_lines(text: &str, available: usize) -> Vec<String> {
    let text = printable(text);
    if display_width(&text) <= available { vec![text] } else { wrap(&text, available) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_would_fill_the_terminal_is_cut_and_says_how_long_it_is() {
        let text = |width| {
            let mut facts = Facts::default();
            facts.add("prompt", "word ".repeat(1200));
            facts.add("lr", "0.1");
            facts.text(&Ui::plain(width))
        };
        assert!(
            text(80).lines().count() <= MOST_LINES + 2
                && text(80).contains("(6000 characters; --format json")
        );
        assert_eq!(text(crate::ui::UNLIMITED).matches("word").count(), 1200, "a pipe gets all of it");
    }

    #[test]
    fn values_stand_below_each_other_and_long_ones_go_on_there() {
        let ui = Ui::plain(50);
        let mut facts = Facts::default();
        facts.add("run", "0123456789abcdef");
        facts.add_some("nothing", None::<String>);
        facts.section("Params");
        facts.add("lr", "0.1");
        facts.add("a_longer_name", "some words that do not fit into what is left of the line");
        facts.section("Nothing here");
        facts.section("Command");
        facts.add_exact("sh", "python train.py --and --many --options --that --go --beyond");
        insta::assert_snapshot!(facts.text(&ui));
    }
}
