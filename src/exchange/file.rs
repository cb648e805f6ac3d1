//! A file that was named on the command line.

use std::io::{self, Read, stdin};
use std::path::Path;

use super::error::ExchangeError;
use crate::tracking::open_typed;

/// Larger files are no tables of runs: 1 GiB.
const LARGEST: u64 = 1 << 30;

/// The bytes of a table (`-`: of stdin); `name` is for messages.
pub(super) fn read_table_file(path: &Path, name: &str) -> Result<Vec<u8>, ExchangeError> {
    let bytes = if path == Path::new("-") { whole(stdin().lock()) } else { open_typed(path).and_then(whole) };
    let bytes =
        bytes.map_err(|error| ExchangeError::Unreadable { file: name.to_owned(), source: error.into() })?;
    if bytes.len() as u64 > LARGEST {
        return Err(ExchangeError::Refused { problem: format!("{name} is larger than 1 GiB"), hint: None });
    }
    Ok(bytes)
}

fn whole(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A reader of a table's rows. A byte order mark, as spreadsheets write it, is no part of the first name.
pub(super) fn rows(bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::Reader::from_reader(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes))
}
