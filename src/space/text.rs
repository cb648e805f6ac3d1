//! The text of a value on a command line: what Python's `str` would print, which is what scripts written for
//! `mlflow-sweep` and W&B expect.

use std::fmt::{self, Write as _};

use super::Value;

impl Value {
    /// Its text inside a command: `True`, `None`, `1e-05`, `[1, 'a']`; a text is itself, unquoted.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            other => {
                let mut out = String::new();
                other.write_literal(&mut out);
                out
            }
        }
    }

    fn write_literal(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("None"),
            Self::Bool(true) => out.push_str("True"),
            Self::Bool(false) => out.push_str("False"),
            Self::Int(x) => {
                let _ = write!(out, "{x}");
            }
            Self::Float(x) => out.push_str(&float_text(*x)),
            Self::Text(text) => write_quoted(text, out),
            Self::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    item.write_literal(out);
                }
                out.push(']');
            }
            Self::Map(entries) => {
                out.push('{');
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    write_quoted(key, out);
                    out.push_str(": ");
                    value.write_literal(out);
                }
                out.push('}');
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// The shortest digits that read back as `x`: positional for decimal exponents -4 to 15, else `1e-05`.
pub(super) fn float_text(x: f64) -> String {
    if x.is_nan() {
        return "nan".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = x.abs();
    if size == 0.0 || (1e-4..1e16).contains(&size) {
        return format!("{x:?}");
    }
    let text = format!("{x:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(rest) => ('-', rest),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// A text inside a list or mapping: `'…'`, or `"…"` where it holds `'` and no `"`.
fn write_quoted(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || (0x7f..0xa0).contains(&(c as u32)) => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_python_prints_them() {
        for (x, text) in [
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1.5e-7, "1.5e-07"),
            (3.0, "3.0"),
            (-0.0, "-0.0"),
            (1e-300, "1e-300"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float_text(x), text);
        }
    }

    #[test]
    fn texts_inside_lists_are_quoted() {
        let list = Value::List(vec![
            Value::Text("it's".into()),
            Value::Text("\"it's\"".into()),
            Value::Text("a\\b\u{1}".into()),
        ]);
        assert_eq!(list.text(), r#"["it's", '"it\'s"', 'a\\b\x01']"#);
    }
}
