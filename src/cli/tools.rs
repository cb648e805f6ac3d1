//! The grammar of the verbs that hand on, and of the tools.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

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
