//! The session that docs/session.md shows, typed again in a terminal of 80 columns: what is printed is what stands there.
//!
//! `SWEEP_BLESS=1 cargo test --test transcript` writes it again.

// What goes wrong here is meant to panic.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::pty::{Winsize, openpty};
use regex::Regex;

const PAGE: &str = include_str!("../docs/session.md");
const OPENING: &str = "<!-- a session, held by tests/transcript.rs -->\n```console\n";
const CLOSING: &str = "\n```";

/// The commands of the session, and all of it.
fn session() -> (Vec<String>, String) {
    let (_, rest) = PAGE.split_once(OPENING).unwrap();
    let (session, _) = rest.split_once(CLOSING).unwrap();
    let commands = session.lines().filter_map(|line| line.strip_prefix("$ "));
    (commands.map(str::to_owned).collect(), session.to_owned())
}

/// Runs a command line in a terminal of so many columns, and returns what it shows.
fn in_terminal(command: &str, folder: &Path, columns: u16) -> String {
    let size = Winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(Some(&size), None).unwrap();
    let terminal = || Stdio::from(pty.slave.try_clone().unwrap());
    let here = Path::new(env!("CARGO_BIN_EXE_sweep")).parent().unwrap();
    let path = format!("{}:{}", here.display(), std::env::var("PATH").unwrap());
    let mut child = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(terminal())
        .stderr(terminal())
        .env("PATH", path)
        .env("HOME", folder)
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS")
        .env_remove("MLFLOW_TRACKING_URI")
        .env_remove("MLFLOW_RUN_ID")
        .spawn()
        .unwrap();
    drop(pty.slave);
    let mut shown = Vec::new();
    // Linux ends the reading of a terminal that nobody holds any more with an error.
    let _ = File::from(pty.master).read_to_end(&mut shown);
    assert!(child.wait().unwrap().success(), "{command}:\n{}", String::from_utf8_lossy(&shown));
    String::from_utf8(shown).unwrap().replace("\r\n", "\n")
}

/// What differs from run to run, and the widths that follow from it, made equal.
fn masked(text: &str) -> String {
    let text = text.replace(['┬', '┳', '╇', '┼', '╈'], "+");
    let mut text = text;
    for (pattern, mask) in [
        (r"\b[0-9a-f]{32}\b|\b[0-9a-f]{8}\b", "<id>"),
        (r"\b[0-9.]+ (ms|s|min|h)( ago)?\b|\bnow\b", "<time>"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d[:-]\d\d([:-]\d\d(\.\d+)?)?Z?", "<date>"),
        (r"[━─]+", "-"),
        (r" +", " "),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, mask).into_owned();
    }
    text
}

/// A copy of the example, in which the session takes place.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shell");
    for name in ["train.sh", "sweep.yaml"] {
        std::fs::copy(example.join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn typed_again(commands: &[String], columns: u16) -> String {
    let folder = folder();
    let mut session = String::new();
    for command in commands {
        let shown = in_terminal(command, folder.path(), columns);
        session.push_str(&format!("$ {command}\n{}\n\n", shown.trim_end()));
    }
    session.trim_end().to_owned()
}

#[test]
fn the_session_of_the_page_is_what_a_terminal_shows() {
    let (commands, session) = session();
    assert!(commands.len() >= 6, "{commands:?}");
    let shown = typed_again(&commands, 80);
    if std::env::var_os("SWEEP_BLESS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/session.md");
        std::fs::write(path, PAGE.replace(&session, &shown)).unwrap();
        return;
    }
    for (ours, theirs) in masked(&shown).lines().zip(masked(&session).lines()) {
        assert_eq!(ours, theirs, "docs/session.md shows another session; the terminal:\n{shown}");
    }
    assert_eq!(shown.lines().count(), session.lines().count());
    for row in shown.lines().filter(|line| line.starts_with(['│', '┃'])) {
        assert!(row.chars().count() <= 80, "wider than the terminal: {row}");
    }
}

#[test]
fn nothing_is_cut_in_a_wide_terminal() {
    let (commands, _) = session();
    let shown = typed_again(&commands, 200);
    assert!(!shown.contains('…'), "{shown}");
}
