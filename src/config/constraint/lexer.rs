//! From text to tokens.

use super::ConstraintError;
use crate::space::Value;

/// A token and the character it starts at, from 1.
pub type PlacedToken = (ConstraintToken, usize);

/// A piece of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ConstraintToken {
    /// A number, a text, true, false or null.
    Literal(Value),
    /// A parameter or a function.
    Name(String),
    /// An operator, a bracket, or a comma; words are spelt as in Python.
    Symbol(&'static str),
    /// The end.
    End,
}

const SYMBOLS: [&str; 21] = [
    "**", "//", "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]",
    ",", "!",
];

/// How equality is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equality {
    /// `==` alone, as in Python.
    Double,
    /// `=` as well, as in SQL and MLflow's filters.
    Either,
}

/// Splits an expression.
pub fn tokens(text: &str, equality: Equality) -> Result<Vec<PlacedToken>, ConstraintError> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let start = at;
        if c.is_whitespace() {
            at += 1;
            continue;
        }
        let token = if c.is_ascii_digit() || c == '.' {
            number(&chars, &mut at)?
        } else if c.is_alphabetic() || c == '_' {
            let word = take(&chars, &mut at, |c| c.is_alphanumeric() || c == '_' || c == '.');
            match quoted_part(&chars, &mut at, &word)? {
                Some(name) => ConstraintToken::Name(name),
                None => word_token(word),
            }
        } else if matches!(c, '\'' | '"' | '`') {
            at += 1;
            let inner = take(&chars, &mut at, |other| other != c);
            if chars.get(at).is_none() {
                return Err(syntax(start, format!("the {c} is never closed")));
            }
            at += 1;
            if c == '`' { ConstraintToken::Name(inner) } else { ConstraintToken::Literal(Value::Text(inner)) }
        } else {
            symbol(&chars, &mut at, equality)?
        };
        out.push((token, start + 1));
    }
    out.push((ConstraintToken::End, chars.len() + 1));
    Ok(out)
}

pub fn syntax(at: usize, message: impl Into<String>) -> ConstraintError {
    ConstraintError::Syntax { at: at + 1, message: message.into() }
}

fn take(chars: &[char], at: &mut usize, accept: impl Fn(char) -> bool) -> String {
    let word: String = chars.iter().skip(*at).take_while(|c| accept(**c)).collect();
    *at += word.chars().count();
    word
}

/// The rest of a name as MLflow writes it: ``metrics.`val/loss` `` and `params."batch size"`.
fn quoted_part(chars: &[char], at: &mut usize, word: &str) -> Result<Option<String>, ConstraintError> {
    let Some(quote) = chars.get(*at).copied().filter(|c| word.ends_with('.') && matches!(c, '`' | '"'))
    else {
        return Ok(None);
    };
    let start = *at;
    *at += 1;
    let inner = take(chars, at, |other| other != quote);
    if chars.get(*at).is_none() {
        return Err(syntax(start, format!("the {quote} is never closed")));
    }
    *at += 1;
    Ok(Some(format!("{word}{inner}")))
}

fn word_token(word: String) -> ConstraintToken {
    match word.as_str() {
        "true" | "True" => ConstraintToken::Literal(Value::Bool(true)),
        "false" | "False" => ConstraintToken::Literal(Value::Bool(false)),
        "null" | "None" => ConstraintToken::Literal(Value::Null),
        "and" => ConstraintToken::Symbol("&&"),
        "or" => ConstraintToken::Symbol("||"),
        "not" => ConstraintToken::Symbol("!"),
        "in" => ConstraintToken::Symbol("in"),
        _ => ConstraintToken::Name(word),
    }
}

fn number(chars: &[char], at: &mut usize) -> Result<ConstraintToken, ConstraintError> {
    let start = *at;
    let mut word = take(chars, at, |c| c.is_ascii_digit() || c == '.' || c == '_');
    if let Some(e) = chars.get(*at).filter(|c| matches!(c, 'e' | 'E')) {
        word.push(*e);
        *at += 1;
        if let Some(sign) = chars.get(*at).filter(|c| matches!(c, '+' | '-')) {
            word.push(*sign);
            *at += 1;
        }
        word += &take(chars, at, |c| c.is_ascii_digit());
    }
    let clean = word.replace('_', "");
    if let Ok(x) = clean.parse::<i128>() {
        return Ok(ConstraintToken::Literal(Value::Int(x)));
    }
    match clean.parse::<f64>() {
        Ok(x) => Ok(ConstraintToken::Literal(Value::Float(x))),
        Err(_) => Err(syntax(start, format!("`{word}` is not a number"))),
    }
}

fn symbol(chars: &[char], at: &mut usize, equality: Equality) -> Result<ConstraintToken, ConstraintError> {
    let rest: String = chars.iter().skip(*at).take(2).collect();
    if equality == Equality::Either && rest.starts_with('=') && !rest.starts_with("==") {
        *at += 1;
        return Ok(ConstraintToken::Symbol("=="));
    }
    let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) else {
        let message = if rest.starts_with('=') {
            "for equality write `==`".to_owned()
        } else {
            let first: String = rest.chars().take(1).collect();
            format!("`{first}` is not understood")
        };
        return Err(syntax(*at, message));
    };
    *at += symbol.len();
    Ok(ConstraintToken::Symbol(symbol))
}
