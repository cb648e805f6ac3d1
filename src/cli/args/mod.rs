//! The grammar of the command line.

mod files;
mod look;
mod make;
mod serve;
mod steer;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use super::complete;
use super::tools;
use super::view::{Table, View, Wide};
use crate::commands::Format;
use crate::commands::analyze::AnswerFormat;
use crate::commands::{SweepChoice, TrialChoice};
use crate::config;

/// Heads the options that every verb has.
const EVERYWHERE: &str = "Options of every verb";

pub(super) use files::{Export, Import};
pub(super) use look::{Analyze, Best, Diff, List, Logs, Rerun, Show, Status, Trials};
pub(super) use make::{Check, Finalize, Init, Run, Sample, Sampled, Start};
pub(super) use serve::{Log, Server};
pub(super) use steer::{Control, Retry};

/// Hyperparameter sweeps on top of MLflow tracking.
#[derive(Debug, Parser)]
#[command(name = "sweep", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done · 1 trials failed or nothing to analyse · 2 usage or config · \
                        3 tracking store · 128+n ended by signal n")]
pub(super) struct Args {
    /// Tracking server or database: http(s)://HOST:PORT or sqlite:///FILE [default: $MLFLOW_TRACKING_URI, else
    /// sqlite:///mlflow.db]
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "URI")]
    pub(super) tracking_uri: Option<String>,
    /// Print data and errors only
    #[arg(short, long, global = true, help_heading = EVERYWHERE)]
    pub(super) quiet: bool,
    /// Verbose logging (-vv: more); SWEEP_LOG takes a filter
    #[arg(short, long, global = true, help_heading = EVERYWHERE, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Append the log to a file [default: $SWEEP_LOG_FILE]
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "FILE")]
    pub(super) log_file: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Create a sweep: a parent run with the config as its artifact
    Init(Init),
    /// Run trials until none is left
    #[command(visible_alias = "agent")]
    Run(Run),
    /// Analyse and end a sweep; save tables, plots and a report
    Finalize(Finalize),
    /// Do all three: init, run, finalize
    Start(Start),
    /// Report which parameters matter: in a sweep, any runs, a CSV file
    Analyze(Analyze),
    /// Write a sweep as plain files: params, metrics, artifacts
    Export(Export),
    /// Import runs from files: an export, a W&B or Optuna CSV
    Import(Import),
    /// List all sweeps: state, trials, best
    #[command(visible_alias = "ls")]
    List(List),
    /// Show progress: trials, best value, agents, time left
    Status(Status),
    /// List the trials of a sweep, sorted and filtered
    Trials(Trials),
    /// Print the best trials; `--as command` prints the winner's command
    Best(Best),
    /// Show everything about one trial
    Show(Show),
    /// Compare two trials, of one sweep or of two
    Diff(Diff),
    /// Re-run a trial with other seeds; the sweep counts it once
    Rerun(Rerun),
    /// Print the output of a trial, also while it runs
    Logs(Logs),
    /// Stop: finish running trials, then end all agents
    Stop(Control),
    /// Cancel: end running trials and all agents
    Cancel(Control),
    /// Pause: finish running trials, start no new ones
    Pause(Control),
    /// Resume a paused or stopped sweep
    Resume(Control),
    /// Re-run finished trials
    Retry(Retry),
    /// Inside a trial: log metrics, params, tags, files without a client
    Log(Log),
    /// Serve a database file to MLflow's clients, without Python
    Server(Server),
    /// Check a config: all its errors at once, or what it would run
    Check(Check),
    /// Show the trials that a config would run
    Sample(Sample),
    /// Show what has changed since a trial ran, and how to get back
    Verify(tools::Verify),
    /// Register a trial's model in MLflow and set an alias
    Promote(tools::Promote),
    /// List registered models: versions, aliases, their trials
    Models(tools::Models),
    /// Check the tracking store, this machine and this directory
    Doctor(tools::Doctor),
    /// Print a shell script that completes verbs, sweeps and trials
    Completions(tools::Completions),
    /// Print the manual, or write a page for each verb
    Man(tools::Man),
}

impl Verb {
    /// How its tables are shown.
    pub(super) fn view(&self) -> View {
        match self {
            Self::List(typed) => typed.table.view(),
            Self::Trials(typed) => typed.table.view(),
            Self::Best(typed) => typed.table.view(),
            Self::Models(typed) => typed.table.view(),
            Self::Status(typed) => typed.wide.view(),
            Self::Show(typed) => typed.wide.view(),
            Self::Diff(typed) => typed.wide.view(),
            Self::Rerun(typed) => typed.wide.view(),
            Self::Analyze(typed) => View::of_format(typed.answer.format),
            Self::Finalize(typed) => View::of_format(typed.answer.format),
            Self::Start(typed) => View::of_format(typed.format),
            _ => View::default(),
        }
    }
}

/// Which sweep: an option or the first argument.
#[derive(Debug, ClapArgs)]
pub(super) struct Which {
    /// Id of the sweep, a prefix of it, or its name [default: the latest of this directory, else the newest]
    #[arg(long = "sweep-id", value_name = "ID", conflicts_with = "sweep", add = complete::sweeps())]
    sweep_id: Option<String>,
    /// The same as --sweep-id
    #[arg(value_name = "SWEEP", add = complete::sweeps())]
    sweep: Option<String>,
}

impl From<Which> for SweepChoice {
    fn from(typed: Which) -> Self {
        Self(typed.sweep_id.or(typed.sweep))
    }
}

/// Which trial.
#[derive(Debug, ClapArgs)]
pub(super) struct WhichTrial {
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

/// A duration as the config writes it.
fn duration(text: &str) -> Result<Duration, String> {
    config::parse_duration(text)
        .ok_or_else(|| "write a number and a unit: 500ms, 90s, 5m, 2h or 1d".to_owned())
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum TypedFormat {
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
pub(super) enum TypedAnswerFormat {
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
enum TypedGoal {
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
struct Objective {
    /// The metric: any that was logged [default: the sweep's own]
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// Minimize or maximize it [default: as the config says of its own metric]
    #[arg(long, value_enum)]
    goal: Option<TypedGoal>,
}

/// Which metric, and how the answer is printed.
#[derive(Debug, ClapArgs)]
struct Answer {
    #[command(flatten)]
    objective: Objective,
    /// Output format
    #[arg(
        long,
        value_enum,
        default_value = "table",
        hide_possible_values = true,
        value_name = "table|plain|md|json|csv"
    )]
    format: TypedAnswerFormat,
}
