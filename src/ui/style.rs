//! The few styles that lines are painted in.

/// What a text is, which decides how it is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Something ended well.
    Good,
    /// Something failed.
    Bad,
    /// Something that deserves a look.
    Warning,
    /// What a line is about.
    Strong,
    /// What can be skipped.
    Faint,
}

impl Style {
    /// The text in this style, or as it is where there is no colour. It is one line: what could control the terminal is
    /// taken out.
    #[must_use]
    pub fn paint(self, text: &str, color: bool) -> String {
        let text = super::printable(text);
        if !color {
            return text;
        }
        let code = match self {
            Self::Good => "32",
            Self::Bad => "1;31",
            Self::Warning => "1;33",
            Self::Strong => "1",
            Self::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}
