//! The grammar of the command line.

pub(super) mod common;
mod control;
mod files;
mod inspect;
mod make;
mod serve;
mod tools;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::view::TableView;

/// Heads the options that every verb has.
const EVERYWHERE: &str = "Options of every verb";

pub(super) use control::{Control, Retry};
pub(super) use files::{Export, Import};
pub(super) use inspect::{Analyze, Best, Diff, List, Logs, Rerun, Show, Status, Trials};
pub(super) use make::{Check, Finalize, Init, Run, Sample, Sampled, Start};
pub(super) use serve::{Log, Server};
pub(super) use tools::{Completions, Doctor, Man, Models, Promote, Shell, Verify};

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
    Verify(Verify),
    /// Register a trial's model in MLflow and set an alias
    Promote(Promote),
    /// List registered models: versions, aliases, their trials
    Models(Models),
    /// Check the tracking store, this machine and this directory
    Doctor(Doctor),
    /// Print a shell script that completes verbs, sweeps and trials
    Completions(Completions),
    /// Print the manual, or write a page for each verb
    Man(Man),
}

impl Verb {
    /// How its tables are shown.
    pub(super) fn view(&self) -> TableView {
        match self {
            Self::List(typed) => typed.table.view(),
            Self::Trials(typed) => typed.table.view(),
            Self::Best(typed) => typed.table.view(),
            Self::Models(typed) => typed.table.view(),
            Self::Status(typed) => typed.wide.view(),
            Self::Show(typed) => typed.wide.view(),
            Self::Diff(typed) => typed.wide.view(),
            Self::Rerun(typed) => typed.wide.view(),
            Self::Analyze(typed) => TableView::of_format(typed.answer.format),
            Self::Finalize(typed) => TableView::of_format(typed.answer.format),
            Self::Start(typed) => TableView::of_format(typed.format),
            _ => TableView::default(),
        }
    }
}
