//! Tables as text by RFC 4180.

pub use ::csv::Terminator as LineEnd;

/// How lines end where nothing else is said, as RFC 4180 wants it.
pub const CRLF: LineEnd = LineEnd::CRLF;
/// How lines end in text files.
pub const LF: LineEnd = LineEnd::Any(b'\n');

/// Rows as CSV; cells are quoted where they must be.
#[must_use]
pub fn csv_table<R>(rows: impl IntoIterator<Item = R>, end: LineEnd) -> String
where
    R: IntoIterator,
    R::Item: AsRef<[u8]>,
{
    let mut writer = ::csv::WriterBuilder::new().flexible(true).terminator(end).from_writer(Vec::new());
    for row in rows {
        // Writing to memory does not fail.
        let _ = writer.write_record(row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_cell_is_quoted() {
        let rows = [["a", "b \"c\""], ["d,e", "f\r\ng"]];
        assert_eq!(csv_table(rows, CRLF), "a,\"b \"\"c\"\"\"\r\n\"d,e\",\"f\r\ng\"\r\n");
        assert_eq!(csv_table([["a", ""]], LF), "a,\n");
    }
}
