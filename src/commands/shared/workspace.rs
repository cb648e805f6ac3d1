//! What a working directory remembers: the sweep that was last initialised there.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::agent::Journal;

/// The folder for what is `sweep`'s own in a working directory.
const FOLDER: &str = ".sweep";
const LATEST: &str = "latest.json";
const KNOWN: &str = "sweeps";
const SCHEMA: &str = "sweep-file.json";

/// The sweep that was last initialised in a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatestSweep {
    /// Id of its parent run.
    pub sweep_id: String,
    /// Where it was made; without credentials.
    pub tracking_uri: String,
    /// SHA-256 of its config.
    pub config_sha256: String,
}

impl LatestSweep {
    /// Reads it; `None` where there is none, or none that can be read.
    pub fn load(directory: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(directory.join(FOLDER).join(LATEST)).ok()?).ok()
    }

    pub fn save(&self, directory: &Path) -> io::Result<()> {
        let folder = directory.join(FOLDER);
        make(&folder)?;
        // The config of every sweep that was made here is remembered, not only of the last.
        let known = folder.join(KNOWN);
        std::fs::create_dir_all(&known)?;
        std::fs::write(known.join(&self.sweep_id), &self.config_sha256)?;
        let file = tempfile::NamedTempFile::new_in(&folder)?;
        serde_json::to_writer_pretty(&file, self)?;
        file.persist(folder.join(LATEST)).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Forgets a sweep that was deleted: it is the latest of this directory no more, and its empty journal is removed.
/// Results that are not delivered stay; returns how many.
pub fn forget(directory: &Path, sweep_id: &str) -> usize {
    if LatestSweep::load(directory).is_some_and(|latest| latest.sweep_id == sweep_id) {
        let _ = std::fs::remove_file(directory.join(FOLDER).join(LATEST));
    }
    let journal = journal(directory, sweep_id);
    // Only where nothing is left in it.
    let _ = std::fs::remove_dir(journal.folder());
    journal.waiting() + journal.refused().len()
}

/// Makes the folder; nothing of it belongs into a repository.
fn make(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let ignore = folder.join(".gitignore");
    if ignore.exists() { Ok(()) } else { std::fs::write(ignore, "*\n") }
}

/// Writes the schema of sweep files for editors; returns its path from the directory.
pub fn save_schema(directory: &Path, text: &str) -> io::Result<String> {
    let folder = directory.join(FOLDER);
    make(&folder)?;
    std::fs::write(folder.join(SCHEMA), text)?;
    Ok(format!("{FOLDER}/{SCHEMA}"))
}

/// Where the output of running commands can be read: below the directory that the agent works in.
pub fn logs(directory: &Path) -> PathBuf {
    directory.join(FOLDER).join("logs")
}

/// Makes that folder.
pub fn make_logs(directory: &Path) -> io::Result<PathBuf> {
    make(&directory.join(FOLDER))?;
    let folder = logs(directory);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The file for a sweep's report that is not saved with the sweep; its folder is made.
pub fn make_report(directory: &Path, sweep_id: &str) -> io::Result<PathBuf> {
    make(&directory.join(FOLDER))?;
    let folder = directory.join(FOLDER).join("reports");
    std::fs::create_dir_all(&folder)?;
    Ok(folder.join(format!("{sweep_id}.html")))
}

/// Makes a folder of a directory, given by its path from there.
pub fn make_folder(directory: &Path, path: &str) -> io::Result<()> {
    if Path::new(path).starts_with(FOLDER) {
        make(&directory.join(FOLDER))?;
    }
    std::fs::create_dir_all(directory.join(path))
}

/// The SHA-256 of the config of a sweep that was made in this directory.
pub fn known_sha256(directory: &Path, sweep_id: &str) -> Option<String> {
    std::fs::read_to_string(directory.join(FOLDER).join(KNOWN).join(sweep_id)).ok()
}

/// Where the checkpoints of a sweep's trials are.
pub fn checkpoints(directory: &Path, sweep_id: &str) -> PathBuf {
    directory.join(FOLDER).join("checkpoints").join(sweep_id)
}

/// Where results of a sweep wait that could not be delivered.
pub fn journal(directory: &Path, sweep_id: &str) -> Journal {
    Journal::new(directory.join(FOLDER).join("journal").join(sweep_id))
}

/// The sweeps that have results here that could not be delivered yet, with how many.
pub fn waiting(directory: &Path) -> Vec<(String, u64)> {
    let Ok(folders) = std::fs::read_dir(directory.join(FOLDER).join("journal")) else { return Vec::new() };
    let mut waiting: Vec<(String, u64)> = folders
        .flatten()
        .map(|entry| {
            let number = Journal::new(entry.path()).waiting() as u64;
            (entry.file_name().to_string_lossy().into_owned(), number)
        })
        .filter(|(_, number)| *number > 0)
        .collect();
    waiting.sort();
    waiting
}

/// Results that the store has refused for good, and that were set aside.
pub fn refused(directory: &Path) -> Vec<PathBuf> {
    let Ok(sweeps) = std::fs::read_dir(directory.join(FOLDER).join("journal")) else { return Vec::new() };
    let mut refused: Vec<PathBuf> =
        sweeps.flatten().flat_map(|sweep| Journal::new(sweep.path()).refused()).collect();
    refused.sort();
    refused
}
