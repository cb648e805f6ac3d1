//! Artifacts on their way in: written under another name first, so that no reader sees half of one.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind as IoKind, Read, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::super::error::{ErrorKind, Result, TrackingError};
use super::super::regular::open_regular;
use super::failure::{blocking, io};
use super::path::{inside, locate};
use super::unfinished::UNFINISHED;

/// Bytes that are copied at once.
const PIECE: usize = 1 << 17;

/// An artifact on its way in; it appears under its name once it is [kept](ArtifactUpload::keep), and is gone if it never is.
#[derive(Debug)]
pub struct ArtifactUpload {
    pub(super) file: tempfile::NamedTempFile,
    size: Size,
}

/// How much was written of what may be.
#[derive(Debug, Clone)]
struct Size {
    target: PathBuf,
    written: u64,
    most: u64,
}

impl Size {
    /// Appends bytes to a file.
    fn write(&mut self, mut file: &File, bytes: &[u8]) -> Result<()> {
        self.written += bytes.len() as u64;
        if self.written > self.most {
            let message = format!(
                "{} is larger than the {} bytes that were announced",
                self.target.display(),
                self.most
            );
            return Err(TrackingError::new(ErrorKind::Protocol, message));
        }
        file.write_all(bytes).map_err(|error| unwritten(&self.target, error))
    }
}

impl ArtifactUpload {
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
        Ok(Self { file, size: Size { target, written: 0, most: u64::MAX } })
    }

    /// Takes no more than so many bytes.
    #[must_use]
    pub fn at_most(self, most: u64) -> Self {
        Self { size: Size { most, ..self.size }, ..self }
    }

    /// Forgets what was written.
    ///
    /// # Errors
    /// `Io` where the disk refuses.
    pub fn restart(&mut self) -> Result<()> {
        self.size.written = 0;
        let file = self.file.as_file_mut();
        let emptied = file.set_len(0).and_then(|()| file.rewind());
        emptied.map_err(|error| unwritten(&self.size.target, error))
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// `Io` where the disk refuses, `Protocol` beyond the size that was announced.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.size.write(self.file.as_file(), bytes)
    }

    /// Appends what is left of a file, piece by piece, on a thread that may block. What was appended before a failure is
    /// to be forgotten: [`ArtifactUpload::restart`].
    ///
    /// # Errors
    /// `Io` where either disk refuses, `Protocol` beyond the size that was announced.
    pub async fn append(&mut self, from: File, path: &str) -> Result<()> {
        let to = self.file.as_file().try_clone().map_err(|error| unwritten(&self.size.target, error))?;
        let (mut size, path) = (self.size.clone(), path.to_owned());
        let work = blocking(move || pour(from, &path, |piece| size.write(&to, piece)).map(|()| size));
        self.size = work.await?;
        Ok(())
    }

    /// Puts it into its place unless what is there holds just the same. True: it was put there.
    ///
    /// # Errors
    /// `Io` where the disk refuses.
    pub fn keep_if_new(self) -> Result<bool> {
        let known = open_regular(&self.size.target).ok().filter(|_| !self.size.target.is_symlink());
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
        let Self { file, size } = self;
        file.persist(&size.target).map(drop).map_err(|error| unwritten(&size.target, error.error))
    }
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

/// Reads a file to its end, piece by piece.
pub(super) fn pour(mut from: impl Read, path: &str, mut into: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => into(piece.get(..read).unwrap_or_default())?,
            Err(error) if error.kind() == IoKind::Interrupted => {}
            Err(error) => return Err(io(format!("artifact {path} can't be read"), error)),
        }
    }
}

fn unwritten(target: &Path, error: std::io::Error) -> TrackingError {
    io(format!("{} can't be written", target.display()), error)
}
