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

/// The output of one command.
pub struct Tail {
    file: File,
    written: u64,
    left_out: u64,
    lines: VecDeque<Vec<u8>>,
    /// Whether the last line is still being written.
    open: bool,
}

impl Tail {
    /// Begins with nothing, in an unnamed temporary file.
    ///
    /// # Errors
    /// Where no temporary file can be made.
    pub fn new() -> io::Result<Self> {
        Ok(Self::of(tempfile::tempfile()?))
    }

    /// Begins with nothing, in a file of this path, that others of the same user can read while it is written.
    ///
    /// # Errors
    /// Where the file can't be made.
    pub fn at(path: &Path) -> io::Result<Self> {
        let mut options = std::fs::OpenOptions::new();
        // What a command prints may be meant for its user alone.
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self::of(options.read(true).write(true).create(true).truncate(true).open(path)?))
    }

    fn of(file: File) -> Self {
        Self { file, written: 0, left_out: 0, lines: VecDeque::new(), open: false }
    }

    /// Takes in what came.
    ///
    /// # Errors
    /// Where the disk is full.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = usize::try_from(KEPT.saturating_sub(self.written)).unwrap_or(usize::MAX);
        let kept = &bytes[..bytes.len().min(room)];
        self.remember(bytes);
        self.file.write_all(kept)?;
        self.written += kept.len() as u64;
        self.left_out += (bytes.len() - kept.len()) as u64;
        Ok(())
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

    /// Whether nothing was printed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.written == 0
    }

    /// The log: all of it, or its beginning with a line that says how much was left out, and its last lines.
    ///
    /// # Errors
    /// Where the file can't be read back.
    pub fn log(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.written).unwrap_or(0));
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut bytes)?;
        if self.left_out > 0 {
            let note = format!("\n[sweep: {} more bytes were left out; the last lines:]\n", self.left_out);
            bytes.extend_from_slice(note.as_bytes());
            bytes.extend_from_slice(self.last_lines().join("\n").as_bytes());
            bytes.push(b'\n');
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_what_was_printed_and_the_tail_its_last_lines() {
        let mut tail = Tail::new().unwrap();
        for number in 0..30 {
            tail.push(format!("line {number}").as_bytes()).unwrap();
            tail.push(b"\n").unwrap();
        }
        tail.push(b"10%\r20%\rend").unwrap();
        let lines = tail.last_lines();
        assert_eq!(lines.len(), 20);
        assert_eq!(
            (lines[0].as_str(), lines[18].as_str(), lines[19].as_str()),
            ("line 11", "line 29", "end")
        );
        let log = String::from_utf8(tail.log().unwrap()).unwrap();
        assert!(log.starts_with("line 0\nline 1\n") && log.ends_with("line 29\n10%\r20%\rend"));
    }

    #[test]
    fn a_flood_is_cut_and_the_log_says_so() {
        let mut tail = Tail::new().unwrap();
        let block = vec![b'x'; 1 << 20];
        for _ in 0..33 {
            tail.push(&block).unwrap();
        }
        tail.push(b"\nthe end\n").unwrap();
        let log = tail.log().unwrap();
        assert!((log.len() as u64) < KEPT + 10_000);
        let end = String::from_utf8_lossy(&log[log.len() - 100..]).into_owned();
        assert!(end.ends_with("the end\n"), "{end}");
    }
}
