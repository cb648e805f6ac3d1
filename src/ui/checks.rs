//! A list of things that were looked at: a mark, what was found, and what to do.

use super::table::{printable, wrap};
use super::{Style, Ui};

/// How something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckMark {
    /// As it should be.
    Good,
    /// It deserves a look.
    Warning,
    /// Not as it should be.
    Bad,
    /// As it was.
    Same,
    /// Not as it was.
    Changed,
    /// It is not known.
    Unknown,
}

impl CheckMark {
    fn word(self) -> (&'static str, Style) {
        match self {
            Self::Good => ("ok", Style::Good),
            Self::Warning => ("warn", Style::Warning),
            Self::Bad => ("bad", Style::Bad),
            Self::Same => ("same", Style::Good),
            Self::Changed => ("changed", Style::Warning),
            Self::Unknown => ("unknown", Style::Faint),
        }
    }
}

/// Something that was looked at.
#[derive(Debug, Clone)]
pub struct CheckLine {
    /// How it was found.
    pub mark: CheckMark,
    /// What it is, in a word.
    pub label: String,
    /// What was found.
    pub text: String,
    /// What to do.
    pub advice: Option<String>,
}

/// The list in the space that the terminal has.
#[must_use]
pub fn check_list(ui: &Ui, lines: &[CheckLine]) -> String {
    let marks = lines.iter().map(|line| line.mark.word().0.len()).max().unwrap_or_default().max(4) + 2;
    let label = lines.iter().map(|line| line.label.chars().count()).max().unwrap_or_default() + 2;
    let indent = " ".repeat(marks + label);
    let available = ui.width.saturating_sub(marks + label);
    let mut out = String::new();
    for line in lines {
        let (word, style) = line.mark.word();
        let mark = format!("{}{}", style.paint(word, ui.color_out), " ".repeat(marks - word.len()));
        let text = wrap(&printable(&line.text), available).join(&format!("\n{indent}"));
        out.push_str(&format!("{mark}{:label$}{text}\n", line.label));
        if let Some(advice) = &line.advice {
            let advice = wrap(&printable(advice), available.saturating_sub(2)).join(&format!("\n{indent}  "));
            out.push_str(&format!("{indent}→ {advice}\n"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_below_each_other_in_the_room_there_is() {
        let ui = Ui::plain(40);
        let line = |mark, label: &str, text: &str, advice: Option<&str>| CheckLine {
            mark,
            label: label.to_owned(),
            text: text.to_owned(),
            advice: advice.map(str::to_owned),
        };
        let list = check_list(
            &ui,
            &[
                line(CheckMark::Good, "store", "answers", None),
                line(
                    CheckMark::Bad,
                    "clock",
                    "is wrong by so much that a line ends",
                    Some("Set it, with a long sentence."),
                ),
            ],
        );
        assert_eq!(
            list,
            "ok    store  answers\n\
             bad   clock  is wrong by so much that a\n             line ends\n             → Set it, with a long\n               sentence.\n"
        );
    }
}
