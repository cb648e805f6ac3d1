//! The grammar of the command line.

mod ask;
pub(super) mod common;
mod control;
mod engines;
mod files;
mod inspect;
mod launch;
mod make;
mod serve;
mod tools;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::view::TableView;

/// Heads the options that every verb has.
const EVERYWHERE: &str = "Options of every verb";

pub(super) use ask::{TypedAsk, TypedTell};
pub(super) use control::{TypedControl, TypedDelete, TypedEdit, TypedRename, TypedRetry, TypedStop};
pub(super) use files::{TypedExport, TypedImport};
pub(super) use inspect::{
    TypedAnalyze, TypedBest, TypedConfirm, TypedDiff, TypedList, TypedLogs, TypedRerun, TypedShow,
    TypedStatus, TypedTrials,
};
pub(super) use launch::{LaunchOrder, TypedLaunch, TypedLaunches};
pub(super) use make::{
    SampleRequest, TypedCheck, TypedFinalize, TypedInit, TypedNew, TypedReport, TypedRun, TypedSample,
    TypedStart,
};
pub(super) use serve::{ServerOrder, TypedLog, TypedServer, TypedUi};
pub(super) use tools::{
    Shell, TypedCompletions, TypedDoctor, TypedMan, TypedModels, TypedPromote, TypedVerify,
};

/// Hyperparameter sweeps on top of MLflow tracking.
#[derive(Debug, Parser)]
#[command(name = "sweep", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done · 1 trials failed or nothing to analyse · 2 usage or config · \
                        3 tracking store · \
                        4 no trial left · 75 try again later · 128+n ended by signal n")]
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
    /// Write a first sweep file: from a script's --help, or an example
    New(TypedNew),
    /// Create a sweep: a parent run with the config as its artifact
    Init(TypedInit),
    /// Run trials until none is left
    #[command(visible_alias = "agent")]
    Run(TypedRun),
    /// Analyse and end a sweep; save tables, plots and a report
    Finalize(TypedFinalize),
    /// Print where the report is, or open it; works while agents run
    Report(TypedReport),
    /// Do all three: init, run, finalize
    Start(TypedStart),
    /// Report which parameters matter: in a sweep, any runs, a CSV file
    Analyze(TypedAnalyze),
    /// Write a sweep as plain files: params, metrics, artifacts
    Export(TypedExport),
    /// Import runs: an export, or what W&B, Optuna, Ray, Neptune wrote
    Import(TypedImport),
    /// List all sweeps: state, trials, best
    #[command(visible_alias = "ls")]
    List(TypedList),
    /// Show progress: trials, best value, agents, time left
    Status(TypedStatus),
    /// List the trials of a sweep, sorted and filtered
    Trials(TypedTrials),
    /// Print the best trials; `--as command` prints the winner's command
    Best(TypedBest),
    /// Show everything about one trial
    Show(TypedShow),
    /// Compare two trials, of one sweep or of two
    Diff(TypedDiff),
    /// Run the best points again with new seeds: which is the best?
    Confirm(TypedConfirm),
    /// Re-run a trial with other seeds; the sweep counts it once
    Rerun(TypedRerun),
    /// Print the output of a trial, also while it runs
    Logs(TypedLogs),
    /// Stop: finish running trials, then end all agents
    Stop(TypedStop),
    /// Cancel: end running trials and all agents
    Cancel(TypedControl),
    /// Pause: finish running trials, start no new ones
    Pause(TypedControl),
    /// Resume a paused or stopped sweep
    Resume(TypedControl),
    /// Re-run finished trials
    Retry(TypedRetry),
    /// Edit the config of a sweep, also while its agents run
    Edit(TypedEdit),
    /// Give a sweep another name
    Rename(TypedRename),
    /// Delete sweeps, or restore them
    #[command(visible_alias = "rm")]
    Delete(TypedDelete),
    /// Run agents on Slurm, Kubernetes, ssh hosts and others
    Launch(TypedLaunch),
    /// List the launches of a sweep: engine, job, agents alive
    Launches(TypedLaunches),
    /// Claim a trial that your own program runs: print its command
    Ask(TypedAsk),
    /// Report how a trial of `sweep ask` came out
    Tell(TypedTell),
    /// Inside a trial: log metrics, params, tags, files without a client
    Log(TypedLog),
    /// Show sweeps in the browser, live
    Ui(TypedUi),
    /// Serve a database file to MLflow's clients, without Python
    Server(TypedServer),
    /// Check a config: all its errors at once, or what it would run
    Check(TypedCheck),
    /// Show the trials that a config would run
    Sample(TypedSample),
    /// Show what has changed since a trial ran, and how to get back
    Verify(TypedVerify),
    /// Register a trial's model in MLflow and set an alias
    Promote(TypedPromote),
    /// List registered models: versions, aliases, their trials
    Models(TypedModels),
    /// Check the tracking store, this machine and this directory
    Doctor(TypedDoctor),
    /// Print a shell script that completes verbs, sweeps and trials
    Completions(TypedCompletions),
    /// Print the manual, or write a page for each verb
    Man(TypedMan),
}

impl Verb {
    /// How its tables are shown.
    pub(super) fn view(&self) -> TableView {
        match self {
            Self::List(typed) => typed.table.view(),
            Self::Trials(typed) => typed.table.view(),
            Self::Best(typed) => typed.table.view(),
            Self::Models(typed) => typed.table.view(),
            Self::Launches(typed) => typed.table.view(),
            Self::Status(typed) => typed.wide.view(),
            Self::Show(typed) => typed.wide.view(),
            Self::Diff(typed) => typed.wide.view(),
            Self::Confirm(typed) => typed.wide.view(),
            Self::Rerun(typed) => typed.wide.view(),
            Self::Analyze(typed) => TableView::of_format(typed.answer.format),
            Self::Finalize(typed) => TableView::of_format(typed.answer.format),
            Self::Start(typed) => TableView::of_format(typed.format),
            _ => TableView::default(),
        }
    }
}
