//! The grammar of the verbs that hand on, and of the tools.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::args::TypedFormat;
use crate::commands::doctor::DoctorArgs;

#[derive(Debug, ClapArgs)]
pub(super) struct Doctor {
    /// How the findings are printed
    #[arg(long, value_enum, default_value = "table")]
    format: TypedFormat,
}

impl From<Doctor> for DoctorArgs {
    fn from(typed: Doctor) -> Self {
        Self { format: typed.format.into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Completions {
    /// The shell that will read the script
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

/// The shells whose scripts are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    /// `source <(sweep completions bash)` in ~/.bashrc
    Bash,
    /// `source <(sweep completions zsh)` in ~/.zshrc, after compinit
    Zsh,
    /// `sweep completions fish | source` in ~/.config/fish/config.fish
    Fish,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Man {
    /// The folder for sweep.1 and a page for each verb [default: print sweep.1]
    #[arg(value_name = "DIR")]
    pub(super) folder: Option<PathBuf>,
}
