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
use crate::commands::analyze::AnswerFormat;
use crate::commands::finalize::Format;
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
    /// Show what goes on inside (-vv: more); SWEEP_LOG takes a filter
    #[arg(short, long, global = true, help_heading = EVERYWHERE, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Write what goes on inside to the end of a file, too [default: $SWEEP_LOG_FILE]
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "FILE")]
    pub(super) log_file: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a sweep: a parent run with the config as its artifact
    Init(Init),
    /// Claim trials and run them, until none is left
    #[command(visible_alias = "agent")]
    Run(Run),
    /// Analyse a sweep, save tables, plots and a report, end it
    Finalize(Finalize),
    /// Do all three: init, run, finalize
    Start(Start),
    /// Say which parameters mattered, in a sweep, any runs or a CSV file
    Analyze(Analyze),
    /// Write a sweep as plain files: params, metrics, artifacts
    Export(Export),
    /// Enter what was run elsewhere: an export, a W&B or Optuna CSV
    Import(Import),
    /// All sweeps: state, trials, best
    #[command(visible_alias = "ls")]
    List(List),
    /// How far a sweep is, what runs, who works on it
    Status(Status),
    /// The trials of a sweep, sorted and filtered
    Trials(Trials),
    /// The best trials; `--as command` is the winner, ready to be run
    Best(Best),
    /// Everything about one trial
    Show(Show),
    /// What differs between two trials, of one sweep or of two
    Diff(Diff),
    /// Run a trial again with other seeds; the sweep counts it once
    Rerun(Rerun),
    /// What a trial's command printed, while it runs, too
    Logs(Logs),
    /// Let no agent start another trial; running ones are finished
    Stop(Control),
    /// End all agents of a sweep and their running trials
    Cancel(Control),
    /// Let agents wait until the sweep is resumed
    Pause(Control),
    /// Let a paused or stopped sweep go on
    Resume(Control),
    /// Run trials again that have their result
    Retry(Retry),
    /// Inside a trial: log metrics, params, tags, files with no client
    Log(Log),
    /// Serve a database file to MLflow's clients, without Python
    Server(Server),
    /// Check a config: all its faults at once, or what it would do
    Check(Check),
    /// Show the points that a config would try
    Sample(Sample),
    /// Say what has changed since a trial ran, and how to get back
    Verify(tools::Verify),
    /// Register a trial's model with MLflow, and move an alias to it
    Promote(tools::Promote),
    /// Registered models: versions, aliases, the trials they are of
    Models(tools::Models),
    /// Look whether store, machine and folder are fit; what to do
    Doctor(tools::Doctor),
    /// Print a script that completes verbs, options, sweeps and trials
    Completions(tools::Completions),
    /// Print the manual, or write a page for each verb
    Man(tools::Man),
}

/// Which sweep: an option or the first argument.
#[derive(Debug, ClapArgs)]
pub(super) struct Which {
    /// Id of the sweep, a unique beginning of it, or its name [default: the one last initialised in this directory,
    /// else the newest]
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
    /// Its number, its run id or the beginning of one, SWEEP:TRIAL, or `best`
    #[arg(value_name = "TRIAL", add = complete::trials())]
    trial: String,
    /// Id of its sweep, a unique beginning of it, or its name [default: the one last initialised in this directory,
    /// else the newest]
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
    Table,
    Json,
    Csv,
}

impl From<TypedAnswerFormat> for AnswerFormat {
    fn from(typed: TypedAnswerFormat) -> Self {
        match typed {
            TypedAnswerFormat::Table => Self::Table,
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

/// Which metric, and how the answer is printed.
#[derive(Debug, ClapArgs)]
struct Answer {
    /// The metric: any that was logged [default: the sweep's own]
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// What is better [default: as the config says of its own metric]
    #[arg(long, value_enum)]
    goal: Option<TypedGoal>,
    /// How the answer is printed
    #[arg(long, value_enum, default_value = "table")]
    format: TypedAnswerFormat,
}
