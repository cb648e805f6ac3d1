//! Artifacts in a folder of this machine: what MLflow's clients do for local artifact roots.
//!
//! Used by both stores. Nothing is ever read or written outside the run's folder: paths are checked piece by piece,
//! and symbolic links that lead out are refused.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind as IoKind, Read, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::{ErrorKind, Result, TrackingError};
use super::protocol::ArtifactEntry;
use super::regular::open_regular;

/// Artifacts beyond this size are not read into memory: 256 MiB.
const MAX_READ: u64 = 256 << 20;
/// Bytes that are copied at once.
const PIECE: usize = 1 << 17;
/// How the names of files begin that are not whole yet.
const UNFINISHED: &str = ".sweep-";
/// A file that was begun so recently may not be locked yet.
const JUST_NOW: Duration = Duration::from_secs(1);
/// The longest name of a file, bytes.
const LONGEST_NAME: usize = 255;

/// The pieces of an artifact path.
///
/// # Errors
/// `Invalid` for empty, absolute and climbing paths, backslashes, control characters, and names that no file can have.
pub fn checked_path(path: &str) -> Result<Vec<&str>> {
    let pieces: Vec<&str> = path.split('/').collect();
    let bad = |piece: &&str| piece.is_empty() || *piece == "." || *piece == "..";
    if pieces.iter().any(|piece| piece.len() > LONGEST_NAME) {
        let message = format!(
            "an artifact path has a part of more than {LONGEST_NAME} bytes, which no file can be named"
        );
        return Err(TrackingError::new(ErrorKind::Invalid, message).hint("Use shorter names."));
    }
    if pieces.iter().any(bad) || path.contains('\\') || path.chars().any(char::is_control) {
        return Err(TrackingError::new(
            ErrorKind::Invalid,
            format!("Invalid path: `{path}` is not an artifact path"),
        )
        .hint("Use a relative path with `/`, without `..`."));
    }
    Ok(pieces)
}

/// The folder that a local artifact URI names; `None` for any other scheme.
#[must_use]
pub fn folder_of(uri: &str) -> Option<PathBuf> {
    if uri.starts_with('/') {
        return Some(PathBuf::from(uri));
    }
    let rest = uri.strip_prefix("file:")?;
    let path = match rest.strip_prefix("//") {
        Some(with_host) => with_host.find('/').map(|slash| &with_host[slash..])?,
        None => rest,
    };
    path.starts_with('/')
        .then(|| PathBuf::from(&*percent_encoding::percent_decode_str(path).decode_utf8_lossy()))
}

/// Writes an artifact: to a temporary name first, so that no reader sees half of it.
///
/// # Errors
/// `Invalid` for a bad path, `Io` where the disk refuses.
pub async fn put(root: PathBuf, path: String, bytes: Vec<u8>) -> Result<()> {
    blocking(move || {
        let mut upload = Upload::begin(&root, &path)?;
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

/// Reads an open file to its end into memory, which blocks.
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

/// Reads an artifact into a file, piece by piece, which blocks.
///
/// # Errors
/// As [`open`], and `Io` where either disk refuses.
pub fn copy(root: &Path, path: &str, into: &mut Upload) -> Result<()> {
    let (file, _) = open(root, path)?;
    pour(file, path, into)
}

/// Saves a file, from its beginning and piece by piece, as the artifact `path`, which blocks.
///
/// # Errors
/// `Invalid` for a bad path, `Io` where either disk refuses.
pub fn put_file(root: &Path, path: &str, file: &File) -> Result<()> {
    let mut upload = Upload::begin(root, path)?;
    let mut file: &File = file;
    file.rewind().map_err(|error| io(format!("artifact {path} can't be read"), error))?;
    pour(file, path, &mut upload)?;
    upload.keep()
}

/// The size of an open file in bytes.
///
/// # Errors
/// `Io` where the disk refuses.
pub fn size_of(file: &File) -> Result<u64> {
    Ok(file.metadata().map_err(|error| io("a file can't be looked at".to_owned(), error))?.len())
}

/// Whether both files hold the same from their beginning on.
fn same_content(a: &File, b: &File) -> std::io::Result<bool> {
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    let (mut a, mut b) = (from_the_start(a)?, from_the_start(b)?);
    loop {
        let (left, right) = (a.fill_buf()?, b.fill_buf()?);
        let common = left.len().min(right.len());
        if left.get(..common) != right.get(..common) {
            return Ok(false);
        }
        if common == 0 {
            return Ok(left.len() == right.len());
        }
        a.consume(common);
        b.consume(common);
    }
}

fn from_the_start(mut file: &File) -> std::io::Result<BufReader<&File>> {
    file.rewind()?;
    Ok(BufReader::with_capacity(PIECE, file))
}

fn pour(mut from: impl Read, path: &str, into: &mut Upload) -> Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => into.write(piece.get(..read).unwrap_or_default())?,
            Err(error) if error.kind() == IoKind::Interrupted => {}
            Err(error) => return Err(io(format!("artifact {path} can't be read"), error)),
        }
    }
}

