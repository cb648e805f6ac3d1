//! What several verbs take: which sweep, which trial, which metric, in which format.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};

use crate::cli::complete;
use crate::commands::Format;
use crate::commands::analyze::AnswerFormat;
use crate::commands::{Pin, SweepChoice, TrialChoice};
use crate::config;

/// Which sweep: an option or the first argument.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct WhichSweep {
    /// Id of the sweep, a prefix of it, or its name [default: the latest of this directory, else the newest]
    #[arg(long = "sweep-id", value_name = "ID", conflicts_with = "sweep", add = complete::sweeps())]
    sweep_id: Option<String>,
    /// The same as --sweep-id
    #[arg(value_name = "SWEEP", add = complete::sweeps())]
    sweep: Option<String>,
}

impl From<WhichSweep> for SweepChoice {
    fn from(typed: WhichSweep) -> Self {
        Self(typed.sweep_id.or(typed.sweep))
    }
}

/// Which trial.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct WhichTrial {
    /// Its number, its run id or a prefix of one, SWEEP:TRIAL, or `best`
    #[arg(value_name = "TRIAL", add = complete::trials())]
    trial: String,
    /// Id of its sweep, a prefix of it, or its name [default: the latest of this directory, else the newest]
    #[arg(long = "sweep-id", value_name = "ID", add = complete::sweeps())]
    sweep_id: Option<String>,
}

impl From<WhichTrial> for TrialChoice {
    fn from(typed: WhichTrial) -> Self {
        Self { sweep: SweepChoice(typed.sweep_id), trial: typed.trial }
    }
}

/// What the sweep's config must be.
pub(super) fn pin(file: Option<PathBuf>, sha256: Option<String>) -> Pin {
    match (file, sha256) {
        (Some(file), _) => Pin::File(file),
        (None, Some(hex)) => Pin::Sha256(hex),
        (None, None) => Pin::Remembered,
    }
}

/// A duration as the config writes it.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    config::parse_duration(text)
        .ok_or_else(|| "write a number and a unit: 500ms, 90s, 5m, 2h or 1d".to_owned())
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum TypedFormat {
    Table,
    Json,
}

impl From<TypedFormat> for Format {
    fn from(typed: TypedFormat) -> Self {
        match typed {
            TypedFormat::Table => Self::Table,
            TypedFormat::Json => Self::Json,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum TypedAnswerFormat {
    /// With lines, for a terminal
    Table,
    /// In columns, without lines
    Plain,
    /// Markdown
    #[value(alias = "markdown")]
    Md,
    /// For programs; docs/json.md describes it
    Json,
    /// For spreadsheets
    Csv,
}

impl From<TypedAnswerFormat> for AnswerFormat {
    fn from(typed: TypedAnswerFormat) -> Self {
        match typed {
            TypedAnswerFormat::Table | TypedAnswerFormat::Plain | TypedAnswerFormat::Md => Self::Table,
            TypedAnswerFormat::Json => Self::Json,
            TypedAnswerFormat::Csv => Self::Csv,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum TypedGoal {
    Minimize,
    Maximize,
}

impl From<TypedGoal> for config::Goal {
    fn from(typed: TypedGoal) -> Self {
        match typed {
            TypedGoal::Minimize => Self::Minimize,
            TypedGoal::Maximize => Self::Maximize,
        }
    }
}

/// Which metric.
#[derive(Debug, ClapArgs)]
pub(super) struct ObjectiveArgs {
    /// The metric: any that was logged [default: the sweep's own]
    #[arg(long, value_name = "NAME")]
    pub(super) metric: Option<String>,
    /// Minimize or maximize it [default: as the config says of its own metric]
    #[arg(long, value_enum)]
    pub(super) goal: Option<TypedGoal>,
}

/// Which metric, and how the answer is printed.
#[derive(Debug, ClapArgs)]
pub(super) struct AnswerArgs {
    #[command(flatten)]
    pub(super) objective: ObjectiveArgs,
    /// Output format
    #[arg(
        long,
        value_enum,
        default_value = "table",
        hide_possible_values = true,
        value_name = "table|plain|md|json|csv"
    )]
    pub(in crate::cli) format: TypedAnswerFormat,
}
