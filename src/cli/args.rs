//! The grammar of the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use super::complete;
use super::tools;
use crate::commands::analyze::{AnalyzeArgs, AnswerFormat, Source};
use crate::commands::best::BestArgs;
use crate::commands::check::CheckArgs;
use crate::commands::diff::DiffArgs;
use crate::commands::export::ExportArgs;
use crate::commands::finalize::{Conclusion, FinalizeArgs, Format};
use crate::commands::import::ImportArgs;
use crate::commands::init::InitArgs;
use crate::commands::list::ListArgs;
use crate::commands::log::{LogArgs, Logged};
use crate::commands::logs::LogsArgs;
use crate::commands::replay::ReplayArgs;
use crate::commands::rerun::RerunArgs;
use crate::commands::retry::RetryArgs;
use crate::commands::run::{RunArgs, WorkArgs};
use crate::commands::sample::SampleArgs;
use crate::commands::server::ServerArgs;
use crate::commands::show::ShowArgs;
use crate::commands::start::StartArgs;
use crate::commands::status::StatusArgs;
use crate::commands::trials::TrialsArgs;
use crate::commands::{Exit, Failure, Pin, Spelling, SweepChoice, TrialChoice};
use crate::config;

/// Heads the options that every verb has.
const EVERYWHERE: &str = "Options of every verb";

/// Hyperparameter sweeps on top of MLflow tracking.
#[derive(Debug, Parser)]
#[command(name = "sweep", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done · 1 trials failed or nothing to analyse · 2 usage or config · \
                        3 tracking store · 130/143 ended by a signal")]
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

#[derive(Debug, ClapArgs)]
pub(super) struct Init {
    /// The sweep file
    config: PathBuf,
    /// An old sweep whose trials the method is to know: its id, a folder of `sweep export`, or a CSV file (repeatable)
    #[arg(long = "prior", value_name = "ID|DIR|CSV")]
    priors: Vec<String>,
}

