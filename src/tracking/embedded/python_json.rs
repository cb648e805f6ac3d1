//! JSON as Python writes it: programs compare the texts that MLflow writes.

use serde::Serialize as _;

/// JSON with the spaces and the escapes that Python puts in.
pub(super) fn spaced(value: &serde_json::Value) -> String {
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _ = value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Spaced));
    String::from_utf8_lossy(&bytes).into_owned()
}

struct Spaced;

impl serde_json::ser::Formatter for Spaced {
    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + std::io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> std::io::Result<()> {
        for c in fragment.chars() {
            if c.is_ascii() && c != '\u{7f}' {
                write!(out, "{c}")?;
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::spaced;

    #[test]
    fn texts_have_the_spaces_that_python_puts_in() {
        let value = serde_json::json!([{"name": "m", "version": 1}, {}, []]);
        assert_eq!(spaced(&value), r#"[{"name": "m", "version": 1}, {}, []]"#);
        let name = serde_json::json!({"name": "gr\u{f6}\u{df}e \u{1f600}"});
        assert_eq!(spaced(&name), r#"{"name": "gr\u00f6\u00dfe \ud83d\ude00"}"#);
    }
}
