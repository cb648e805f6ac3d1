//! A terminal of a known size, in which the binary is run.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use nix::pty::{Winsize, openpty};

use super::agent::until;

/// Runs a command in a terminal of so many columns: its exit code, and what the terminal got, in which `\r\n` is `\n`.
pub fn in_terminal(command: &mut Command, columns: u16) -> (i32, String) {
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(Some(&size), None).unwrap();
    let terminal = || Stdio::from(pty.slave.try_clone().unwrap());
    command.stdout(terminal()).stderr(terminal()).env_remove("COLUMNS").env("TERM", "xterm");
    let mut child = command.spawn().unwrap();
    // The command holds its ends of the terminal, too.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    drop(pty.slave);
    let mut shown = Vec::new();
    // Linux ends the reading of a terminal that nobody holds any more with an error.
    let _ = File::from(pty.master).read_to_end(&mut shown);
    let code = child.wait().unwrap().code().unwrap();
    (code, String::from_utf8(shown).unwrap().replace("\r\n", "\n"))
}

/// A command in a terminal at which somebody types.
pub struct TypingSession {
    child: Child,
    master: File,
    shown: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
    /// What was shown up to here was waited for already.
    read: usize,
}

impl TypingSession {
    /// Starts the command in a terminal of this size, which is its controlling terminal.
    pub fn start(command: &mut Command, columns: u16, rows: u16) -> Self {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).unwrap();
        let terminal = || Stdio::from(pty.slave.try_clone().unwrap());
        command.stdin(terminal()).stdout(terminal()).stderr(terminal());
        let child = command.env_remove("COLUMNS").env("TERM", "xterm").spawn().unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        drop(pty.slave);
        let master = File::from(pty.master);
        let shown = Arc::new(Mutex::new(Vec::new()));
        let reader = {
            let (mut from, shown) = (master.try_clone().unwrap(), Arc::clone(&shown));
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                // Linux ends the reading of a terminal that nobody holds any more with an error.
                while let Ok(read @ 1..) = from.read(&mut buffer) {
                    shown.lock().unwrap().extend_from_slice(&buffer[..read]);
                }
            })
        };
        Self { child, master, shown, reader, read: 0 }
    }

    /// Types.
    pub fn type_keys(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until this text was shown, after what was waited for before.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        let shown = Arc::clone(&self.shown);
        let from = self.read;
        let found = until(&format!("`{text}` on the terminal"), || {
            let all = String::from_utf8_lossy(&shown.lock().unwrap()[from..]).into_owned();
            all.find(text).map(|at| at + text.len())
        });
        self.read = from + found;
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How the terminal is set: what `stty -a` prints of it.
    pub fn settings(&self) -> nix::sys::termios::LocalFlags {
        nix::sys::termios::tcgetattr(&self.master).unwrap().local_flags
    }

    /// Waits for the command to end: its exit code.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Waits for the command to end: its exit code (`None`: a signal), and what the terminal got, in which `\r\n` is `\n`.
    pub fn finish(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        self.reader.join().unwrap();
        let shown = self.shown.lock().unwrap();
        (code, String::from_utf8_lossy(&shown).replace("\r\n", "\n"))
    }
}
