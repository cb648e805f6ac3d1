//! An option of a program.

use crate::space::Value;

/// What an option takes, where its help says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Nothing: it is there or it is not.
    Flag,
    /// Any number.
    Float,
    /// A whole number.
    Int,
    /// A file or folder.
    Path,
    /// Any text.
    Text,
}

/// An option of a program, as its help describes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HelpOption {
    /// What is typed, such as `-b` and `--batch-size`; of Hydra the dotted key.
    pub flags: Vec<String>,
    /// What switches it off, such as `--no-shuffle`.
    pub off: Option<String>,
    /// What it takes; `None`: not said.
    pub kind: Option<ValueKind>,
    /// The values that it may have; empty: not said.
    pub choices: Vec<Value>,
    /// What it is unless it is given.
    pub default: Option<Value>,
    /// The least value.
    pub low: Option<f64>,
    /// The largest value.
    pub high: Option<f64>,
    /// It takes several values.
    pub several: bool,
    /// It must be given.
    pub required: bool,
    /// What it is for.
    pub help: String,
}

impl HelpOption {
    /// The longest of its names, as it is typed: `--batch-size`.
    #[must_use]
    pub fn flag(&self) -> &str {
        let by_length = |flag: &&String| (flag.starts_with("--"), flag.len());
        // Of `--lr, --learning-rate` people know the first.
        let long = self.flags.iter().find(|flag| flag.starts_with("--"));
        long.or_else(|| self.flags.iter().max_by_key(by_length)).map_or("", String::as_str)
    }

    /// That name without its dashes.
    #[must_use]
    pub fn name(&self) -> &str {
        self.flag().trim_start_matches('-')
    }
}
