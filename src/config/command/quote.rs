//! Quoting: a value's text, so that the shell reads it as one piece of data where it stands.

use super::argv::Piece;
use super::script::{Part, QuotePosition, Scan, Slot};
use super::{CommandError, RenderContext};
use crate::space::{Point, Value};

/// Whether the shell reads a text as itself, wherever it stands.
pub fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c))
}

/// A text in single quotes.
fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A text as one word of a command line.
pub fn word(text: &str) -> String {
    if !text.is_empty() && is_plain(text) {
        text.to_owned()
    } else if text.contains('\n') && !text.ends_with('\n') {
        format!("\"$({})\"", printf(text))
    } else {
        single(text)
    }
}

/// An argument as one word for `sh`, in which variables are the shell's own: none of their values is shown.
pub fn word_with_variables(argument: &[Piece]) -> String {
    let has_variable = argument.iter().any(|piece| !matches!(piece, Piece::Text(_)));
    let words = argument.iter().map(|piece| match piece {
        Piece::Text(text) if text.is_empty() && has_variable => String::new(),
        Piece::Text(text) => word(text),
        Piece::Variable { name, .. } => format!("\"${{{name}}}\""),
        Piece::ParamsFile => "\"$sweep_params\"".to_owned(),
    });
    words.collect()
}

/// A call of `printf` that prints a text, on one line.
fn printf(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "%%").replace('\n', "\\n");
    format!("printf -- {}", single(&escaped))
}

/// A script as one line to paste.
pub fn one_line(script: &str) -> String {
    let script = script.trim_end_matches('\n');
    if script.contains('\n') { format!("sh -c \"$({})\"", printf(script)) } else { script.to_owned() }
}

/// Puts the values into a scanned template.
pub fn fill(
    scanned: &Scan,
    point: &Point,
    context: &RenderContext<'_>,
    warnings: &mut Vec<String>,
) -> Result<String, CommandError> {
    let mut out = String::new();
    for part in &scanned.parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Slot(slot) => {
                let text = context.text(&slot.name, point).unwrap_or_default();
                let number = match point.get(&slot.name) {
                    Some(value) => matches!(value, Value::Int(_) | Value::Float(_)),
                    None => !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()),
                };
                if text.contains('\0') {
                    return Err(CommandError::Nul(slot.name.clone()));
                }
                put(slot, &text, number, &mut out)?;
                if slot.place == QuotePosition::Bare && !slot.raw && text.contains(char::is_whitespace) {
                    warnings.push(format!(
                        "the value of `{0}` holds spaces and is passed as one argument; `${{raw:{0}}}` would pass it as shell text",
                        slot.name
                    ));
                }
            }
        }
    }
    warnings.sort();
    warnings.dedup();
    Ok(out)
}

fn put(slot: &Slot, text: &str, number: bool, out: &mut String) -> Result<(), CommandError> {
    let refuse =
        |reason: &str| Err(CommandError::Unquotable { name: slot.name.clone(), reason: reason.to_owned() });
    if slot.raw {
        if slot.after_dollar {
            out.push('$');
        }
        out.push_str(text);
        return Ok(());
    }
    let plain = is_plain(text);
    if slot.after_backslash && !plain && slot.place != QuotePosition::Single {
        return refuse("the backslash before it would escape its first character");
    }
    if slot.after_dollar {
        // `$` before a number stays, as the language has it; before a text it would name a variable.
        let keep = number || matches!(slot.place, QuotePosition::Single | QuotePosition::Comment);
        out.push_str(if keep { "$" } else { "\\$" });
    }
    match slot.place {
        QuotePosition::Bare if text.is_empty() => {
            // Nothing at all; but before a `#` that would start a comment.
            if slot.before_hash {
                out.push_str("''");
            }
        }
        QuotePosition::Bare if plain && !slot.after_variable => out.push_str(text),
        QuotePosition::Bare => out.push_str(&single(text)),
        QuotePosition::Single => out.push_str(&text.replace('\'', "'\\''")),
        QuotePosition::Double => {
            if slot.after_variable {
                out.push_str("\"\"");
            }
            for c in text.chars() {
                if matches!(c, '\\' | '"' | '$' | '`') {
                    out.push('\\');
                }
                out.push(c);
            }
        }
        QuotePosition::Comment => out.push_str(&text.replace(['\n', '\r'], " ")),
        QuotePosition::Arithmetic if number && is_plain(text) => out.push_str(text),
        QuotePosition::Arithmetic => return refuse("only numbers can stand in shell arithmetic"),
        QuotePosition::Refused(reason) => return refuse(reason),
    }
    Ok(())
}
