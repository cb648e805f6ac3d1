//! Arguments of the server and of `sweep log`.

use crate::cli::complete;
use crate::commands::SweepChoice;
use crate::commands::backup::BackupArgs;
use crate::commands::log::{LogArgs, LogCommand};
use crate::commands::server::{MlflowUi, ServerArgs};
use crate::commands::ui::UiArgs;
use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

/// Log to the run of a trial.
///
/// In a trial's command `sweep run` has set MLFLOW_RUN_ID and MLFLOW_TRACKING_URI; nothing else is needed.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedLog {
    #[command(subcommand)]
    what: LogWhat,
    /// The run [default: $MLFLOW_RUN_ID, which is set in a trial]
    #[arg(long, global = true, value_name = "ID")]
    run_id: Option<String>,
}

#[derive(Debug, Subcommand)]
enum LogWhat {
    /// Log values of metrics: NAME VALUE, or NAME=VALUE as often as you like
    Metric {
        #[command(flatten)]
        words: TypedPairs,
        /// The step that they belong to
        #[arg(long, default_value_t = 0, allow_negative_numbers = true, value_name = "N")]
        step: i64,
        /// When they were measured, in epoch milliseconds [default: now]
        #[arg(long, value_name = "MS", value_parser = clap::value_parser!(i64).range(0..))]
        timestamp: Option<i64>,
    },
    /// Log many values at once, a JSON object a line: {"loss": 0.3, "acc": 0.9, "step": 7}
    Metrics {
        /// A file of such lines [default: stdin]
        file: Option<PathBuf>,
    },
    /// Log params, each of them once: NAME VALUE, or NAME=VALUE as often as you like
    #[command(visible_alias = "params")]
    Param {
        #[command(flatten)]
        words: TypedPairs,
    },
    /// Set tags: NAME VALUE, or NAME=VALUE as often as you like
    #[command(visible_alias = "tags")]
    Tag {
        #[command(flatten)]
        words: TypedPairs,
    },
    /// Save files and folders among the run's artifacts
    #[command(visible_alias = "artifacts")]
    Artifact {
        /// Files and folders
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// The folder to save them in [default: the run's own]
        #[arg(long, value_name = "FOLDER")]
        to: Option<String>,
    },
}

/// A name and a value, or equations. Three arguments, as a value may begin with a hyphen and options may follow it.
#[derive(Debug, ClapArgs)]
struct TypedPairs {
    /// A name, or NAME=VALUE
    #[arg(value_name = "NAME[=VALUE]")]
    first: String,
    /// Its value, or NAME=VALUE
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    second: Option<String>,
    /// Further NAME=VALUE
    #[arg(value_name = "NAME=VALUE")]
    more: Vec<String>,
}

impl From<TypedPairs> for Vec<String> {
    fn from(typed: TypedPairs) -> Self {
        std::iter::once(typed.first).chain(typed.second).chain(typed.more).collect()
    }
}

impl From<TypedLog> for LogArgs {
    fn from(typed: TypedLog) -> Self {
        let what = match typed.what {
            LogWhat::Metric { words, step, timestamp } => {
                LogCommand::Metric { words: words.into(), step, timestamp }
            }
            LogWhat::Metrics { file } => LogCommand::Metrics { file },
            LogWhat::Param { words } => LogCommand::Param(words.into()),
            LogWhat::Tag { words } => LogCommand::Tag(words.into()),
            LogWhat::Artifact { paths, to } => LogCommand::Artifact { paths, to },
        };
        Self { run: typed.run_id, what }
    }
}

/// Show sweeps in the browser, live, while agents run and after.
///
/// All sweeps of the store, a database file or a tracking server, or one of them. The page is served on this machine alone; its
/// address is printed on stdout.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedUi {
    /// The sweep to show: its id, a prefix of it, or its name [default: the list of all]
    #[arg(value_name = "SWEEP", add = complete::sweeps())]
    sweep: Option<String>,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// The address to listen on, one of this machine alone
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: String,
    /// The port [default: any that is free]
    #[arg(short, long, default_value_t = 0, hide_default_value = true, value_name = "PORT")]
    port: u16,
    /// Let the page pause, resume, stop and cancel sweeps, and retry trials; without it the page only reads
    #[arg(long)]
    allow_control: bool,
}

