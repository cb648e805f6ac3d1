//! Commands: from a template and a point to what is run.
//!
//! A text command is run by `sh -c`, and every value in it is quoted for the place where it stands; a list
//! command is run as it is.

mod argv;
mod context;
mod error;
mod quote;
mod script;
mod shell;

use argv::Piece;
use itertools::Itertools as _;

use super::Command;
use crate::space::Point;

pub use argv::{MACROS, is_script, uses as argv_names, whole as whole_item};
pub use context::RenderContext;
pub use error::CommandError;
pub use quote::{is_plain, word as quoted};
pub use script::{Part, QuotePosition, Scan, Slot};
pub use shell::scan;

/// The names in `extra` of [`RenderContext`] that the check of a config takes as known.
pub const EXTRA_NAMES: [&str; 1] = ["trial_seed"];

/// A command, ready to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Program and arguments; `sh -c …` for a text command.
    pub argv: Vec<String>,
    /// The command as one line for people. It is what stores keep: a value that came from the environment is shown as
    /// `${envvar:NAME}`, and the file of `${args_json_file}` as `params.json`.
    pub display: String,
    /// The command as one line for `sh`, which puts the environment in itself. Where there is a
    /// [`params_file_json`](Self::params_file_json), the variable `sweep_params` must name its file.
    pub line: String,
    /// What the file of `${args_json_file}` must hold; `None`: the command does not use it.
    pub params_file_json: Option<String>,
    /// What may not be meant.
    pub warnings: Vec<String>,
}

impl Rendered {
    /// The command as one line with everything in it that the trial is given, secrets, too: for this machine alone.
    #[must_use]
    pub fn real_line(&self) -> String {
        match self.argv.as_slice() {
            [shell, option, _] if shell == "sh" && option == "-c" && self.params_file_json.is_none() => {
                self.display.clone()
            }
            argv => argv.iter().map(|item| quote::word(item)).join(" "),
        }
    }
}

/// The file of `${args_json_file}` for people.
const SHOWN_FILE: &str = "params.json";

/// An argument as the program gets it.
fn real(argument: &[Piece], file: &str) -> String {
    let texts = argument.iter().map(|piece| match piece {
        Piece::Text(text) => text.as_str(),
        Piece::Variable { value, .. } => value.as_str(),
        Piece::ParamsFile => file,
    });
    texts.collect()
}

/// An argument as people may see it.
fn shown(argument: &[Piece]) -> String {
    let texts = argument.iter().map(|piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Variable { name, .. } => format!("${{envvar:{name}}}"),
        Piece::ParamsFile => SHOWN_FILE.to_owned(),
    });
    texts.collect()
}

/// Makes the command of one trial.
///
/// # Errors
/// A value that can't be passed on safely. A checked config gives none for the points of its own space.
pub fn render(
    command: &Command,
    point: &Point,
    context: &RenderContext<'_>,
) -> Result<Rendered, CommandError> {
    let mut warnings = Vec::new();
    let rendered = match command {
        Command::Shell(template) => {
            let scanned = shell::scan(template, &|name| context.knows(name, point));
            let text = quote::fill(&scanned, point, context, &mut warnings)?;
            let display = quote::one_line(&text);
            let line = display.clone();
            Rendered {
                argv: vec!["sh".into(), "-c".into(), text],
                display,
                line,
                params_file_json: None,
                warnings,
            }
        }
        Command::Argv(items) => {
            let (arguments, json) = argv::expand(items, point, context, cfg!(windows), &mut warnings);
            let file =
                context.params_file.map_or_else(|| SHOWN_FILE.to_owned(), |path| path.display().to_string());
            let argv = arguments.iter().map(|argument| real(argument, &file)).collect();
            let words = |word: &dyn Fn(&argv::Argument) -> String| arguments.iter().map(word).join(" ");
            let display = words(&|argument| quote::word(&shown(argument)));
            let line = words(&|argument| quote::word_with_variables(argument));
            Rendered { argv, display, line, params_file_json: json, warnings }
        }
    };
    if rendered.argv.is_empty() {
        return Err(CommandError::Empty);
    }
    if rendered.argv.iter().any(|item| item.contains('\0')) {
        let name = point.leaves().into_iter().find(|(_, value)| value.text().contains('\0'));
        return Err(CommandError::Nul(name.map(|(name, _)| name).unwrap_or_default()));
    }
    Ok(rendered)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