impl From<Init> for InitArgs {
    fn from(typed: Init) -> Self {
        Self { config: typed.config, priors: typed.priors }
    }
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

#[derive(Debug, ClapArgs)]
pub(super) struct List {
    /// The newest N only
    #[arg(short = 'n', long = "number", value_name = "N")]
    most: Option<usize>,
    /// How the list is printed
    #[arg(long, value_enum, default_value = "table")]
    format: TypedAnswerFormat,
}

impl From<List> for ListArgs {
    fn from(typed: List) -> Self {
        Self { most: typed.most, format: typed.format.into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Status {
    #[command(flatten)]
    which: Which,
    /// Go on until the sweep is over: drawn anew on a terminal, a line a change elsewhere
    #[arg(short, long)]
    watch: bool,
    /// How it is printed
    #[arg(long, value_enum, default_value = "table")]
    format: TypedAnswerFormat,
}

impl From<Status> for StatusArgs {
    fn from(typed: Status) -> Self {
        Self { sweep: typed.which.into(), watch: typed.watch, format: typed.format.into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Trials {
    #[command(flatten)]
    which: Which,
    /// Sort by a parameter, a metric, or one of: trial, status, duration, attempt, exit_code, agent, host
    /// [default: trial; with --top the sweep's metric]
    #[arg(long, value_name = "NAME")]
    sort: Option<String>,
    /// The largest first
    #[arg(long)]
    desc: bool,
    /// Only trials for which this holds: "lr < 0.01 and status = 'FINISHED'"
    #[arg(long = "where", value_name = "EXPR")]
    filter: Option<String>,
    /// The first N only; without --sort the best
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// How the trials are printed
    #[arg(long, value_enum, default_value = "table")]
    format: TypedAnswerFormat,
}

impl From<Trials> for TrialsArgs {
    fn from(typed: Trials) -> Self {
        let Trials { which, sort, desc, filter, top, format } = typed;
        Self { sweep: which.into(), sort, desc, filter, top, format: format.into() }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TypedSpelling {
    Command,
    Args,
    Env,
    Json,
    Yaml,
}

impl From<TypedSpelling> for Spelling {
    fn from(typed: TypedSpelling) -> Self {
        match typed {
            TypedSpelling::Command => Self::Command,
            TypedSpelling::Args => Self::Args,
            TypedSpelling::Env => Self::Env,
            TypedSpelling::Json => Self::Json,
            TypedSpelling::Yaml => Self::Yaml,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Best {
    #[command(flatten)]
    which: Which,
    /// How many
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    number: u32,
    /// Print them for another program: `sh -c "$(sweep best --as command)"` runs the winner
    #[arg(long = "as", value_enum, value_name = "FORM", conflicts_with = "format")]
    spelling: Option<TypedSpelling>,
    #[command(flatten)]
    answer: Answer,
}

impl From<Best> for BestArgs {
    fn from(typed: Best) -> Self {
        let Answer { metric, goal, format } = typed.answer;
        Self {
            sweep: typed.which.into(),
            number: usize::try_from(typed.number).unwrap_or(usize::MAX),
            metric,
            goal: goal.map(Into::into),
            spelling: typed.spelling.map(Into::into),
            format: format.into(),
        }
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

#[derive(Debug, ClapArgs)]
pub(super) struct Show {
    #[command(flatten)]
    which: WhichTrial,
    /// How the trial is printed
    #[arg(long, value_enum, default_value = "table")]
    format: TypedAnswerFormat,
}

impl From<Show> for ShowArgs {
    fn from(typed: Show) -> Self {
        Self { trial: typed.which.into(), format: typed.format.into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Diff {
    /// A trial: its number, its run id or the beginning of one, SWEEP:TRIAL, or `best`
    #[arg(value_name = "A")]
    a: String,
    /// Another
    #[arg(value_name = "B")]
    b: String,
    /// The sweep of trials that are named by number [default: the one last initialised in this directory, else the
    /// newest]
    #[arg(long = "sweep-id", value_name = "ID")]
    sweep_id: Option<String>,
    /// How the difference is printed
    #[arg(long, value_enum, default_value = "table")]
    format: TypedAnswerFormat,
}

impl From<Diff> for DiffArgs {
    fn from(typed: Diff) -> Self {
        Self { sweep: SweepChoice(typed.sweep_id), a: typed.a, b: typed.b, format: typed.format.into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Rerun {
    #[command(flatten)]
    which: WhichTrial,
    /// How often, each time with another seed
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    seeds: u32,
    /// Time a command has to end before it is killed [default: `grace` of the config, else 30s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    grace: Option<Duration>,
    /// Refuse to run unless the sweep's config has this SHA-256
    #[arg(long, value_name = "HEX")]
    expect_sha256: Option<String>,
    /// How the outcome is printed
    #[arg(long, value_enum, default_value = "table")]
    format: TypedAnswerFormat,
}

impl From<Rerun> for RerunArgs {
    fn from(typed: Rerun) -> Self {
        Self {
            trial: typed.which.into(),
            seeds: typed.seeds,
            grace: typed.grace,
            pin: typed.expect_sha256.map_or(Pin::Remembered, Pin::Sha256),
            format: typed.format.into(),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Logs {
    #[command(flatten)]
    which: WhichTrial,
    /// Go on until the trial is over
    #[arg(short, long)]
    follow: bool,
}

impl From<Logs> for LogsArgs {
    fn from(typed: Logs) -> Self {
        Self { trial: typed.which.into(), follow: typed.follow }
    }
}

/// How trials are run.
#[derive(Debug, ClapArgs)]
struct Work {
    /// Trials side by side [default: the number of GPUs with --gpus, else 1]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Give each trial a GPU of its own (CUDA_VISIBLE_DEVICES): `auto`, or their numbers
    #[arg(long, value_name = "auto|0,1,…")]
    gpus: Option<String>,
    /// End after N trials
    #[arg(short = 'n', long, value_name = "N")]
    count: Option<u64>,
    /// End after N failures in a row
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_failures: u32,
    /// Try a trial that failed again, up to N times [default: `retries` of the config, else 0]
    #[arg(long, value_name = "N")]
    retries: Option<u32>,
    /// Time a command has to end before it is killed [default: `grace` of the config, else 30s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    grace: Option<Duration>,
    /// Take a trial over from an agent that has shown no sign of life for so long
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    lease: Duration,
    /// End once nothing is left to start, without waiting for the trials of other agents
    #[arg(long)]
    no_wait: bool,
    /// Stop no trial early (`early_terminate`): only say, and tag, which would have been stopped, and when
    #[arg(long)]
    shadow: bool,
}

impl From<Work> for WorkArgs {
    fn from(typed: Work) -> Self {
        Self {
            jobs: typed.jobs.map(usize::from),
            gpus: typed.gpus,
            pin: Pin::default(),
            count: typed.count,
            max_failures: typed.max_failures,
            lease: typed.lease,
            grace: typed.grace,
            retries: typed.retries,
            wait: !typed.no_wait,
            shadow: typed.shadow,
        }
    }
}

/// A duration as the config writes it.
fn duration(text: &str) -> Result<Duration, String> {
    config::parse_duration(text)
        .ok_or_else(|| "write a number and a unit: 500ms, 90s, 5m, 2h or 1d".to_owned())
}

#[derive(Debug, ClapArgs)]
pub(super) struct Run {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    work: Work,
    /// Refuse to run unless the sweep's config is this file
    #[arg(long, value_name = "FILE", conflicts_with = "expect_sha256")]
    config: Option<PathBuf>,
    /// Refuse to run unless the sweep's config has this SHA-256
    #[arg(long, value_name = "HEX")]
    expect_sha256: Option<String>,
}

impl From<Run> for RunArgs {
    fn from(typed: Run) -> Self {
        let pin = match (typed.config, typed.expect_sha256) {
            (Some(file), _) => Pin::File(file),
            (None, Some(hex)) => Pin::Sha256(hex),
            (None, None) => Pin::Remembered,
        };
        Self { sweep: typed.which.into(), work: WorkArgs { pin, ..typed.work.into() } }
    }
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

#[derive(Debug, ClapArgs)]
pub(super) struct Finalize {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    answer: Answer,
    /// Save the analysis, but leave the sweep open: agents go on, of a stopped or finished sweep too
    #[arg(long)]
    reopen: bool,
    /// Save the plots as PNG, too
    #[arg(long)]
    png: bool,
}

impl From<Finalize> for FinalizeArgs {
    fn from(typed: Finalize) -> Self {
        let Answer { metric, goal, format } = typed.answer;
        let conclusion = Conclusion {
            metric,
            goal: goal.map(Into::into),
            format: format.into(),
            reopen: typed.reopen,
            png: typed.png,
        };
        Self { sweep: typed.which.into(), conclusion }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Analyze {
    #[command(flatten)]
    which: Which,
    /// The runs of this experiment instead of a sweep's
    #[arg(long, value_name = "NAME", conflicts_with_all = ["sweep_id", "sweep"], requires = "metric")]
    experiment: Option<String>,
    /// Which of its runs, in MLflow's search language: "params.model = 'a' and metrics.loss < 1"
    #[arg(
        long,
        value_name = "FILTER",
        requires = "experiment",
        default_value = "",
        hide_default_value = true
    )]
    filter: String,
    /// A file with a row a run instead (-: stdin); columns `run` and `status` are understood
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sweep_id", "sweep", "experiment"], requires = "metric")]
    csv: Option<PathBuf>,
    /// Parameters whose logarithm counts; with --experiment or --csv (a sweep knows its own)
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', conflicts_with_all = ["sweep_id", "sweep"])]
    log: Vec<String>,
    #[command(flatten)]
    answer: Answer,
}

impl From<Analyze> for AnalyzeArgs {
    fn from(typed: Analyze) -> Self {
        let source = match (typed.experiment, typed.csv) {
            (Some(name), _) => Source::Experiment { name, filter: typed.filter },
            (None, Some(file)) => Source::File(file),
            (None, None) => Source::Sweep(typed.which.into()),
        };
        let Answer { metric, goal, format } = typed.answer;
        Self { source, metric, goal: goal.map(Into::into), log: typed.log, format: format.into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Export {
    /// The folder: new, empty, or an earlier export of the same sweep
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Id of the sweep, a unique beginning of it, or its name [default: the one last initialised in this directory,
    /// else the newest]
    #[arg(long, value_name = "ID")]
    sweep_id: Option<String>,
    /// Add trials as they end, until the sweep is over or Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// Leave the artifacts out
    #[arg(long)]
    no_artifacts: bool,
    /// Read again what is in the folder already and seems unchanged
    #[arg(long)]
    refresh: bool,
}

impl From<Export> for ExportArgs {
    fn from(typed: Export) -> Self {
        Self {
            sweep: SweepChoice(typed.sweep_id),
            folder: typed.folder,
            artifacts: !typed.no_artifacts,
            follow: typed.follow,
            refresh: typed.refresh,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Import {
    /// A folder that `sweep export` wrote, or a CSV file with a header and a row a run
    #[arg(value_name = "DIR|CSV")]
    from: PathBuf,
    /// The experiment that is to hold it [default: as the folder says; of a CSV file: Default]
    #[arg(long, value_name = "NAME")]
    experiment: Option<String>,
    /// Leave the artifacts out
    #[arg(long)]
    no_artifacts: bool,
    /// Of a CSV file: the name of the sweep [default: the file's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Of a CSV file: the column of the metric
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// Of a CSV file: what is better
    #[arg(long, value_enum)]
    goal: Option<TypedGoal>,
    /// Of a CSV file: the columns of the params [default: all that are not known to be something else]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    params: Vec<String>,
}

impl From<Import> for ImportArgs {
    fn from(typed: Import) -> Self {
        Self {
            from: typed.from,
            experiment: typed.experiment,
            artifacts: !typed.no_artifacts,
            name: typed.name,
            metric: typed.metric,
            goal: typed.goal.map(Into::into),
            params: typed.params,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Start {
    /// The sweep file
    config: PathBuf,
    #[command(flatten)]
    work: Work,
    /// How the analysis is printed
    #[arg(long, value_enum, default_value = "table")]
    format: TypedAnswerFormat,
}

impl From<Start> for StartArgs {
    fn from(typed: Start) -> Self {
        Self { config: typed.config, work: typed.work.into(), format: typed.format.into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Check {
    /// The sweep file
    #[arg(required_unless_present = "schema")]
    config: Option<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value = "table")]
    format: TypedFormat,
    /// Print a JSON Schema of sweep files, for editors
    #[arg(long, conflicts_with = "config")]
    schema: bool,
}

impl Check {
    /// What is to be checked; `None`: the schema is wanted.
    pub(super) fn file(self) -> Option<CheckArgs> {
        let format = self.format.into();
        self.config.map(|config| CheckArgs { config, format })
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Sample {
    /// The sweep file
    #[arg(required_unless_present = "replay")]
    config: Option<PathBuf>,
    /// Make the proposal of a trial of this sweep again, from what it was made from then
    #[arg(long, value_name = "ID", requires = "trial", conflicts_with_all = ["config", "number", "from", "seed"])]
    replay: Option<String>,
    /// The trial that is proposed again
    #[arg(long, value_name = "K", requires = "replay")]
    trial: Option<u64>,
    /// How many points
    #[arg(short = 'n', long, default_value_t = 10, value_name = "N")]
    number: u64,
    /// The first trial
    #[arg(long, default_value_t = 0, value_name = "K")]
    from: u64,
    /// The seed [default: the config's, else 0]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// How points are printed; json: an object a line
    #[arg(long, value_enum, default_value = "table")]
    format: TypedFormat,
}

/// What `sweep sample` is to show.
pub(super) enum Sampled {
    /// Points of a config.
    Points(SampleArgs),
    /// A trial's proposal, made again.
    Again(ReplayArgs),
}

impl From<Sample> for Sampled {
    fn from(typed: Sample) -> Self {
        let format = typed.format.into();
        match typed.replay {
            Some(sweep) => Self::Again(ReplayArgs {
                sweep: SweepChoice(Some(sweep)),
                trial: typed.trial.unwrap_or_default(),
                format,
            }),
            None => Self::Points(SampleArgs {
                config: typed.config.unwrap_or_default(),
                number: typed.number,
                from: typed.from,
                seed: typed.seed,
                format,
            }),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Control {
    #[command(flatten)]
    which: Which,
}

impl From<Control> for SweepChoice {
    fn from(typed: Control) -> Self {
        typed.which.into()
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Retry {
    /// Id of the sweep, a unique beginning of it, or its name
    #[arg(long, value_name = "ID", add = complete::sweeps())]
    sweep_id: Option<String>,
    /// All trials that failed
    #[arg(long)]
    failed: bool,
    /// All trials that were killed, but those that were stopped early
    #[arg(long)]
    killed: bool,
    /// Numbers of trials; what comes first and is no number names the sweep
    #[arg(value_name = "TRIAL", add = complete::trials())]
    trials: Vec<String>,
}

impl TryFrom<Retry> for RetryArgs {
    type Error = Failure;

    fn try_from(typed: Retry) -> Result<Self, Failure> {
        let mut sweep = typed.sweep_id;
        let mut trials = Vec::new();
        for (place, text) in typed.trials.into_iter().enumerate() {
            match text.parse() {
                Ok(number) => trials.push(number),
                Err(_) if place == 0 && sweep.is_none() => sweep = Some(text),
                Err(_) => {
                    return Err(Failure::new(Exit::Usage, format!("`{text}` is not the number of a trial")));
                }
            }
        }
        Ok(Self { sweep: SweepChoice(sweep), failed: typed.failed, killed: typed.killed, trials })
    }
}

/// Log to the run of a trial.
///
/// In a trial's command `sweep run` has set MLFLOW_RUN_ID and MLFLOW_TRACKING_URI; nothing else is needed.
#[derive(Debug, ClapArgs)]
pub(super) struct Log {
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
        words: Words,
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
        words: Words,
    },
    /// Set tags: NAME VALUE, or NAME=VALUE as often as you like
    #[command(visible_alias = "tags")]
    Tag {
        #[command(flatten)]
        words: Words,
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
struct Words {
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

impl From<Words> for Vec<String> {
    fn from(typed: Words) -> Self {
        std::iter::once(typed.first).chain(typed.second).chain(typed.more).collect()
    }
}

impl From<Log> for LogArgs {
    fn from(typed: Log) -> Self {
        let what = match typed.what {
            LogWhat::Metric { words, step, timestamp } => {
                Logged::Metric { words: words.into(), step, timestamp }
            }
            LogWhat::Metrics { file } => Logged::Metrics { file },
            LogWhat::Param { words } => Logged::Param(words.into()),
            LogWhat::Tag { words } => Logged::Tag(words.into()),
            LogWhat::Artifact { paths, to } => Logged::Artifact { paths, to },
        };
        Self { run: typed.run_id, what }
    }
}

/// Serve a database file to MLflow's clients, without Python.
///
/// Options are named as those of `mlflow server`, which opens the same file. The URL is printed on stdout.
///
/// Other addresses than this machine's own need a login, which clients send as basic auth (MLFLOW_TRACKING_USERNAME,
/// MLFLOW_TRACKING_PASSWORD) or bearer token (MLFLOW_TRACKING_TOKEN). The server takes it from SWEEP_SERVER_USERNAME and
/// SWEEP_SERVER_PASSWORD, from SWEEP_SERVER_TOKEN, or from --login-file.
#[derive(Debug, ClapArgs)]
pub(super) struct Server {
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
}

impl From<Server> for ServerArgs {
    fn from(typed: Server) -> Self {
        Self {
            host: typed.host,
            port: typed.port,
            backend_store_uri: typed.backend_store_uri,
            artifacts_destination: typed.artifacts_destination,
            default_artifact_root: typed.default_artifact_root,
            allowed_hosts: typed.allowed_hosts,
            cors_allowed_origins: typed.cors_allowed_origins,
            login_file: typed.login_file,
        }
    }
}
