//! A shell script in pieces: text for the shell, and places for values.

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotePosition {
    /// Outside of quotes.
    Bare,
    /// Inside `'…'`.
    Single,
    /// Inside `"…"`.
    Double,
    /// Inside a comment.
    Comment,
    /// Inside `$((…))`: only numbers are safe.
    Arithmetic,
    /// Where a value can't be quoted safely, with the reason.
    Refused(&'static str),
}

/// A `${name}` or `${raw:name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The parameter.
    pub name: String,
    /// `${raw:…}`.
    pub raw: bool,
    /// Where it stands.
    pub place: QuotePosition,
    /// A `\` stands before it, and would escape what is put here.
    pub after_backslash: bool,
    /// A `$` stands before it; it is not part of the text before.
    pub after_dollar: bool,
    /// `$NAME` stands before it, and a letter here would continue that name.
    pub after_variable: bool,
    /// A `#` stands behind it.
    pub before_hash: bool,
}

/// A piece of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Goes to the shell as it is.
    Text(String),
    /// A value is put here.
    Slot(Slot),
}

/// A script, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Its pieces in order.
    pub parts: Vec<Part>,
    /// What is opened and never closed, where that is certain.
    pub unclosed: Option<&'static str>,
    /// `${name}`s left to the shell.
    pub left: Vec<String>,
}
