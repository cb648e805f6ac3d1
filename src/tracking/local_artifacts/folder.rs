//! Artifacts that lie in a folder: opened, listed, removed. All of this blocks.

use std::fs::{self, File};
use std::io::{ErrorKind as IoKind, Read as _};
use std::path::Path;

use super::super::error::{ErrorKind, Result, TrackingError};
use super::super::protocol::ArtifactEntry;
use super::super::regular::open_regular;
use super::failure::{absent, io};
use super::path::locate;
use super::unfinished::UNFINISHED;

/// Artifacts beyond this size are not read into memory: 256 MiB.
const MAX_READ: u64 = 256 << 20;

/// Opens an artifact and says its size in bytes, which blocks.
///
/// # Errors
/// `NotFound` where there is none, `Invalid` for a bad path, `Io` where it can't be read.
pub fn open(root: &Path, path: &str) -> Result<(File, u64)> {
    let target = locate(root, path)?;
    let unreadable = |error| io(format!("artifact {path} can't be read"), error);
    let file = open_regular(&target).map_err(|error| match error.kind() {
        IoKind::NotFound | IoKind::NotADirectory | IoKind::IsADirectory | IoKind::InvalidFilename => {
            absent(path)
        }
        IoKind::InvalidInput => TrackingError::new(ErrorKind::NotFound, format!("artifact {path}: {error}")),
        _ => unreadable(error),
    })?;
    let meta = file.metadata().map_err(unreadable)?;
    Ok((file, meta.len()))
}

/// Reads an open file to its end into memory.
///
/// # Errors
/// `Io` where it can't be read or is larger than 256 MiB.
pub fn read_all(file: &File, path: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = file.take(MAX_READ + 1).read_to_end(&mut bytes);
    read.map_err(|error| io(format!("artifact {path} can't be read"), error))?;
    match bytes.len() as u64 > MAX_READ {
        true => Err(TrackingError::new(ErrorKind::Io, format!("artifact {path} is larger than 256 MiB"))),
        false => Ok(bytes),
    }
}

/// The size of an open file in bytes.
///
/// # Errors
/// `Io` where the disk refuses.
pub fn size_of(file: &File) -> Result<u64> {
    Ok(file.metadata().map_err(|error| io("a file can't be looked at".to_owned(), error))?.len())
}

/// What lies in a folder (`""`: the root) of a run's artifacts, sorted by path; empty where there is no such folder.
///
/// # Errors
/// `Invalid` for a bad path, `Io` where the folder can't be read.
pub fn entries(root: &Path, path: &str) -> Result<Vec<ArtifactEntry>> {
    let folder = if path.is_empty() { root.to_owned() } else { locate(root, path)? };
    let failed = |error| io(format!("the artifacts in {} can't be listed", folder.display()), error);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error)
            if matches!(error.kind(), IoKind::NotFound | IoKind::NotADirectory | IoKind::InvalidFilename) =>
        {
            return Ok(Vec::new());
        }
        Err(error) => return Err(failed(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let Ok(name) = entry.map_err(failed)?.file_name().into_string() else { continue };
        let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        // What is being written, what leads outside and what has just vanished is not there.
        let place = if name.starts_with(UNFINISHED) { None } else { locate(root, &path).ok() };
        let Some(Ok(meta)) = place.map(fs::metadata) else { continue };
        // A pipe or a device is no artifact.
        if !meta.is_dir() && !meta.is_file() {
            continue;
        }
        found.push(ArtifactEntry { path, is_dir: meta.is_dir(), size: meta.is_file().then_some(meta.len()) });
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// Removes an artifact or a folder of them; nothing happens where there is none.
///
/// # Errors
/// `Invalid` for a bad path, `Io` where the disk refuses.
pub fn remove(root: &Path, path: &str) -> Result<()> {
    let target = locate(root, path)?;
    let gone = if target.is_dir() { fs::remove_dir_all(&target) } else { fs::remove_file(&target) };
    match gone {
        Err(error) if error.kind() != IoKind::NotFound => {
            Err(io(format!("artifact {path} can't be removed"), error))
        }
        _ => Ok(()),
    }
}
