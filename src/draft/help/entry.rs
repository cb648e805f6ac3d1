//! An option as it was laid out: what is typed, what stands for its value, and the text beside it.

/// An option as it was laid out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct HelpEntry {
    /// Its names, with their dashes.
    pub flags: Vec<String>,
    /// What stands for its value: `LR`, `FLOAT RANGE`, `{adam,sgd}`.
    pub metavar: String,
    /// The text beside and below it.
    pub help: String,
    /// It is marked as one that must be given.
    pub required: bool,
}

impl HelpEntry {
    /// Reads `-b N, --batch-size N`, `--lr FLOAT`, `--shuffle / --no-shuffle`, `--lr=X`.
    pub fn of_head(head: &str) -> Self {
        let mut entry = Self::default();
        let mut metavar: Vec<&str> = Vec::new();
        for word in head.split_whitespace() {
            let word = word.trim_end_matches(',');
            match word {
                "" | "/" | "|" => {}
                flag if is_flag(flag) => {
                    metavar.clear();
                    let (flag, value) = flag.split_once('=').unwrap_or((flag, ""));
                    entry.flags.extend(flag.split('/').filter(|flag| is_flag(flag)).map(str::to_owned));
                    metavar.extend(Some(value).filter(|value| !value.is_empty()));
                }
                word => metavar.push(word),
            }
        }
        entry.metavar = metavar.join(" ");
        entry
    }

    /// Adds a line to the text.
    pub fn add(&mut self, text: &str) {
        if !self.help.is_empty() && !text.is_empty() {
            self.help.push(' ');
        }
        self.help.push_str(text);
    }
}

/// Whether a word is what is typed for an option.
pub(super) fn is_flag(word: &str) -> bool {
    let bare = word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
    bare.is_some_and(|bare| bare.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['))
        && word.parse::<f64>().is_err()
}
