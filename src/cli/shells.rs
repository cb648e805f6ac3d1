//! The completions of shells: a script that asks this program, and the answers.

use std::path::PathBuf;

use clap_complete::CompleteEnv;
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

use super::args::Shell;
use super::help;
use crate::commands::{CommandFailure, Exit};
use crate::ui::Ui;

/// Set by the scripts when they ask.
const ASKED: &str = "SWEEP_COMPLETE";
const NAME: &str = "sweep";

/// Whether a shell's script asks for completions.
pub(super) fn asked() -> bool {
    std::env::var_os(ASKED).is_some()
}

/// Answers a shell's script.
pub(super) fn answer() -> u8 {
    let folder = std::env::current_dir().ok();
    let answered = CompleteEnv::with_factory(help::grammar)
        .var(ASKED)
        .try_complete(std::env::args_os(), folder.as_deref());
    // A shell shows nothing of what goes wrong while somebody types.
    if answered.is_ok() { Exit::Done.code() } else { Exit::WorkFailed.code() }
}

/// Prints the script of a shell.
pub(super) fn script(ui: &Ui, shell: Shell) -> Result<Exit, CommandFailure> {
    let shell: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
    };
    let mut script = Vec::new();
    shell.write_registration(ASKED, NAME, NAME, &program(), &mut script).map_err(|error| {
        CommandFailure::new(Exit::WorkFailed, "cannot make the completion script").caused_by(&error)
    })?;
    ui.print_bytes(&script);
    Ok(Exit::Done)
}

/// How the script calls this program: by its name where it was found by its name, else where it is.
fn program() -> String {
    let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let path = if called.components().count() > 1 { std::path::absolute(called).ok() } else { None };
    path.map_or_else(|| NAME.to_owned(), |path| path.to_string_lossy().into_owned())
}
