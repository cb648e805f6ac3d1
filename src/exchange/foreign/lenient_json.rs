//! JSON as Python writes it: with `NaN` and `Infinity`, which JSON does not have.

use serde_json::Value as Json;

/// Reads JSON; a bare `NaN` or `Infinity` becomes the text of that name.
pub(super) fn parse(text: &str) -> Result<Json, serde_json::Error> {
    match serde_json::from_str(text) {
        Err(_) if text.contains("NaN") || text.contains("Infinity") => serde_json::from_str(&quoted(text)),
        read => read,
    }
}

/// The text with the words that JSON does not have in quotes.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    let mut inside = false;
    while let Some(c) = rest.chars().next() {
        let word =
            ["NaN", "-Infinity", "Infinity"].into_iter().find(|word| !inside && rest.starts_with(word));
        if let Some(word) = word {
            out.push('"');
            out.push_str(word);
            out.push('"');
            rest = rest.get(word.len()..).unwrap_or_default();
            continue;
        }
        let escaped = inside && c == '\\';
        inside ^= c == '"';
        let length = if escaped { 1 + rest.chars().nth(1).map_or(0, char::len_utf8) } else { c.len_utf8() };
        let (taken, left) = rest.split_at(length.min(rest.len()));
        out.push_str(taken);
        rest = left;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_numbers_that_are_none_are_read_as_their_words() {
        let read = parse(r#"{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN \" NaN", "d": 1}"#).unwrap();
        assert_eq!(read.to_string(), r#"{"a":"NaN","b":["-Infinity","Infinity"],"c":"NaN \" NaN","d":1}"#);
        assert!(parse("{NaN").is_err());
    }
}
