//! A terminal of a known size, in which the binary is run.

use std::fs::File;
use std::io::Read as _;
use std::process::{Command, Stdio};

use nix::pty::{Winsize, openpty};

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
