//! What a program prints for `--help`: its options, whatever library laid them out.

mod absl;
mod boxes;
mod columns;
mod details;
mod entry;
mod hydra;
mod option;
mod page;
mod usage;

pub use option::{HelpOption, ValueKind};
pub use page::{HelpPage, HelpStyle, read_help};
