//! Which program wrote a file or folder of runs: seen by what it holds.

use std::io::Read as _;
use std::path::Path;

use super::super::error::ExchangeError;
use super::super::file::read_table_file;
use super::super::table::{TableSelection, TrialTable};
use super::{optuna_database, optuna_journal, ray, wandb_runs};
use crate::tracking::open_typed;

/// How a database of SQLite begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Reads the runs of a file or folder, whichever program wrote it.
///
/// # Errors
/// Where it can't be read, is none that is known, or does not have what is asked for.
pub fn read_runs(path: &Path, asked: &TableSelection) -> Result<TrialTable, ExchangeError> {
    let file = path.display().to_string();
    if path.is_dir() {
        if ray::is_one(path) {
            return ray::read(path, &file, asked);
        }
        return Err(ExchangeError::Content {
            file,
            problem: "neither an export of sweep nor results of Ray Tune".to_owned(),
            hint: Some("`sweep export DIR` writes folders that can be imported; of Ray the folder of one experiment.".to_owned()),
        });
    }
    if path != Path::new("-") && is_database(path) {
        return optuna_database::read(path, &file, asked);
    }
    let bytes = read_table_file(path, &file)?;
    let text = || String::from_utf8_lossy(&bytes);
    match bytes.trim_ascii_start().first() {
        Some(b'{') if optuna_journal::is_one(&text()) => optuna_journal::read(&text(), &file, asked),
        Some(b'{' | b'[') => wandb_runs::read(&text(), &file, asked),
        _ => TrialTable::read(&bytes, &file, asked),
    }
}

fn is_database(path: &Path) -> bool {
    let mut first = [0; 16];
    open_typed(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == SQLITE
}
