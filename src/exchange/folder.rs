//! The folder of an export: whose it is, and reading and writing below it and nowhere else.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::error::ExchangeError;
use super::names::{SUMMARY, SWEEP};
use crate::tracking::local_artifacts::{ArtifactUpload, checked_path, open, remove_unfinished};
use crate::tracking::{ErrorKind, TrackingError};

/// Larger files are no data that a person reads: 64 MiB.
const LARGEST: u64 = 64 << 20;
/// A config is no larger: 1 MiB.
pub const LARGEST_CONFIG: u64 = 1 << 20;
/// Folders within folders.
const DEEPEST: usize = 64;

/// A folder that holds a sweep, or will.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

/// What lies below a folder.
#[derive(Debug, Default, PartialEq)]
pub struct ExportFolder {
    /// Paths of files with `/`, sorted.
    pub files: Vec<String>,
    /// What was left out: links, and names that can't be an artifact's.
    pub left_out: Vec<String>,
}

impl Folder {
    /// A folder to read from.
    ///
    /// # Errors
    /// Where it is none.
    pub fn open(root: &Path) -> Result<Self, ExchangeError> {
        match fs::metadata(root) {
            Ok(meta) if meta.is_dir() => Ok(Self { root: root.to_owned() }),
            Ok(_) => Err(ExchangeError::content(root.display().to_string(), "not a folder")),
            Err(error) => Err(disk(root, "can't be read", error)),
        }
    }

    /// A folder to write a sweep to: new, empty, or an earlier export of the same sweep.
    ///
    /// # Errors
    /// Where it holds anything else, or can't be made.
    pub fn claim(root: &Path, sweep_id: &str) -> Result<Self, ExchangeError> {
        fs::create_dir_all(root).map_err(|error| disk(root, "cannot be created", error))?;
        let folder = Self { root: root.to_owned() };
        let taken = |found: String| ExchangeError::Taken { folder: root.display().to_string(), found };
        let Some(bytes) = folder.read(SWEEP, LARGEST)? else {
            let mut entries = fs::read_dir(root).map_err(|error| disk(root, "can't be read", error))?;
            return match entries.next() {
                None => Ok(folder),
                Some(Ok(entry)) => Err(taken(entry.file_name().to_string_lossy().into_owned())),
                Some(Err(error)) => Err(disk(root, "can't be read", error)),
            };
        };
        let json: Option<Json> = serde_json::from_slice(&bytes).ok();
        match json.as_ref().and_then(|json| json.get("sweep_id")).and_then(Json::as_str) {
            Some(id) if id == sweep_id => {
                remove_unfinished(root);
                Ok(folder)
            }
            Some(id) => Err(taken(format!("sweep {id}"))),
            None => Err(taken(format!("a {SWEEP} without the id of a sweep"))),
        }
    }

    /// Where it is, for people.
    #[must_use]
    pub fn name(&self, path: &str) -> String {
        self.root.join(path).display().to_string()
    }

