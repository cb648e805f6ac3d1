//! Keys that a person presses on the terminal, one at a time, while something is shown there.
//!
//! The terminal is left as it was: when this is dropped, also by a panic, and by [`Keyboard::leave`] before the program is
//! suspended or ended by a signal.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::termios::{LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Escape,
    /// Backspace.
    Backspace,
    /// Another: an arrow, a function key.
    Other,
}

/// The keyboard of the terminal on stdin.
pub struct Keyboard {
    keys: UnboundedReceiver<Key>,
    before: Termios,
    ended: Arc<AtomicBool>,
}

/// Reading returns after so many tenths of a second, so that its thread can end.
const TENTHS: u8 = 1;
/// A read that ends sooner with nothing has no terminal any more.
const TOO_SOON: Duration = Duration::from_millis(20);
/// So many of them in a row are enough.
const MOST_EMPTY: u32 = 10;

impl Keyboard {
    /// Listens to the keys from now on; `None`: stdin is no terminal, or this program is not in its foreground.
    #[must_use]
    pub fn open() -> Option<Self> {
        let stdin = std::io::stdin();
        // Who is in the background would be stopped by the system.
        let in_background = tcgetpgrp(&stdin).is_ok_and(|group| group != getpgrp());
        if !stdin.is_terminal() || in_background {
            return None;
        }
        let before = tcgetattr(&stdin).ok()?;
        let file = File::from(stdin.as_fd().try_clone_to_owned().ok()?);
        let (tell, keys) = unbounded_channel();
        let ended = Arc::new(AtomicBool::new(false));
        let keyboard = Self { keys, before, ended: Arc::clone(&ended) };
        keyboard.enter();
        std::thread::spawn(move || read(file, &tell, &ended));
        Some(keyboard)
    }

    /// Waits for the next key; for ever where there is no terminal any more.
    pub async fn next(&mut self) -> Key {
        match self.keys.recv().await {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }

    /// Sets the terminal so that keys come at once and are not shown. Ctrl-C stays a signal.
    pub fn enter(&self) {
        let mut mode = self.before.clone();
        mode.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
        mode.control_chars[SpecialCharacterIndices::VMIN as usize] = 0;
        mode.control_chars[SpecialCharacterIndices::VTIME as usize] = TENTHS;
        let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &mode);
    }

    /// Sets the terminal as it was before.
    pub fn leave(&self) {
        let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &self.before);
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        self.leave();
    }
}

fn read(mut file: File, tell: &UnboundedSender<Key>, ended: &AtomicBool) {
    let (mut buffer, mut empty) = ([0; 256], 0);
    while !ended.load(Ordering::Relaxed) && empty < MOST_EMPTY {
        let asked = Instant::now();
        match file.read(&mut buffer) {
            Ok(0) if asked.elapsed() < TOO_SOON => empty += 1,
            Ok(0) => empty = 0,
            Ok(length) => {
                empty = 0;
                for key in keys_of(buffer.get(..length).unwrap_or_default()) {
                    if tell.send(key).is_err() {
                        return;
                    }
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// The keys of what came at once: a terminal sends an escape sequence whole.
fn keys_of(bytes: &[u8]) -> Vec<Key> {
    let text = String::from_utf8_lossy(bytes);
    let mut keys = Vec::new();
    let mut rest = text.as_ref();
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        keys.push(match c {
            '\r' | '\n' => Key::Enter,
            '\u{7f}' | '\u{8}' => Key::Backspace,
            '\u{1b}' => match sequence(rest) {
                Some(length) => {
                    rest = &rest[length..];
                    Key::Other
                }
                None => Key::Escape,
            },
            c if c.is_control() => Key::Other,
            c => Key::Char(c),
        });
    }
    keys
}

/// The length of an escape sequence after its first character; `None`: it was the key itself.
fn sequence(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix(['[', 'O'])?;
    let end = inner.find(|c: char| matches!(c, '@'..='~'));
    Some(end.map_or(rest.len(), |end| end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_escape_sequences() {
        let keys = |text: &str| keys_of(text.as_bytes());
        assert_eq!(keys("q"), [Key::Char('q')]);
        assert_eq!(keys("\u{1b}"), [Key::Escape]);
        assert_eq!(keys("\u{1b}[A\u{1b}OP\u{1b}[15~x"), [Key::Other, Key::Other, Key::Other, Key::Char('x')]);
        assert_eq!(keys("é\r\u{7f}"), [Key::Char('é'), Key::Enter, Key::Backspace]);
        assert_eq!(keys("\u{1b}["), [Key::Other]);
    }
}
