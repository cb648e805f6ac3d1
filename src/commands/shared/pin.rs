//! An agent runs a command that it read from a server: whether that is the command that its person meant.

use std::path::PathBuf;

use super::context::Context;
use super::exit::Exit;
use super::failure::CommandFailure;
use super::load::read_file;
use super::workspace::known_sha256;
use crate::record::{Sweep, sha256};

/// What the config of a sweep must be.
#[derive(Debug, Clone, Default)]
pub enum Pin {
    /// What this directory remembers of it, if it was made here.
    #[default]
    Remembered,
    /// This file.
    File(PathBuf),
    /// The file with this SHA-256.
    Sha256(String),
}

/// Refuses a sweep whose config is not the one that was meant.
pub fn check_pin(context: &Context, sweep: &Sweep, pin: &Pin) -> Result<(), CommandFailure> {
    // Every version runs the same command, so that an agent of one may run the next: that is checked.
    if sweep.version() > 1 {
        sweep.configs()?;
    }
    let (expected, whose) = match pin {
        Pin::Remembered => match known_sha256(&context.folder, sweep.id().as_str()) {
            Some(known) => (known, "the one that it was made with in this directory".to_owned()),
            None => return Ok(()),
        },
        Pin::File(path) => (sha256(&read_file(path)?), path.display().to_string()),
        Pin::Sha256(hex) => (hex.to_ascii_lowercase(), format!("the one with SHA-256 {hex}")),
    };
    if sweep.has_version(&expected) {
        return Ok(());
    }
    let found = sha256(&sweep.config);
    Err(CommandFailure::new(Exit::Usage, format!("the config of sweep {} is not {whose}", sweep.id()))
        .hint(format!("An agent runs the command of that config. If you trust it: --expect-sha256 {found}")))
}
