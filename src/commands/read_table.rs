//! Reads a table of runs that another program wrote.

use std::path::Path;

use super::exit::Exit;
use super::failure::Failure;
use crate::plain::{Asked, Table};
use crate::tracking::open_typed;

/// Larger files are no tables of runs: 1 GiB.
const LARGEST: u64 = 1 << 30;

/// Reads a CSV file.
pub(super) fn read_table(from: &Path, asked: &Asked) -> Result<Table, Failure> {
    use std::io::Read as _;

    let name = from.display().to_string();
    let unreadable =
        |error: std::io::Error| Failure::new(Exit::Usage, format!("{name} can't be read")).caused_by(&error);
    let mut bytes = Vec::new();
    let file = open_typed(from).map_err(unreadable)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::new(Exit::Usage, format!("{name} is larger than 1 GiB")));
    }
    Ok(Table::read(&bytes, &name, asked)?)
}
