//! What a person hears of the end of a verb.

use crate::commands::{CommandFailure, Exit};
use crate::ui::{Style, Ui, error_lines, lost_output};

/// The exit code of a verb, but that of a failure where its output was lost. A reader that has seen enough loses nothing.
pub(super) fn whether_heard(ui: &Ui, exit: Exit) -> Exit {
    let Some(why) = lost_output() else { return exit };
    let failure = CommandFailure::new(Exit::WorkFailed, format!("cannot write to stdout: {why}"));
    tell(ui, &failure.hint("Free disk space, or send the output to another place."));
    if exit == Exit::Done { Exit::WorkFailed } else { exit }
}

/// Prints a failure.
pub(super) fn tell(ui: &Ui, failure: &CommandFailure) {
    let text = error_lines(&failure.message, &failure.causes, failure.hint.as_deref());
    ui.insist(&format!("{} {text}", ui.err(Style::Bad, "error:")));
}
