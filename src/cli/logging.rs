//! Where the log is written: to the terminal with `-v`, in a file with `--log-file`.

use std::fs::{File, OpenOptions};
use std::io::IsTerminal as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

use crate::commands::{CommandFailure, Exit};

/// A filter in the manner of `RUST_LOG`.
const FILTER: &str = "SWEEP_LOG";
/// What `--log-file` is when it is not given.
const FILE: &str = "SWEEP_LOG_FILE";

/// Sets the telling up; nothing of it holds credentials. The filter of `SWEEP_LOG` counts for both places; without it
/// the terminal follows `-v`, and a file gets what `-v` shows.
pub(super) fn set_up(verbose: u8, file: Option<PathBuf>) -> Result<(), CommandFailure> {
    let asked = std::env::var_os(FILTER).is_some();
    let file = file.or_else(|| std::env::var_os(FILE).filter(|name| !name.is_empty()).map(PathBuf::from));
    let to_terminal = verbose > 0 || (asked && file.is_none());
    if !to_terminal && file.is_none() {
        return Ok(());
    }
    let terminal = to_terminal.then(|| {
        fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .with_filter(filter(verbose))
    });
    let file = match file {
        Some(path) => {
            let writer = Mutex::new(open(&path)?);
            Some(fmt::layer().with_writer(writer).with_ansi(false).with_filter(filter(verbose)))
        }
        None => None,
    };
    tracing_subscriber::registry().with(terminal).with(file).init();
    Ok(())
}

fn filter(verbose: u8) -> EnvFilter {
    let default = if verbose > 1 { "sweep=trace,hyper=debug" } else { "sweep=debug" };
    EnvFilter::try_from_env(FILTER).unwrap_or_else(|_| EnvFilter::new(default))
}

/// At its end; a new one is the person's alone.
fn open(path: &Path) -> Result<File, CommandFailure> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(|error| {
        CommandFailure::new(Exit::Usage, format!("the log file {} can't be written", path.display()))
            .caused_by(&error)
            .hint(format!("Name a file in a folder that is there: --log-file FILE, or {FILE}."))
    })
}
