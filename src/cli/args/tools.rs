//! The grammar of the verbs that hand on, and of the tools.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::common::{TypedFormat, WhichTrial};
use crate::cli::complete;
use crate::cli::view::TableArgs;
use crate::commands::doctor::DoctorArgs;
use crate::commands::models::ModelsArgs;
use crate::commands::promote::PromoteArgs;
use crate::commands::verify::VerifyArgs;

#[derive(Debug, ClapArgs)]
#[command(after_help = "TRIAL may be `best`, too: the best trial of the sweep.")]
pub(in crate::cli) struct TypedPromote {
    #[command(flatten)]
    which: WhichTrial,
    /// The registered model; created if there is none of this name
    #[arg(long, value_name = "MODEL", add = complete::models())]
    name: String,
    /// Point this alias at the version
    #[arg(long, value_name = "ALIAS")]
    alias: Option<String>,
    /// Which model, where the trial logged several: its name, its id, or its folder among the artifacts
    #[arg(long, value_name = "PATH")]
    artifact: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: TypedFormat,
}

impl From<TypedPromote> for PromoteArgs {
    fn from(typed: TypedPromote) -> Self {
        Self {
            trial: typed.which.into(),
            name: typed.name,
            alias: typed.alias,
            artifact: typed.artifact,
            format: typed.format.into(),
        }
    }
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "TRIAL may be `best`, too: the best trial of the sweep.\n\
                        Ends with 0 where nothing has changed, with 1 where something has.")]
pub(in crate::cli) struct TypedVerify {
    #[command(flatten)]
    which: WhichTrial,
    /// Print only the uncommitted changes that it ran with, for `git apply`
    #[arg(long)]
    diff: bool,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: TypedFormat,
}

impl From<TypedVerify> for VerifyArgs {
    fn from(typed: TypedVerify) -> Self {
        Self { trial: typed.which.into(), diff: typed.diff, format: typed.format.into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedModels {
    /// The versions of this one
    #[arg(value_name = "MODEL", add = complete::models())]
    name: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) table: TableArgs,
}

impl From<TypedModels> for ModelsArgs {
    fn from(typed: TypedModels) -> Self {
        Self { name: typed.name, format: typed.table.format().into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedDoctor {
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: TypedFormat,
}

impl From<TypedDoctor> for DoctorArgs {
    fn from(typed: TypedDoctor) -> Self {
        Self { format: typed.format.into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedCompletions {
    /// The shell that will read the script
    #[arg(value_enum)]
    pub(in crate::cli) shell: Shell,
}

/// The shells whose scripts are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Shell {
    /// `source <(sweep completions bash)` in ~/.bashrc
    Bash,
    /// `source <(sweep completions zsh)` in ~/.zshrc, after compinit
    Zsh,
    /// `sweep completions fish | source` in ~/.config/fish/config.fish
    Fish,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedMan {
    /// The folder for sweep.1 and a page for each verb [default: print sweep.1]
    #[arg(value_name = "DIR")]
    pub(in crate::cli) folder: Option<PathBuf>,
}
