//! Opening files that others name: only regular ones. A named pipe would be waited for without end, a device read
//! without end.

use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use nix::fcntl::OFlag;

/// Opens a regular file to read; anything else is refused at once.
///
/// # Errors
/// As the system's, and `InvalidInput` for a pipe, a device, a socket or a folder.
pub fn open_regular(path: &Path) -> io::Result<File> {
    // To open some devices does something: they are looked at first. What comes into their place meanwhile is looked at
    // once it is open.
    regular(std::fs::metadata(path)?.file_type())?;
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    regular(file.metadata()?.file_type())?;
    Ok(file)
}

/// The same for a file that a person typed, who may have typed `<(program)` or `/dev/stdin`: a pipe that a program
/// writes to.
///
/// # Errors
/// As [`open_regular`].
pub fn open_typed(path: &Path) -> io::Result<File> {
    let of_own = ["/dev/fd/", "/proc/self/fd/", "/dev/stdin"];
    match path.to_str().is_some_and(|path| of_own.iter().any(|start| path.starts_with(start))) {
        true => File::open(path),
        false => open_regular(path),
    }
}

/// Reads such a file of at most `most` bytes.
///
/// # Errors
/// As [`open_typed`], and `FileTooLarge` beyond that size.
pub fn read_typed(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_typed(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {most} bytes"))),
        false => Ok(bytes),
    }
}

fn regular(kind: FileType) -> io::Result<()> {
    let what = match kind {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_dir() => return Err(io::Error::from(io::ErrorKind::IsADirectory)),
        kind if kind.is_fifo() => "a named pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is {what}, not a regular file")))
}

#[cfg(test)]
mod tests {
    use super::*;

    use nix::sys::stat::Mode;

    #[test]
    fn only_regular_files_are_opened_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let (file, pipe) = (folder.path().join("file"), folder.path().join("pipe"));
        std::fs::write(&file, "x").unwrap();
        nix::unistd::mkfifo(&pipe, Mode::S_IRWXU).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
        std::os::unix::fs::symlink(&pipe, folder.path().join("link")).unwrap();
        assert!(open_regular(&file).is_ok());
        for (name, word) in [
            ("pipe", "a named pipe"),
            ("link", "a named pipe"),
            ("socket", "a socket"),
            ("/dev/zero", "a device"),
        ] {
            let error = open_typed(&folder.path().join(name)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert!(error.to_string().contains(word), "{error}");
        }
        assert_eq!(open_regular(folder.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "four").unwrap();
        assert_eq!(read_typed(&file, 4).unwrap(), b"four");
        assert_eq!(read_typed(&file, 3).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_pipe_of_the_shell_is_a_file_that_was_typed() {
        let (read, write) = nix::unistd::pipe().unwrap();
        nix::unistd::write(&write, b"x").unwrap();
        drop(write);
        use std::os::fd::AsRawFd as _;
        let mut text = String::new();
        let mut file = open_typed(Path::new(&format!("/dev/fd/{}", read.as_raw_fd()))).unwrap();
        io::Read::read_to_string(&mut file, &mut text).unwrap();
        assert_eq!(text, "x");
    }
}
