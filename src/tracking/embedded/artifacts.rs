//! Artifacts in folders of this machine: written whole or not at all, and never outside their root.

use std::fs::{self, File};
use std::io::{ErrorKind as IoKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::db::Db;
use super::error::{invalid, not_found};
use super::uri::percent_decoded;
use crate::tracking::{ArtifactEntry, ErrorKind, Result, TrackingError};

/// The largest artifact that is read into memory at once, 1 GiB.
const LARGEST_READ: u64 = 1 << 30;
/// Most bytes of an artifact's path.
const LONGEST_PATH: usize = 1000;
/// The folder beside the database that holds what `mlflow-artifacts:` URIs name, as `mlflow server` has it.
const PROXIED: &str = "mlartifacts";

/// An artifact on its way in; it appears under its name once it is [kept](Upload::keep).
#[derive(Debug)]
pub struct Upload {
    file: tempfile::NamedTempFile,
    target: PathBuf,
}

impl Upload {
    /// Appends bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| failed("write", &self.target, error))
    }

    /// Puts the artifact into its place, over what was there.
    pub fn keep(self) -> Result<()> {
        self.file.persist(&self.target).map_err(|error| failed("write", &self.target, error.error))?;
        Ok(())
    }
}

impl Db {
    /// The folder of an artifact URI: a local path, a `file:` URI, or `mlflow-artifacts:/…`, which lies in
    /// `mlartifacts` beside the database.
    pub fn artifact_folder(&self, uri: &str) -> Result<PathBuf> {
        if let Some(rest) = uri.strip_prefix("mlflow-artifacts:") {
            // An authority (`//host:port`) names the server itself, which is this one.
            let path = match rest.strip_prefix("//") {
                Some(rest) => rest.split_once('/').map_or("", |(_, path)| path),
                None => rest,
            };
            return below(&self.folder().join(PROXIED), path.trim_matches('/'));
        }
        if let Some(rest) = uri.strip_prefix("file:") {
            let path = rest.strip_prefix("//localhost").or_else(|| rest.strip_prefix("//")).unwrap_or(rest);
            return percent_decoded(path)
                .filter(|path| path.starts_with('/'))
                .map(PathBuf::from)
                .ok_or_else(|| invalid(format!("'{uri}' names no absolute path")));
        }
        if uri.starts_with('/') {
            return Ok(PathBuf::from(uri));
        }
        if uri.contains("://") {
            return Err(TrackingError::new(
                ErrorKind::Unsupported,
                format!("artifacts at '{uri}' can't be reached from here"),
            )
            .hint("use a tracking server for artifacts that don't lie on this machine"));
        }
        Ok(self.folder().join(uri))
    }

    /// The root of what `mlflow-artifacts:` URIs name.
    #[must_use]
    pub fn proxied_root(&self) -> PathBuf {
        self.folder().join(PROXIED)
    }

