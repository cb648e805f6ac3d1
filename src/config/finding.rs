//! Findings: what is wrong with a file, or may not be what its author meant.

use std::collections::HashSet;

use serde::Serialize;

use super::Config;
use super::yaml::Span;

/// The outcome of a check: a config, or the reasons why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedConfig {
    /// The config; present exactly where there are no errors.
    pub config: Option<Config>,
    /// Everything that must be changed, in the order of the file.
    pub errors: Vec<Finding>,
    /// Everything that works and may not be meant, in the order of the file.
    pub warnings: Vec<Finding>,
    /// What has no effect here and can stay, in the order of the file.
    pub notes: Vec<Finding>,
}

/// One thing to say about one place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Name of the warning, such as `duplicate-key`; errors have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// Dotted path of the key, or `<yaml>` where the file can't be read.
    pub key: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Length in characters.
    pub length: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Finding {
    /// Adds what to do.
    pub(super) fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what to do, where something is known.
    pub(super) fn maybe_hint(&mut self, hint: Option<String>) -> &mut Self {
        if hint.is_some() {
            self.hint = hint;
        }
        self
    }
}

/// A key of the file and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeyPlace {
    /// Dotted path.
    pub path: String,
    /// Place of the value, or of the key where the value has no place of its own.
    pub span: Span,
}

impl KeyPlace {
    /// The place of a key below this one, which may be missing.
    pub fn below(&self, key: &str) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Self { path, span: self.span }
    }
}

/// Of more findings than anyone reads, the last are dropped.
const MAX_FINDINGS: usize = 500;

/// Findings in the making.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Errors.
    pub errors: Vec<Finding>,
    /// Warnings.
    pub warnings: Vec<Finding>,
    /// Notes.
    pub notes: Vec<Finding>,
}

impl Findings {
    /// Adds an error.
    pub fn error(&mut self, place: &KeyPlace, message: impl Into<String>) -> &mut Finding {
        push(&mut self.errors, None, place, message.into())
    }

    /// Adds a warning.
    pub fn warn(&mut self, code: &'static str, place: &KeyPlace, message: impl Into<String>) -> &mut Finding {
        push(&mut self.warnings, Some(code), place, message.into())
    }

    /// Adds a note.
    pub fn note(&mut self, code: &'static str, place: &KeyPlace, message: impl Into<String>) -> &mut Finding {
        push(&mut self.notes, Some(code), place, message.into())
    }

    /// Whether so much is wrong that costly hints for more of it do not help.
    pub fn is_full(&self) -> bool {
        self.errors.len() > 100
    }

    /// Puts the findings into the order of the file.
    pub fn sort(&mut self) {
        // What is refused need not be warned of as well.
        let place = |finding: &Finding| (finding.line, finding.column);
        let refused: HashSet<(usize, usize)> = self.errors.iter().map(place).collect();
        let is_reading = |warning: &Finding| warning.code.is_some_and(|code| code.starts_with("yaml11-"));
        self.warnings.retain(|warning| !is_reading(warning) || !refused.contains(&place(warning)));
        for list in [&mut self.errors, &mut self.warnings, &mut self.notes] {
            list.sort_by_key(|finding| (finding.line, finding.column));
            list.dedup();
        }
    }
}

fn push<'a>(
    list: &'a mut Vec<Finding>,
    code: Option<&'static str>,
    place: &KeyPlace,
    message: String,
) -> &'a mut Finding {
    let Span { line, column, length } = place.span;
    if list.len() >= MAX_FINDINGS {
        list.pop();
    }
    let at = list.len();
    let key = if place.path.is_empty() { "<yaml>".to_owned() } else { place.path.clone() };
    list.push(Finding { code, key, line, column, length, message, hint: None });
    &mut list[at]
}