    /// Writes a file, whole or not at all; one that holds just this is left as it is. True: it was written.
    ///
    /// # Errors
    /// Where the path leads out of the folder, or the disk refuses.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<bool, ExchangeError> {
        let mut upload = self.begin(path)?;
        upload.write(bytes).map_err(ExchangeError::Disk)?;
        upload.keep_if_new().map_err(ExchangeError::Disk)
    }

    /// Begins a file that is written piece by piece.
    ///
    /// # Errors
    /// As [`Folder::write`].
    pub fn begin(&self, path: &str) -> Result<ArtifactUpload, ExchangeError> {
        ArtifactUpload::begin(&self.root, path).map_err(ExchangeError::Disk)
    }

    /// Reads a file of at most `most` bytes; `None` where there is none.
    ///
    /// # Errors
    /// Where it is larger, leads out of the folder, or the disk refuses.
    pub fn read(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, ExchangeError> {
        use std::io::Read as _;

        let Some((file, size)) = self.file(path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        let read = file.take(most + 1).read_to_end(&mut bytes);
        read.map_err(|error| disk(&self.root.join(path), "can't be read", error))?;
        if size > most || bytes.len() as u64 > most {
            return Err(ExchangeError::content(self.name(path), format!("larger than {} MiB", most >> 20)));
        }
        Ok(Some(bytes))
    }

    /// Reads a JSON file; `None` where there is none.
    ///
    /// # Errors
    /// As [`Folder::read`], and where it is no JSON.
    pub fn json(&self, path: &str) -> Result<Option<Json>, ExchangeError> {
        let Some(bytes) = self.read(path, LARGEST)? else { return Ok(None) };
        let json = serde_json::from_slice(&bytes);
        json.map(Some)
            .map_err(|error| ExchangeError::content(self.name(path), format!("this is not JSON: {error}")))
    }

    /// Opens a file and says its size; `None` where there is none.
    ///
    /// # Errors
    /// Where it leads out of the folder, or the disk refuses.
    pub fn file(&self, path: &str) -> Result<Option<(File, u64)>, ExchangeError> {
        match open(&self.root, path) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ExchangeError::Disk(error)),
        }
    }

    /// The folders of trials that are whole, sorted by name. Links are none.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn trials(&self) -> Result<Vec<String>, ExchangeError> {
        let entries = fs::read_dir(&self.root).map_err(|error| disk(&self.root, "can't be read", error))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| disk(&self.root, "can't be read", error))?;
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder
                && let Ok(name) = entry.file_name().into_string()
                && self.file(&format!("{name}/{SUMMARY}")).is_ok_and(|file| file.is_some())
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Removes the folder of a trial.
    ///
    /// # Errors
    /// Where the name is a path, or the disk refuses.
    pub fn remove_trial(&self, name: &str) -> Result<(), ExchangeError> {
        if checked_path(name).map_err(ExchangeError::Disk)?.len() != 1 {
            return Err(ExchangeError::content(name, "this is not a folder of a trial"));
        }
        let place = self.root.join(name);
        // A link itself goes, not what it leads to.
        fs::remove_dir_all(&place).map_err(|error| disk(&place, "can't be removed", error))
    }

    /// All files below a folder. Links are not followed.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn tree(&self, path: &str) -> Result<ExportFolder, ExchangeError> {
        let mut tree = ExportFolder::default();
        let place = self.root.join(path);
        match fs::symlink_metadata(&place) {
            Ok(meta) if meta.is_dir() => walk(&place, "", 0, &mut tree)?,
            Ok(_) => tree.left_out.push(path.to_owned()),
            Err(_) => {}
        }
        tree.files.sort();
        tree.left_out.sort();
        Ok(tree)
    }
}

/// JSON for people.
pub(super) fn json_text(json: &serde_json::Value) -> String {
    format!("{json:#}\n")
}

fn walk(place: &Path, prefix: &str, depth: usize, tree: &mut ExportFolder) -> Result<(), ExchangeError> {
    for entry in fs::read_dir(place).map_err(|error| disk(place, "can't be read", error))? {
        let entry = entry.map_err(|error| disk(place, "can't be read", error))?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let usable = entry.file_name().to_str().is_some_and(|name| checked_path(name).is_ok());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && usable && depth < DEEPEST => {
                walk(&entry.path(), &format!("{path}/"), depth + 1, tree)?;
            }
            Ok(kind) if kind.is_file() && usable => tree.files.push(path),
            _ => tree.left_out.push(path),
        }
    }
    Ok(())
}

fn disk(place: &Path, what: &str, error: std::io::Error) -> ExchangeError {
    let what = format!("{} {what}", place.display());
    ExchangeError::Disk(TrackingError::new(ErrorKind::Io, what).caused_by(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_holds_something_else_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::claim(&place.path().join("new"), "a").unwrap();
        assert!(folder.write(SWEEP, br#"{"sweep_id": "a"}"#).unwrap());
        assert!(!folder.write(SWEEP, br#"{"sweep_id": "a"}"#).unwrap(), "nothing has changed");
        Folder::claim(&place.path().join("new"), "a").unwrap();
        let error = Folder::claim(&place.path().join("new"), "b").unwrap_err();
        assert!(error.to_string().contains("sweep a"), "{error}");
        let error = Folder::claim(place.path(), "a").unwrap_err();
        assert!(matches!(error, ExchangeError::Taken { ref found, .. } if found == "new"), "{error}");
    }

    #[test]
    fn links_and_climbing_paths_are_left_out_or_refused() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("secret"), "s").unwrap();
        let root = place.path().join("root");
        fs::create_dir_all(root.join("a/deep")).unwrap();
        fs::write(root.join("a/deep/x"), "x").unwrap();
        std::os::unix::fs::symlink(place.path().join("secret"), root.join("a/link")).unwrap();
        std::os::unix::fs::symlink(place.path(), root.join("a/out")).unwrap();
        let folder = Folder::open(&root).unwrap();
        let tree = folder.tree("a").unwrap();
        assert_eq!(
            (tree.files, tree.left_out),
            (vec!["deep/x".to_owned()], vec!["link".into(), "out".into()])
        );
        for path in ["../secret", "a/link", "a/out/secret", "/etc/passwd"] {
            assert!(folder.read(path, 10).is_err(), "{path}");
            assert!(folder.write(path, b"x").is_err() || path == "a/link", "{path}");
        }
        assert_eq!(fs::read(place.path().join("secret")).unwrap(), b"s");
        assert!(folder.remove_trial("../root").is_err() && folder.remove_trial("a/deep").is_err());
    }
}
