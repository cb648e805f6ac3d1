//! What killed programs left unfinished.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::super::regular::open_regular;

/// How the names of files begin that are not whole yet.
pub(super) const UNFINISHED: &str = ".sweep-";
/// A file that was started so recently may not be locked yet.
const JUST_NOW: Duration = Duration::from_secs(1);

/// Removes what killed programs have left unfinished in a folder and below it, which blocks. What is still being written
/// stays, and what was started just now. Links are not followed. How many were removed.
pub fn remove_unfinished(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let mut removed = 0;
    for entry in entries.flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => removed += remove_unfinished(&path),
            Ok(kind) if kind.is_file() && is_unfinished(&entry) && is_abandoned(&path) => {
                removed += u64::from(fs::remove_file(&path).is_ok());
            }
            _ => {}
        }
    }
    removed
}

/// Whether it has the name of an unfinished file: six letters or digits after the mark.
fn is_unfinished(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    let rest = name.to_str().and_then(|name| name.strip_prefix(UNFINISHED));
    rest.is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn is_abandoned(path: &Path) -> bool {
    let Ok(file) = open_regular(path) else { return false };
    let age = file.metadata().and_then(|meta| meta.modified()).ok().and_then(|time| time.elapsed().ok());
    age.is_some_and(|age| age >= JUST_NOW) && file.try_lock().is_ok()
}
