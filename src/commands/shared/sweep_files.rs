//! Sweep files of a directory that nobody has named.

use std::path::Path;

use crate::ui::printable;

/// Files that are looked at, to find a sweep file among them.
const MOST_FILES: usize = 200;
/// A sweep file names itself within so many bytes.
const LARGEST: u64 = 1 << 16;

/// The names of files here that read like sweep files, in order.
pub fn sweep_files(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .take(MOST_FILES)
        .filter(|entry| entry.metadata().is_ok_and(|data| data.is_file() && data.len() <= LARGEST))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".yaml") || name.ends_with(".yml"))
        .filter(|name| printable(name) == *name && !name.contains(char::is_whitespace))
        .filter(|name| is_sweep_file(&std::fs::read_to_string(folder.join(name)).unwrap_or_default()))
        .collect();
    names.sort();
    names
}

fn is_sweep_file(text: &str) -> bool {
    let has = |keys: &[&str]| text.lines().any(|line| keys.iter().any(|key| line.starts_with(key)));
    has(&["parameters:"]) && has(&["command:", "program:", "method:"])
}
