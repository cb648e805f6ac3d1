//! What is submitted: calls of programs.

/// What is submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// As a person reads and keeps it.
    pub shown: String,
    /// The calls that submit it.
    pub steps: Vec<SubmissionStep>,
}

/// A call of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionStep {
    /// The machine that it is about; empty: this one, or the engine's own.
    pub host: String,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// What it reads.
    pub stdin: Option<String>,
}

impl SubmissionStep {
    pub(super) fn call(words: &[&str], more: impl IntoIterator<Item = String>) -> Self {
        let argv = words.iter().map(|word| (*word).to_owned()).chain(more).collect();
        Self { host: String::new(), argv, stdin: None }
    }
}