    /// Begins to write the artifact `path` below `root`.
    pub fn upload(&self, root: &Path, path: &str) -> Result<Upload> {
        let target = below(root, path)?;
        if target == root {
            return Err(invalid("Invalid path: an artifact needs a name"));
        }
        let folder = target.parent().unwrap_or(root);
        fs::create_dir_all(folder).map_err(|error| failed("make the folder of", &target, error))?;
        // The folders exist now: look again, with all links followed.
        within(root, folder)?;
        if target.is_dir() {
            return Err(invalid(format!("Invalid path: '{path}' is a folder")));
        }
        let file = tempfile::Builder::new()
            .prefix(".upload-")
            .permissions(fs::Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .map_err(|error| failed("write", &target, error))?;
        Ok(Upload { file, target })
    }

    /// The file of an artifact, opened, with its size; `NotFound` where there is none.
    pub fn open_artifact(&self, root: &Path, path: &str) -> Result<(File, u64)> {
        let target = below(root, path)?;
        let missing = || not_found(format!("No such artifact: '{path}'"));
        let file = match File::open(&target) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), IoKind::NotFound | IoKind::NotADirectory) => {
                return Err(missing());
            }
            Err(error) => return Err(failed("read", &target, error)),
        };
        let about = file.metadata().map_err(|error| failed("read", &target, error))?;
        if !about.is_file() {
            return Err(missing());
        }
        Ok((file, about.len()))
    }

    /// The bytes of an artifact of at most 1 GiB.
    pub fn read_artifact(&self, root: &Path, path: &str) -> Result<Vec<u8>> {
        let (mut file, size) = self.open_artifact(root, path)?;
        if size > LARGEST_READ {
            return Err(invalid(format!(
                "the artifact '{path}' is too large to be read at once: {size} bytes"
            )));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        std::io::Read::read_to_end(&mut file, &mut bytes)
            .map_err(|error| failed("read", Path::new(path), error))?;
        Ok(bytes)
    }

    /// What lies in the folder `path` below `root`, sorted, with paths from `root`; nothing where it is missing.
    pub fn list_artifacts(&self, root: &Path, path: &str) -> Result<Vec<ArtifactEntry>> {
        let folder = below(root, path)?;
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), IoKind::NotFound | IoKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(failed("list", &folder, error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| failed("list", &folder, error))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let whole =
                if path.is_empty() { name.clone() } else { format!("{}/{name}", path.trim_end_matches('/')) };
            // What is being written, what leads outside and what has just vanished is not there.
            if name.starts_with(".upload-") || below(root, &whole).is_err() {
                continue;
            }
            let Ok(about) = fs::metadata(entry.path()) else { continue };
            let is_dir = about.is_dir();
            found.push(ArtifactEntry { path: whole, is_dir, size: (!is_dir).then_some(about.len()) });
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Removes an artifact or a folder of them; nothing happens where there is none.
    pub fn delete_artifact(&self, root: &Path, path: &str) -> Result<()> {
        let target = below(root, path)?;
        if target == root {
            return Err(invalid("Invalid path: an artifact needs a name"));
        }
        let gone = if target.is_dir() { fs::remove_dir_all(&target) } else { fs::remove_file(&target) };
        match gone {
            Err(error) if error.kind() != IoKind::NotFound => Err(failed("delete", &target, error)),
            _ => Ok(()),
        }
    }
}

/// The path `relative` below `root`: no absolute path, no `..`, and no link that leads out of `root`.
fn below(root: &Path, relative: &str) -> Result<PathBuf> {
    let relative = relative.trim_end_matches('/');
    let clean = relative.is_empty()
        || (relative.len() <= LONGEST_PATH
            && !relative.contains(['\0', '\\'])
            && relative.split('/').all(|part| !matches!(part, "" | "." | "..")));
    if !clean {
        return Err(invalid(format!("Invalid path: '{relative}'")));
    }
    let target = root.join(relative);
    within(root, &target)?;
    Ok(target)
}

/// Follows the links of the part of `target` that exists: it must lie in `root`.
fn within(root: &Path, target: &Path) -> Result<()> {
    let Ok(root_for_real) = root.canonicalize() else { return Ok(()) };
    for ancestor in target.ancestors() {
        match ancestor.canonicalize() {
            Ok(real) if real.starts_with(&root_for_real) => return Ok(()),
            Ok(_) => break,
            // A dangling link could come to life after this look.
            Err(_) if ancestor.is_symlink() => break,
            Err(_) => {}
        }
    }
    Err(invalid(format!("Invalid path: '{}' leads out of its artifact folder", target.display())))
}

fn failed(verb: &str, path: &Path, error: std::io::Error) -> TrackingError {
    let hint = match error.kind() {
        IoKind::PermissionDenied => Some("check who may write there"),
        IoKind::StorageFull => Some("the disk is full"),
        _ => None,
    };
    let failure =
        TrackingError::new(ErrorKind::Io, format!("can't {verb} '{}'", path.display())).caused_by(error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
