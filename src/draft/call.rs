//! Calls as Python and Hydra write them: `suggest_float("lr", 1e-5, 0.1, log=True)`, `interval(0.1, 1)`.

use crate::config::plain_value;
use crate::space::Value;

/// The arguments of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CallArguments {
    /// Those without a name.
    placed: Vec<String>,
    /// Those with one.
    named: Vec<(String, String)>,
}

impl CallArguments {
    /// Reads what follows an opening bracket; `None`: it is never closed. Also returns how many bytes it took.
    pub fn read(text: &str) -> Option<(Self, usize)> {
        let mut arguments = Self::default();
        let mut depth = 0_usize;
        let mut quote: Option<char> = None;
        let mut start = 0;
        let mut chars = text.char_indices();
        while let Some((at, c)) = chars.next() {
            match (quote, c) {
                (Some(_), '\\') => {
                    chars.next();
                }
                (Some(open), c) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, '#') => {
                    // A comment of Python's, up to the end of its line.
                    chars.by_ref().find(|(_, c)| *c == '\n');
                }
                (None, '(' | '[' | '{') => depth += 1,
                (None, ')') if depth == 0 => {
                    arguments.add(text.get(start..at)?);
                    return Some((arguments, at + 1));
                }
                (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
                (None, ',') if depth == 0 => {
                    arguments.add(text.get(start..at)?);
                    start = at + 1;
                }
                _ => {}
            }
        }
        None
    }

    fn add(&mut self, text: &str) {
        let lines = text
            .lines()
            .map(|line| line.split('#').next().filter(|_| !line.contains(['\'', '"'])).unwrap_or(line));
        let text = lines.collect::<Vec<_>>().join(" ").trim().to_owned();
        let is_name =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match text.split_once('=') {
            _ if text.is_empty() => {}
            Some((name, value)) if is_name(name.trim()) && !value.starts_with('=') => {
                self.named.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            _ => self.placed.push(text),
        }
    }

    /// The argument at a place, or of one of these names.
    pub fn get(&self, place: usize, names: &[&str]) -> Option<&str> {
        let named =
            self.named.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value);
        named.or_else(|| self.placed.get(place)).map(String::as_str)
    }

    /// The argument of a name.
    pub fn named(&self, name: &str) -> Option<&str> {
        self.named.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Those without a name.
    pub fn placed(&self) -> &[String] {
        &self.placed
    }
}

/// A literal of Python's or Hydra's; `None`: it has to be computed.
pub(super) fn literal(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Some(inner) = quoted(text) {
        return Some(Value::Text(inner));
    }
    let listed = [('[', ']'), ('(', ')')]
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open).and_then(|rest| rest.strip_suffix(*close)));
    if let Some(inside) = listed {
        let (items, _) = CallArguments::read(&format!("{inside})"))?;
        return items.placed().iter().map(|item| literal(item)).collect::<Option<Vec<_>>>().map(Value::List);
    }
    match text {
        "True" | "true" => return Some(Value::Bool(true)),
        "False" | "false" => return Some(Value::Bool(false)),
        "None" | "null" => return Some(Value::Null),
        _ => {}
    }
    let number = text.replace('_', "");
    match plain_value(&number) {
        value @ (Value::Int(_) | Value::Float(_)) => Some(value),
        _ => number.parse::<f64>().ok().filter(|x| x.is_finite()).map(Value::Float),
    }
}

/// The text of a literal in quotes, without escapes that matter.
fn quoted(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = text.get(1..text.len().checked_sub(1)?)?;
    let closed = text.len() >= 2 && text.ends_with(quote) && !inner.contains(quote) && !inner.contains('\\');
    closed.then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_parted_at_their_commas() {
        let (call, length) =
            CallArguments::read("\"a, b\", [1, 2],\n  log=True, # why, not\n  step = 2) + 1").unwrap();
        assert_eq!(call.placed(), ["\"a, b\"", "[1, 2]"]);
        assert_eq!((call.named("log"), call.get(9, &["step"])), (Some("True"), Some("2")));
        assert_eq!(length, "\"a, b\", [1, 2],\n  log=True, # why, not\n  step = 2)".len());
        assert_eq!(CallArguments::read("(1, 2"), None);
    }

    #[test]
    fn literals_are_values_and_the_rest_is_none() {
        for (text, value) in [
            ("1e-5", Value::Float(1e-5)),
            ("1_000", Value::Int(1000)),
            ("-3", Value::Int(-3)),
            ("'a b'", Value::Text("a b".into())),
            ("(1, 'x', None)", Value::List(vec![Value::Int(1), Value::Text("x".into()), Value::Null])),
            ("True", Value::Bool(true)),
        ] {
            assert_eq!(literal(text), Some(value), "{text}");
        }
        for text in ["n + 1", "f'x{i}'", "[1, n]", "", "nan", "'a' 'b'"] {
            assert_eq!(literal(text), None, "{text}");
        }
    }
}
