//! What a command printed: kept whole in a file up to a bound, and its last lines in memory.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// A log keeps this many bytes of the beginning; what comes after is counted, and its last lines are kept.
const KEPT: u64 = 32 << 20;
/// Lines kept in memory.
const LINES: usize = 20;
/// Bytes kept of one line in memory.
const LINE: usize = 2000;

/// The output of one command. It is for comfort: a disk that is full cuts the log, and nothing else.
pub struct Tail {
    /// `None`: there is no place for one.
    file: Option<File>,
    /// Others can read the file under its name.
    named: bool,
    written: u64,
    left_out: u64,
    /// Why the log is cut short of its bound.
    broken: Option<io::Error>,
    lines: VecDeque<Vec<u8>>,
    /// Whether the last line is still being written.
    open: bool,
}

impl Tail {
    /// Begins with nothing, in an unnamed temporary file.
    #[must_use]
    pub fn new() -> Self {
        match tempfile::tempfile() {
            Ok(file) => Self::of(Some(file), false, None),
            Err(error) => Self::of(None, false, Some(error)),
        }
    }

    /// Begins with nothing, in a file of this path, that others of the same user can read while it is written; in an
    /// unnamed one where that can't be.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        let mut options = std::fs::OpenOptions::new();
        // What a command prints may be meant for its user alone.
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.read(true).write(true).create(true).truncate(true).open(path) {
            Ok(file) => Self::of(Some(file), true, None),
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "the output can't be followed while the command runs");
                Self::new()
            }
        }
    }

    fn of(file: Option<File>, named: bool, broken: Option<io::Error>) -> Self {
        Self { file, named, written: 0, left_out: 0, broken, lines: VecDeque::new(), open: false }
    }

    /// Takes in what came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.remember(bytes);
        let available = usize::try_from(KEPT.saturating_sub(self.written)).unwrap_or(usize::MAX);
        let kept = if self.broken.is_some() { 0 } else { self.write(&bytes[..bytes.len().min(available)]) };
        self.left_out += (bytes.len() - kept) as u64;
    }

    /// Writes what the disk takes.
    fn write(&mut self, bytes: &[u8]) -> usize {
        let Some(file) = &mut self.file else { return 0 };
        let mut done = 0;
        while done < bytes.len() && self.broken.is_none() {
            match file.write(&bytes[done..]) {
                Ok(0) => self.broken = Some(io::ErrorKind::WriteZero.into()),
                Ok(number) => done += number,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // From here on the log has a hole: what comes later would not fit to what came before.
                Err(error) => self.broken = Some(error),
            }
        }
        self.written += done as u64;
        done
    }

    /// Why the log is cut short of its bound, where it is.
    #[must_use]
    pub fn broken(&self) -> Option<&io::Error> {
        self.broken.as_ref().filter(|_| self.left_out > 0)
    }

    /// Whether the file that was named holds all of the log.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.named && self.left_out == 0
    }

    fn remember(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if !self.open {
                if self.lines.len() == LINES {
                    self.lines.pop_front();
                }
                self.lines.push_back(Vec::new());
            }
            let (text, ended) = match piece.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (piece, false),
            };
            if let Some(line) = self.lines.back_mut() {
                line.extend_from_slice(&text[..text.len().min(LINE.saturating_sub(line.len()))]);
            }
            self.open = !ended;
        }
    }

    /// The last lines, at most 20, as text; of a line that was redrawn (`\r`) its last state.
    #[must_use]
    pub fn last_lines(&self) -> Vec<String> {
        self.lines
            .iter()
            .map(|line| {
                let text = String::from_utf8_lossy(line);
                text.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default().to_owned()
            })
            .collect()
    }

    /// The log: all of it, or its beginning with a line that says how much was left out, and its last lines.
    pub fn log(&mut self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.written).unwrap_or(0));
        if let Some(file) = &mut self.file {
            let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut bytes));
            if let Err(error) = read {
                self.left_out += self.written.saturating_sub(bytes.len() as u64);
                self.broken.get_or_insert(error);
            }
        }
        if self.left_out > 0 {
            let why = self.broken.as_ref().map(|error| format!(" ({error})")).unwrap_or_default();
            let note =
                format!("\n[sweep: {} more bytes were left out{why}; the last lines:]\n", self.left_out);
            bytes.extend_from_slice(note.as_bytes());
            bytes.extend_from_slice(self.last_lines().join("\n").as_bytes());
            bytes.push(b'\n');
        }
        bytes
    }
}

impl Default for Tail {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_what_was_printed_and_the_tail_its_last_lines() {
        let mut tail = Tail::new();
        for number in 0..30 {
            tail.push(format!("line {number}").as_bytes());
            tail.push(b"\n");
        }
        tail.push(b"10%\r20%\rend");
        let lines = tail.last_lines();
        assert_eq!(lines.len(), 20);
        assert_eq!(
            (lines[0].as_str(), lines[18].as_str(), lines[19].as_str()),
            ("line 11", "line 29", "end")
        );
        let log = String::from_utf8(tail.log()).unwrap();
        assert!(log.starts_with("line 0\nline 1\n") && log.ends_with("line 29\n10%\r20%\rend"));
    }

    #[test]
    fn a_flood_is_cut_and_the_log_says_so() {
        let mut tail = Tail::new();
        let block = vec![b'x'; 1 << 20];
        for _ in 0..33 {
            tail.push(&block);
        }
        tail.push(b"\nthe end\n");
        let log = tail.log();
        assert!((log.len() as u64) < KEPT + 10_000);
        let end = String::from_utf8_lossy(&log[log.len() - 100..]).into_owned();
        assert!(end.ends_with("the end\n"), "{end}");
    }

    #[test]
    fn a_full_disk_cuts_the_log_and_the_log_says_so() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut tail = Tail::of(Some(full), true, None);
        tail.push(b"epoch 1\n");
        tail.push(b"epoch 2\n");
        assert!(tail.broken().is_some() && !tail.is_whole());
        let log = String::from_utf8(tail.log()).unwrap();
        assert!(log.contains("16 more bytes were left out (No space left"), "{log}");
        assert!(log.ends_with("epoch 1\nepoch 2\n"), "{log}");
    }

    #[test]
    fn a_folder_that_is_not_there_costs_no_more_than_the_view_from_outside() {
        let mut tail = Tail::at(Path::new("/nonexistent/folder/log.txt"));
        tail.push(b"epoch 1\n");
        assert_eq!((tail.log().as_slice(), tail.is_whole()), (b"epoch 1\n".as_slice(), false));
    }
}
