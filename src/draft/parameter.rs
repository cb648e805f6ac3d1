//! A line of `parameters:` in a draft.

/// A parameter of a draft: varied, or offered in a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftParameter {
    /// Its name.
    pub name: String,
    /// What stands behind the name, as YAML in one line.
    pub yaml: String,
    /// What it is, for the comment behind it.
    pub comment: String,
    /// Whether it is varied; else its line is a comment.
    pub varied: bool,
    /// The option that it is passed by where the command names each: `--lr`, `-C`.
    pub flag: String,
}
