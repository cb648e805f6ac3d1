//! Values and comments as text that every YAML reader takes in one way.

use super::yaml::plain_value;
use crate::space::Value;

/// What YAML 1.1 or one of its readers takes for something else than a text.
const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"];

/// A value as YAML and JSON both read it: JSON's text leaves but one character that YAML does not take.
#[must_use]
pub fn yaml_json(value: &Value) -> String {
    value.json_text().replace('\u{7f}', "\\u007f")
}

/// A value as a person would write it, also inside of `[…]` and `{…}`: quoted only where it has to be.
#[must_use]
pub fn yaml_text(value: &Value) -> String {
    match value {
        Value::Float(x) => yaml_float(*x),
        Value::Text(text) if is_word(text) => text.clone(),
        Value::List(items) => format!("[{}]", items.iter().map(yaml_text).collect::<Vec<_>>().join(", ")),
        other => yaml_json(other),
    }
}

/// Whether a text needs no quotes.
fn is_word(text: &str) -> bool {
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '.' | '/'));
    let rest = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | '+'));
    first
        && rest
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
        && matches!(plain_value(text), Value::Text(_))
}

/// A float as every YAML reader knows it: with a point, and a sign in the exponent.
#[must_use]
pub fn yaml_float(x: f64) -> String {
    match x {
        x if x.is_nan() => ".nan".to_owned(),
        f64::INFINITY => ".inf".to_owned(),
        f64::NEG_INFINITY => "-.inf".to_owned(),
        x => {
            let text = Value::Float(x).text();
            match text.split_once('e') {
                Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
                _ => text,
            }
        }
    }
}

/// A text as part of one line of comment: without what YAML does not take there, and no longer than `most` characters.
#[must_use]
pub fn yaml_comment(text: &str, most: usize) -> String {
    let plain = |c: char| {
        !c.is_control() && !matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
    };
    let line: String =
        text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| plain(*c)).collect();
    let line = line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let cut: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::yaml;

    #[test]
    fn every_value_is_read_back_as_it_was() {
        let texts = [
            "adam", "no", "1e-5", "1_000", "12:30", "a b", "a,b", "#x", "-x", "~", "", "é", "a: b", "0x1f",
            "=", "\u{7f}",
        ];
        let values = texts.into_iter().map(|text| Value::Text(text.to_owned())).chain([
            Value::Null,
            Value::Bool(true),
            Value::Int(3),
            Value::Float(1e-5),
            Value::Float(2.0),
            Value::Float(f64::INFINITY),
            Value::List(vec![Value::Int(1), Value::Text("off".into())]),
        ]);
        for value in values {
            let text = format!("[{}, {{k: {}}}]", yaml_text(&value), yaml_text(&value));
            let read = yaml::read(text.as_bytes()).unwrap().root.unwrap().to_value();
            assert_eq!(
                read,
                Value::List(vec![value.clone(), Value::Map(vec![("k".into(), value)])]),
                "{text}"
            );
        }
        assert_eq!(yaml_text(&Value::Text("./data/x.csv".into())), "./data/x.csv");
    }

    #[test]
    fn a_comment_is_one_short_line() {
        assert_eq!(yaml_comment(" a\n  b\u{1b}[0m\u{2028}c ", 20), "a b[0m c");
        assert_eq!(yaml_comment("abcdefgh", 5), "abcd…");
    }
}
