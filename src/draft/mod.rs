//! A first sweep file: from what a program prints about its options, from another tool's file, or the built-in example.
//!
//! Owns the guesses: which option is worth varying, over which range, on which scale. Refuses I/O: it takes text and
//! returns text, which `config` reads without an error.

mod call;
mod command_line;
mod example;
mod from_file;
mod guess;
mod help;
mod number;
mod optuna;
mod parameter;
mod range;
mod searched;
mod sweep_file;
mod sweeper;
#[cfg(test)]
mod tests;
mod words;

pub use command_line::command_words;
pub use example::{EXAMPLE_FILES, example_sweep_file};
pub use from_file::{ForeignFileError, draft_from_file};
pub use guess::{HelpDraftError, draft_from_help};
pub use help::read_help;
pub use sweep_file::{SweepDraft, schema_line};
