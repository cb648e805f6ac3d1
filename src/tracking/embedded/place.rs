//! The file itself: whether it is still the one that was opened, and whether it can be written.

use std::ffi::OsString;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};

use crate::tracking::{ErrorKind, Result, TrackingError, open_regular};

/// Which file a path led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// The file at this path; `None`: there is none.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok()?;
        Some(Self { device: found.dev(), inode: found.ino() })
    }

    /// Fails where the path leads elsewhere by now: what is written to a file that was deleted is lost, though SQLite does
    /// not say so. Costs one `stat`.
    pub(super) fn check(self, path: &Path) -> Result<()> {
        let what = match Self::of(path) {
            Some(there) if there == self => return Ok(()),
            Some(_) => "was replaced by another file",
            None => "was deleted or moved",
        };
        Err(TrackingError::new(
            ErrorKind::Io,
            format!("the tracking database '{}' {what} while it was in use", path.display()),
        )
        .hint(
            "put the file back in its place; results that were not written yet are kept in .sweep/journal and delivered \
             by the next `sweep run` in this folder",
        ))
    }
}

/// Why a database can't be written; `None`: it can, as far as the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReadOnly(Errno);

impl ReadOnly {
    /// Looks at a file and its folder. A folder counts, since SQLite keeps its journal beside the file.
    pub(super) fn of(path: &Path) -> Option<Self> {
        if !path.exists() {
            return None;
        }
        let refused = |path: &Path, rights| match access(path, rights) {
            Err(error @ (Errno::EROFS | Errno::EACCES | Errno::EPERM)) => Some(Self(error)),
            _ => None,
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A log that is there already needs no space in its folder.
        let has_log = beside(path, "-wal").exists() && beside(path, "-shm").exists();
        refused(path, AccessFlags::W_OK)
            .or_else(|| refused(folder, AccessFlags::W_OK | AccessFlags::X_OK).filter(|_| !has_log))
    }

    /// As on a file system that is mounted so.
    #[cfg(test)]
    pub(super) fn of_system() -> Self {
        Self(Errno::EROFS)
    }

    /// The reason in words.
    pub(super) fn why(self) -> &'static str {
        match self.0 {
            Errno::EROFS => "its file system is read-only",
            _ => "you may read it, and not write it",
        }
    }

    /// What is said to a writer.
    pub(super) fn refusal(self, path: &Path) -> TrackingError {
        TrackingError::new(
            ErrorKind::Io,
            format!("the tracking database '{}' is read-only: {}", path.display(), self.why()),
        )
        .hint(
            "commands that only read work on it (sweep list, status, trials, show, export, …); to change anything get the \
             right to write the file and its folder, or name another database by --tracking-uri",
        )
    }
}

/// A file beside the database, such as its log.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Whether the header of a database says that it is written through a log.
pub(super) fn is_in_wal_mode(path: &Path) -> bool {
    let mut header = [0; 20];
    let read = open_regular(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header[18] == 2
}