impl From<TypedUi> for UiArgs {
    fn from(typed: TypedUi) -> Self {
        let TypedUi { sweep, open, host, port, allow_control } = typed;
        Self { sweep: SweepChoice(sweep), host, port, open, allow_control }
    }
}

/// Serve a database file to MLflow's clients, without Python.
///
/// Options are named as those of `mlflow server`, which opens the same file. The URL is printed on stdout; in a browser it
/// shows the live page of `sweep ui`.
///
/// Other addresses than this machine's own need a login, which clients send as basic auth (MLFLOW_TRACKING_USERNAME,
/// MLFLOW_TRACKING_PASSWORD) or bearer token (MLFLOW_TRACKING_TOKEN). The server takes it from SWEEP_SERVER_USERNAME and
/// SWEEP_SERVER_PASSWORD, from SWEEP_SERVER_TOKEN, or from --login-file.
#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct TypedServer {
    #[command(subcommand)]
    instead: Option<TypedServerVerb>,
    /// The address to listen on; 0.0.0.0 for all of this machine
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: String,
    /// The port; 0 for any that is free
    #[arg(short, long, default_value_t = 5000, value_name = "PORT")]
    port: u16,
    /// The database [default: --tracking-uri, else $MLFLOW_TRACKING_URI, else sqlite:///mlflow.db]
    #[arg(long, value_name = "sqlite:///FILE")]
    backend_store_uri: Option<String>,
    /// The folder for files that clients send [default: mlartifacts beside the database]
    #[arg(long, value_name = "FOLDER")]
    artifacts_destination: Option<String>,
    /// Where files of new experiments go [default: to this server, as mlflow-artifacts:]
    #[arg(long, value_name = "URI")]
    default_artifact_root: Option<String>,
    /// The names it may be called by, with commas and * [default: this machine's and private addresses;
    /// $MLFLOW_SERVER_ALLOWED_HOSTS]
    #[arg(long, value_name = "HOST,…")]
    allowed_hosts: Option<String>,
    /// Web pages elsewhere that may use it, with commas and * [default: pages of this machine;
    /// $MLFLOW_SERVER_CORS_ALLOWED_ORIGINS]
    #[arg(long, value_name = "ORIGIN,…")]
    cors_allowed_origins: Option<String>,
    /// Logins, one a line: `name:password` or `token SECRET`
    #[arg(long, value_name = "FILE")]
    login_file: Option<PathBuf>,
    /// Let the live page pause, resume, stop and cancel sweeps, and retry trials; without it the page only reads
    #[arg(long)]
    allow_control: bool,
    /// Serve MLflow's own web pages, too, at /mlflow/: those of the mlflow package that python3 has, or of a folder
    /// with the package or its virtual environment
    #[arg(long, value_name = "FOLDER", num_args = 0..=1)]
    mlflow_ui: Option<Option<PathBuf>>,
}

#[derive(Debug, Subcommand)]
enum TypedServerVerb {
    /// Copy a database file as it is now, while servers and agents write to it
    Backup {
        /// The file to write; it may not be there yet
        #[arg(value_name = "FILE")]
        to: PathBuf,
        /// The database [default: --tracking-uri, else $MLFLOW_TRACKING_URI, else sqlite:///mlflow.db]
        #[arg(long, value_name = "sqlite:///FILE")]
        backend_store_uri: Option<String>,
    },
}

/// What is asked of `sweep server`.
pub(in crate::cli) enum ServerOrder {
    /// To serve.
    Serve(ServerArgs),
    /// To copy the file.
    Backup(BackupArgs),
}

impl From<TypedServer> for ServerOrder {
    fn from(typed: TypedServer) -> Self {
        if let Some(TypedServerVerb::Backup { to, backend_store_uri }) = typed.instead {
            return Self::Backup(BackupArgs { backend_store_uri, to });
        }
        Self::Serve(ServerArgs {
            host: typed.host,
            port: typed.port,
            backend_store_uri: typed.backend_store_uri,
            artifacts_destination: typed.artifacts_destination,
            default_artifact_root: typed.default_artifact_root,
            allowed_hosts: typed.allowed_hosts,
            cors_allowed_origins: typed.cors_allowed_origins,
            login_file: typed.login_file,
            allow_control: typed.allow_control,
            mlflow_ui: match typed.mlflow_ui {
                None => MlflowUi::None,
                Some(None) => MlflowUi::OfPython,
                Some(Some(folder)) => MlflowUi::In(folder),
            },
        })
    }
}
