//! Text to tokens, where MLflow (that is, sqlparse) cuts it.

use super::error::FilterError;

/// A token. Quoted text is kept as written between the quotes: MLflow knows no escapes either.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FilterToken {
    /// A bare word, perhaps a keyword: no dot, no quotes.
    Word(String),
    /// A name with an entity before the first dot, or quoted by backticks.
    Name { entity: Option<String>, key: String },
    /// Text in single or double quotes.
    Text(String),
    /// A number.
    Number(f64),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`, or a wrong one such as `==`.
    Operator(String),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
}

impl std::fmt::Display for FilterToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Word(text) | Self::Operator(text) => f.write_str(text),
            Self::Name { entity: Some(entity), key } => write!(f, "{entity}.{key}"),
            Self::Name { entity: None, key } => write!(f, "`{key}`"),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Open => f.write_str("("),
            Self::Close => f.write_str(")"),
            Self::Comma => f.write_str(","),
        }
    }
}

pub(super) fn tokens(text: &str) -> Result<Vec<FilterToken>, FilterError> {
    let mut rest = text.trim_start();
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '(' => (FilterToken::Open, &rest[1..]),
            ')' => (FilterToken::Close, &rest[1..]),
            ',' => (FilterToken::Comma, &rest[1..]),
            '\'' | '"' => {
                let (inner, after) = quoted(rest, first)?;
                (FilterToken::Text(inner.to_owned()), after)
            }
            '=' | '!' | '<' | '>' => {
                let (sign, after) = split_while(rest, |c| matches!(c, '=' | '!' | '<' | '>'));
                (FilterToken::Operator(sign.to_owned()), after)
            }
            c if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') => number(rest)?,
            c if is_word(c) || c == '`' => name(rest)?,
            other => return Err(FilterError::new(format!("Invalid clause(s) in filter string: '{other}'"))),
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn split_while(text: &str, mut keep: impl FnMut(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !keep(c)).unwrap_or(text.len()))
}

/// The text between a quote and the next such quote; a doubled quote does not end it.
fn quoted(text: &str, quote: char) -> Result<(&str, &str), FilterError> {
    let inner = &text[quote.len_utf8()..];
    let mut marks = inner.match_indices(quote).map(|(at, _)| at).peekable();
    while let Some(at) = marks.next() {
        let doubled = quote != '`' && marks.peek() == Some(&(at + 1));
        if !doubled {
            return Ok((&inner[..at], &inner[at + quote.len_utf8()..]));
        }
        marks.next();
    }
    Err(FilterError::new(format!("Invalid clause(s) in filter string: the quote {quote} is never closed")))
}

fn number(text: &str) -> Result<(FilterToken, &str), FilterError> {
    let mut before = ' ';
    let (digits, after) = split_while(text, |c| {
        let belongs = c.is_ascii_alphanumeric()
            || c == '.'
            || (matches!(c, '-' | '+') && matches!(before, ' ' | 'e' | 'E'));
        before = c;
        belongs
    });
    // Rust reads `inf` and `nan` as numbers too, but these don't begin with a digit, a sign or a dot plus a digit.
    match digits.parse::<f64>() {
        Ok(number) if digits.contains(|c: char| c.is_ascii_digit()) => {
            Ok((FilterToken::Number(number), after))
        }
        _ => Err(FilterError::new(format!("Expected a number, found '{digits}'"))),
    }
}

/// A bare word, `entity.key`, `` entity.`key` ``, `entity."key"` or `` `key` ``. Only the first dot splits.
fn name(text: &str) -> Result<(FilterToken, &str), FilterError> {
    if text.starts_with('`') {
        let (inner, after) = quoted(text, '`')?;
        return match after.strip_prefix('.') {
            Some(key) => key_after(inner, key),
            None => Ok((FilterToken::Name { entity: None, key: inner.to_owned() }, after)),
        };
    }
    let (word, after) = split_while(text, is_word);
    match after.strip_prefix('.') {
        Some(key) => key_after(word, key),
        None => Ok((FilterToken::Word(word.to_owned()), after)),
    }
}

fn key_after<'a>(entity: &str, text: &'a str) -> Result<(FilterToken, &'a str), FilterError> {
    let (key, after) = match text.chars().next() {
        Some(quote @ ('`' | '"')) => quoted(text, quote)?,
        _ => split_while(text, |c| is_word(c) || c == '.'),
    };
    if key.is_empty() {
        return Err(FilterError::new(format!("Invalid identifier '{entity}.': the key is missing")));
    }
    Ok((FilterToken::Name { entity: Some(entity.to_owned()), key: key.to_owned() }, after))
}