/// What lies in a folder (`""`: the root) of a run's artifacts, sorted by path; empty where there is no such folder.
///
/// # Errors
/// `Invalid` for a bad path, `Io` where the folder can't be read.
pub async fn list(root: PathBuf, path: String) -> Result<Vec<ArtifactEntry>> {
    blocking(move || entries(&root, &path)).await
}

/// An artifact on its way in; it appears under its name once it is [kept](Upload::keep), and is gone if it never is.
#[derive(Debug)]
pub struct Upload {
    file: tempfile::NamedTempFile,
    target: PathBuf,
    written: u64,
    most: u64,
}

impl Upload {
    /// Begins to write the artifact `path` below `root`, which blocks.
    ///
    /// # Errors
    /// `Invalid` for a bad path or one that is a folder, `Io` where the disk refuses.
    pub fn begin(root: &Path, path: &str) -> Result<Self> {
        let target = locate(root, path)?;
        let folder = target.parent().unwrap_or(root);
        let failed = |error| io(format!("artifact {path} can't be written below {}", root.display()), error);
        fs::create_dir_all(folder).map_err(failed)?;
        // The folders exist now: look again, with all links followed.
        inside(root, folder, path)?;
        if target.is_dir() {
            return Err(TrackingError::new(ErrorKind::Invalid, format!("`{path}` is a folder")));
        }
        let file = tempfile::Builder::new()
            .prefix(UNFINISHED)
            // Temporary files are private by default; artifacts are as readable as any other file.
            .permissions(fs::Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .map_err(failed)?;
        // Held until the file is closed: so `remove_unfinished` knows what is still being written.
        if let Err(error) = file.as_file().try_lock() {
            tracing::debug!(%error, "an unfinished file can't be locked");
        }
        Ok(Self { file, target, written: 0, most: u64::MAX })
    }

    /// Takes no more than so many bytes.
    #[must_use]
    pub fn at_most(self, most: u64) -> Self {
        Self { most, ..self }
    }

    /// Forgets what was written.
    ///
    /// # Errors
    /// `Io` where the disk refuses.
    pub fn restart(&mut self) -> Result<()> {
        self.written = 0;
        let file = self.file.as_file_mut();
        let emptied = file.set_len(0).and_then(|()| file.rewind());
        emptied.map_err(|error| io(format!("{} can't be written", self.target.display()), error))
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// `Io` where the disk refuses, `Protocol` beyond the size that was announced.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.written += bytes.len() as u64;
        if self.written > self.most {
            let message = format!(
                "{} is larger than the {} bytes that were announced",
                self.target.display(),
                self.most
            );
            return Err(TrackingError::new(ErrorKind::Protocol, message));
        }
        let written = self.file.write_all(bytes);
        written.map_err(|error| io(format!("{} can't be written", self.target.display()), error))
    }

    /// Puts it into its place unless what is there holds just the same. True: it was put there.
    ///
    /// # Errors
    /// `Io` where the disk refuses.
    pub fn keep_if_new(self) -> Result<bool> {
        let known = open_regular(&self.target).ok().filter(|_| !self.target.is_symlink());
        if let Some(known) = known
            && same_content(self.file.as_file(), &known).unwrap_or(false)
        {
            return Ok(false);
        }
        self.keep().map(|()| true)
    }

    /// Puts the artifact into its place, over what was there.
    ///
    /// # Errors
    /// `Io` where the disk refuses.
    pub fn keep(self) -> Result<()> {
        let Self { file, target, .. } = self;
        match file.persist(&target) {
            Ok(_) => Ok(()),
            Err(error) => Err(io(format!("{} can't be written", target.display()), error.error)),
        }
    }
}

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

/// The same as [`list`], where it may block.
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

/// Removes an artifact or a folder of them, which blocks; nothing happens where there is none.
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

/// Removes what killed programs have left unfinished in a folder and below it, which blocks. What is still being written
/// stays, and what was begun just now. Links are not followed. How many were removed.
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

fn locate(root: &Path, path: &str) -> Result<PathBuf> {
    let place = checked_path(path)?.into_iter().fold(root.to_owned(), |folder, piece| folder.join(piece));
    inside(root, &place, path)?;
    Ok(place)
}

/// Refuses a place that a symbolic link leads out of the root. Of a place that is not there yet, the nearest folder
/// that is counts.
fn inside(root: &Path, place: &Path, path: &str) -> Result<()> {
    // A root that is not there has no links below it.
    let Ok(real_root) = root.canonicalize() else { return Ok(()) };
    for ancestor in place.ancestors() {
        match ancestor.canonicalize() {
            Ok(real) if real.starts_with(&real_root) => return Ok(()),
            Ok(_) => break,
            // A dangling link could come to life after this look.
            Err(_) if ancestor.is_symlink() => break,
            Err(_) => {}
        }
    }
    Err(TrackingError::new(ErrorKind::Invalid, format!("`{path}` leads out of the run's artifacts")))
}

fn absent(path: &str) -> TrackingError {
    TrackingError::new(ErrorKind::NotFound, format!("there is no artifact {path}"))
}

fn io(message: String, error: std::io::Error) -> TrackingError {
    let hint = match error.kind() {
        IoKind::PermissionDenied => Some("Check who may read and write there."),
        IoKind::StorageFull => Some("The disk is full."),
        _ => None,
    };
    let kind = match error.kind() {
        // The disk is well: no file can have this name, or not beside those that are there.
        IoKind::InvalidFilename | IoKind::NotADirectory | IoKind::IsADirectory | IoKind::AlreadyExists => {
            ErrorKind::Invalid
        }
        _ => ErrorKind::Io,
    };
    let failure = TrackingError::new(kind, message).caused_by(error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| TrackingError::new(ErrorKind::Io, "a file operation was cut off").caused_by(error))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_no_file_can_have_is_a_wrong_request_and_not_a_broken_disk() {
        let root = tempfile::tempdir().unwrap();
        let at = || root.path().to_owned();
        put(at(), "a.txt".into(), b"a".to_vec()).await.unwrap();
        for path in ["n".repeat(300), format!("{}/b", "n".repeat(300)), "a.txt/b".into(), "a.txt/b/c".into()]
        {
            let error = put(at(), path.clone(), b"b".to_vec()).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid, "{path}: {error}");
            let error = get(at(), path.clone()).await.unwrap_err();
            assert!(matches!(error.kind, ErrorKind::Invalid | ErrorKind::NotFound), "{path}: {error}");
        }
        assert_eq!(list(at(), "a.txt/b".into()).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_pipe_is_no_artifact_and_is_not_waited_for() {
        let root = tempfile::tempdir().unwrap();
        nix::unistd::mkfifo(&root.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let at = || root.path().to_owned();
        assert_eq!(get(at(), "pipe".into()).await.unwrap_err().kind, ErrorKind::NotFound);
        assert_eq!(list(at(), String::new()).await.unwrap(), []);
        let mut upload = Upload::begin(root.path(), "pipe").unwrap();
        upload.write(b"file").unwrap();
        assert!(upload.keep_if_new().unwrap());
        assert_eq!(get(at(), "pipe".into()).await.unwrap(), b"file");
    }

    #[tokio::test]
    async fn what_was_written_is_listed_and_read_back() {
        let root = tempfile::tempdir().unwrap();
        let at = || root.path().join("run/artifacts");
        put(at(), "logs/output.txt".into(), b"hello".to_vec()).await.unwrap();
        put(at(), "empty".into(), Vec::new()).await.unwrap();
        let names = |entries: Vec<ArtifactEntry>| {
            entries.into_iter().map(|entry| (entry.path, entry.is_dir, entry.size)).collect::<Vec<_>>()
        };
        let top = names(list(at(), String::new()).await.unwrap());
        assert_eq!(top, [("empty".into(), false, Some(0)), ("logs".into(), true, None)]);
        let below = names(list(at(), "logs".into()).await.unwrap());
        assert_eq!(below, [("logs/output.txt".into(), false, Some(5))]);
        assert_eq!(get(at(), "logs/output.txt".into()).await.unwrap(), b"hello");
        assert_eq!(get(at(), "none".into()).await.unwrap_err().kind, ErrorKind::NotFound);
        assert!(list(at(), "none".into()).await.unwrap().is_empty());
    }

    #[test]
    fn what_a_killed_program_left_is_removed_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let old = std::time::SystemTime::now() - Duration::from_secs(60);
        let make = |name: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            File::create(&path).unwrap().set_modified(old).unwrap();
            path
        };
        let left = [make(".sweep-aB3dE9"), make("trial/artifacts/.sweep-000000")];
        let others = [make(".sweep-notes.txt"), make("trial/x"), make(".sweepx")];
        let mut upload = Upload::begin(root.path(), "trial/y").unwrap();
        upload.write(b"y").unwrap();
        upload.file.as_file().set_modified(old).unwrap();
        let fresh = root.path().join(".sweep-fresh1");
        File::create(&fresh).unwrap();
        assert_eq!(remove_unfinished(root.path()), 2);
        assert!(left.iter().all(|path| !path.exists()) && others.iter().all(|path| path.exists()));
        assert!(fresh.exists());
        upload.keep().unwrap();
        assert!(root.path().join("trial/y").exists());
    }

    #[test]
    fn names_that_no_file_can_have_are_refused_as_wrong() {
        let root = tempfile::tempdir().unwrap();
        let long = "x".repeat(300);
        let deep = vec!["d".repeat(200); 30].join("/");
        for path in [long.as_str(), &format!("a/{long}/b"), &deep] {
            let error = Upload::begin(root.path(), path).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
        }
        assert!(checked_path(&"x".repeat(255)).is_ok());
    }

    #[tokio::test]
    async fn a_pipe_among_artifacts_is_none() {
        let root = tempfile::tempdir().unwrap();
        nix::unistd::mkfifo(&root.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let error = get(root.path().to_path_buf(), "pipe".into()).await.unwrap_err();
        assert!(error.kind == ErrorKind::NotFound && error.message.contains("named pipe"), "{error}");
    }

    #[tokio::test]
    async fn no_path_leads_out_of_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(folder.path().join("secret"), "s").unwrap();
        std::os::unix::fs::symlink(folder.path(), root.join("link")).unwrap();
        for path in ["../secret", "/etc/passwd", "a/../../secret", "", "a//b", "a\\b", "link/secret"] {
            let error = get(root.clone(), path.into()).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid, "{path}");
            let error = put(root.clone(), path.into(), vec![1]).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid, "{path}");
        }
        assert_eq!(std::fs::read(folder.path().join("secret")).unwrap(), b"s");
    }

    #[test]
    fn local_artifact_uris_name_folders() {
        assert_eq!(folder_of("/a/b"), Some("/a/b".into()));
        assert_eq!(folder_of("file:///a%20b"), Some("/a b".into()));
        assert_eq!(folder_of("file:/a"), Some("/a".into()));
        assert_eq!(folder_of("s3://bucket/a"), None);
        assert_eq!(folder_of("mlflow-artifacts:/1/x"), None);
    }
}
