//! Artifacts in a folder of this machine: what MLflow's clients do for local artifact roots.
//!
//! Used by both stores. Nothing is ever read or written outside the run's folder: paths are checked piece by piece,
//! and symbolic links that lead out are refused.

mod failure;
mod folder;
mod path;
#[cfg(test)]
mod tests;
mod unfinished;
mod upload;

use std::fs::File;
use std::io::Seek as _;
use std::path::PathBuf;

use super::error::Result;
use super::protocol::ArtifactEntry;
use failure::{blocking, io};

pub use folder::{entries, open, read_all, remove, size_of};
pub use path::{checked_path, folder_of};
pub use unfinished::remove_unfinished;
pub use upload::ArtifactUpload;

/// Writes an artifact: to a temporary name first, so that no reader sees half of it.
///
/// # Errors
/// `Invalid` for a bad path, `Io` where the disk refuses.
pub async fn put(root: PathBuf, path: String, bytes: Vec<u8>) -> Result<()> {
    blocking(move || {
        let mut upload = ArtifactUpload::begin(&root, &path)?;
        upload.write(&bytes)?;
        upload.keep()
    })
    .await
}

/// Reads an artifact.
///
/// # Errors
/// `NotFound` where there is none, `Invalid` for a bad path, `Io` where it can't be read or is larger than 256 MiB.
pub async fn get(root: PathBuf, path: String) -> Result<Vec<u8>> {
    blocking(move || {
        let (file, _) = open(&root, &path)?;
        read_all(&file, &path)
    })
    .await
}

/// Reads an open file from its beginning to its end into memory.
///
/// # Errors
/// As [`read_all`].
pub async fn read_whole(file: &File, path: &str) -> Result<Vec<u8>> {
    let (file, path) = (again(file, path)?, path.to_owned());
    blocking(move || read_all(&file, &path)).await
}

/// An open file once more, at its beginning.
fn again(file: &File, path: &str) -> Result<File> {
    let again = file.try_clone().and_then(|mut file| file.rewind().map(|()| file));
    again.map_err(|error| io(format!("artifact {path} can't be read"), error))
}

/// Reads an artifact into a file, piece by piece.
///
/// # Errors
/// As [`open`], and `Io` where either disk refuses.
pub async fn copy(root: PathBuf, path: &str, into: &mut ArtifactUpload) -> Result<()> {
    let name = path.to_owned();
    let (file, _) = blocking(move || open(&root, &name)).await?;
    into.append(file, path).await
}

/// Saves a file, from its beginning and piece by piece, as the artifact `path`.
///
/// # Errors
/// `Invalid` for a bad path, `Io` where either disk refuses.
pub async fn put_file(root: PathBuf, path: &str, file: &File) -> Result<()> {
    let file = again(file, path)?;
    let name = path.to_owned();
    let mut upload = blocking(move || ArtifactUpload::begin(&root, &name)).await?;
    upload.append(file, path).await?;
    blocking(move || upload.keep()).await
}

/// What lies in a folder (`""`: the root) of a run's artifacts, sorted by path; empty where there is no such folder.
///
/// # Errors
/// `Invalid` for a bad path, `Io` where the folder can't be read.
pub async fn list(root: PathBuf, path: String) -> Result<Vec<ArtifactEntry>> {
    blocking(move || entries(&root, &path)).await
}
