//! Arguments of the verbs that look at sweeps and trials, compare them and repeat them.

use super::common::{AnswerArgs, ObjectiveArgs, WhichSweep, WhichTrial, duration};
use crate::cli::view::{TableArgs, WideOutput};
use crate::commands::analyze::{AnalysisSource, AnalyzeArgs};
use crate::commands::best::{BestArgs, FrontChoice};
use crate::commands::confirm::ConfirmArgs;
use crate::commands::diff::DiffArgs;
use crate::commands::list::ListArgs;
use crate::commands::logs::LogsArgs;
use crate::commands::rerun::RerunArgs;
use crate::commands::show::ShowArgs;
use crate::commands::status::StatusArgs;
use crate::commands::trials::TrialsArgs;
use crate::commands::{Output, Pin, SweepChoice, TrialForm};
use clap::{Args as ClapArgs, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedList {
    /// The newest N only
    #[arg(short = 'n', long = "number", visible_alias = "top", value_name = "N")]
    most: Option<usize>,
    #[command(flatten)]
    pub(super) table: TableArgs,
}

impl From<TypedList> for ListArgs {
    fn from(typed: TypedList) -> Self {
        Self { most: typed.most, format: typed.table.format().into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedStatus {
    #[command(flatten)]
    which: WhichSweep,
    /// Follow until the sweep ends: redrawn on a terminal, with keys (? lists them); a line per change elsewhere
    #[arg(short, long)]
    watch: bool,
    #[command(flatten)]
    pub(super) wide: WideOutput,
}

impl From<TypedStatus> for StatusArgs {
    fn from(typed: TypedStatus) -> Self {
        Self { sweep: typed.which.into(), watch: typed.watch, format: typed.wide.format.into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedTrials {
    #[command(flatten)]
    which: WhichSweep,
    /// Sort by a parameter, a metric, or one of: trial, status, duration, attempt, exit_code, agent, host
    /// [default: trial; with --top the sweep's metric]
    #[arg(long, value_name = "NAME")]
    sort: Option<String>,
    /// The largest first
    #[arg(long)]
    desc: bool,
    /// Only trials for which this holds: "lr < 0.01 and status = 'FINISHED'". A name that is no word stands in backticks:
    /// "`val/loss` < 0.5"; `params.` or `metrics.` before a name says which is meant
    #[arg(long = "where", value_name = "EXPR")]
    filter: Option<String>,
    /// The first N only; without --sort the best
    #[arg(short = 'n', long, visible_alias = "number", value_name = "N")]
    top: Option<usize>,
    /// Only the front: trials that no other one beats in all metrics, within the limits
    #[arg(long)]
    pareto: bool,
    #[command(flatten)]
    pub(super) table: TableArgs,
}

impl From<TypedTrials> for TrialsArgs {
    fn from(typed: TypedTrials) -> Self {
        let TypedTrials { which, sort, desc, filter, top, pareto, table } = typed;
        Self { sweep: which.into(), sort, desc, filter, top, pareto, format: table.format().into() }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TypedTrialForm {
    Command,
    Args,
    Env,
    Json,
    Yaml,
}

impl From<TypedTrialForm> for TrialForm {
    fn from(typed: TypedTrialForm) -> Self {
        match typed {
            TypedTrialForm::Command => Self::Command,
            TypedTrialForm::Args => Self::Args,
            TypedTrialForm::Env => Self::Env,
            TypedTrialForm::Json => Self::Json,
            TypedTrialForm::Yaml => Self::Yaml,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedBest {
    #[command(flatten)]
    which: WhichSweep,
    /// How many [default: 1; of a sweep with several metrics the whole front]
    #[arg(short, long, visible_alias = "top", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    number: Option<u32>,
    /// Of a front the trade-off that leans to no side
    #[arg(long, conflicts_with_all = ["number", "prefer"])]
    knee: bool,
    /// Of a front the trial that fits these weights best
    #[arg(long, value_name = "NAME=WEIGHT,…", value_delimiter = ',', value_parser = weight, conflicts_with = "number")]
    prefer: Vec<(String, f64)>,
    /// Print them for another program: `sh -c "$(sweep best --as command)"` runs the winner
    #[arg(long = "as", value_enum, value_name = "FORM", conflicts_with = "format")]
    spelling: Option<TypedTrialForm>,
    #[command(flatten)]
    objective: ObjectiveArgs,
    #[command(flatten)]
    pub(super) table: TableArgs,
}

/// `val_acc=0.7`: the name of a metric and a weight above 0.
fn weight(text: &str) -> Result<(String, f64), String> {
    let (name, weight) = text.rsplit_once('=').ok_or("expected NAME=WEIGHT, such as val_acc=0.7")?;
    let weight: f64 = weight.trim().parse().map_err(|_| format!("`{weight}` is not a number"))?;
    if !weight.is_finite() || weight <= 0.0 {
        return Err("a weight is a number above 0".to_owned());
    }
    Ok((name.trim().to_owned(), weight))
}

impl From<TypedBest> for BestArgs {
    fn from(typed: TypedBest) -> Self {
        let ObjectiveArgs { metric, goal } = typed.objective;
        Self {
            sweep: typed.which.into(),
            number: typed.number.map(|number| usize::try_from(number).unwrap_or(usize::MAX)),
            choice: match (typed.knee, typed.prefer) {
                (true, _) => FrontChoice::Knee,
                (false, weights) if weights.is_empty() => FrontChoice::All,
                (false, weights) => FrontChoice::Preferred(weights),
            },
            metric,
            goal: goal.map(Into::into),
            spelling: typed.spelling.map(Into::into),
            format: typed.table.format().into(),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedShow {
    #[command(flatten)]
    which: WhichTrial,
    #[command(flatten)]
    pub(super) wide: WideOutput,
}

impl From<TypedShow> for ShowArgs {
    fn from(typed: TypedShow) -> Self {
        Self { trial: typed.which.into(), format: typed.wide.format.into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedDiff {
    /// A trial: its number, its run id or a prefix of one, SWEEP:TRIAL, or `best`
    #[arg(value_name = "A")]
    a: String,
    /// Another
    #[arg(value_name = "B")]
    b: String,
    /// The sweep of trials that are named by number [default: the latest of this directory, else the newest]
    #[arg(long = "sweep-id", value_name = "ID")]
    sweep_id: Option<String>,
    #[command(flatten)]
    pub(super) wide: WideOutput,
}

impl From<TypedDiff> for DiffArgs {
    fn from(typed: TypedDiff) -> Self {
        Self { sweep: SweepChoice(typed.sweep_id), a: typed.a, b: typed.b, format: typed.wide.format.into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedConfirm {
    #[command(flatten)]
    which: WhichSweep,
    /// Number of points that are run again, the best of the search [default: 5]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=100))]
    top: Option<u16>,
    /// Number of runs in all; of a confirmation that is there, more of them [default: 20]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=100_000))]
    budget: Option<u64>,
    /// Begin another confirmation, with the best points as they are now
    #[arg(long)]
    again: bool,
    /// Parallel runs [default: the number of GPUs with --gpus, else 1]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Give each run a GPU of its own (CUDA_VISIBLE_DEVICES): `auto`, or their numbers
    #[arg(long, value_name = "auto|0,1,…")]
    gpus: Option<String>,
    /// Take over runs of an agent that has not reported for this time
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    lease: Duration,
    /// Time a command has to end before it is killed [default: `grace` of the config, else 30s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    grace: Option<Duration>,
    /// Refuse to run unless the sweep's config has this SHA-256
    #[arg(long, value_name = "HEX")]
    expect_sha256: Option<String>,
    #[command(flatten)]
    pub(super) wide: WideOutput,
}

impl From<TypedConfirm> for ConfirmArgs {
    fn from(typed: TypedConfirm) -> Self {
        Self {
            sweep: typed.which.into(),
            top: typed.top.map(usize::from),
            budget: typed.budget,
            again: typed.again,
            jobs: typed.jobs.map(usize::from),
            gpus: typed.gpus,
            lease: typed.lease,
            grace: typed.grace,
            output: Some(Output::None),
            pin: typed.expect_sha256.map_or(Pin::Remembered, Pin::Sha256),
            format: typed.wide.format.into(),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedRerun {
    #[command(flatten)]
    which: WhichTrial,
    /// Number of runs, each with another seed
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    seeds: u32,
    /// Time a command has to end before it is killed [default: `grace` of the config, else 30s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    grace: Option<Duration>,
    /// Refuse to run unless the sweep's config has this SHA-256
    #[arg(long, value_name = "HEX")]
    expect_sha256: Option<String>,
    #[command(flatten)]
    pub(super) wide: WideOutput,
}

impl From<TypedRerun> for RerunArgs {
    fn from(typed: TypedRerun) -> Self {
        Self {
            trial: typed.which.into(),
            seeds: typed.seeds,
            grace: typed.grace,
            pin: typed.expect_sha256.map_or(Pin::Remembered, Pin::Sha256),
            format: typed.wide.format.into(),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedLogs {
    #[command(flatten)]
    which: WhichTrial,
    /// Follow until the trial ends
    #[arg(short, long)]
    follow: bool,
}

impl From<TypedLogs> for LogsArgs {
    fn from(typed: TypedLogs) -> Self {
        Self { trial: typed.which.into(), follow: typed.follow }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedAnalyze {
    #[command(flatten)]
    which: WhichSweep,
    /// The runs of this experiment instead of a sweep's
    #[arg(long, value_name = "NAME", conflicts_with_all = ["sweep_id", "sweep"], requires = "metric")]
    experiment: Option<String>,
    /// Filter its runs, in MLflow's search language: "params.model = 'a' and metrics.loss < 1"
    #[arg(
        long,
        value_name = "FILTER",
        requires = "experiment",
        default_value = "",
        hide_default_value = true
    )]
    filter: String,
    /// A file with a row a run instead (-: stdin); columns `run` and `status` are read as such
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sweep_id", "sweep", "experiment"], requires = "metric")]
    csv: Option<PathBuf>,
    /// Parameters whose logarithm counts; with --experiment or --csv (a sweep knows its own)
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', conflicts_with_all = ["sweep_id", "sweep"])]
    log: Vec<String>,
    /// Only which trials fail, and where
    #[arg(long)]
    failures: bool,
    #[command(flatten)]
    pub(super) answer: AnswerArgs,
}

impl From<TypedAnalyze> for AnalyzeArgs {
    fn from(typed: TypedAnalyze) -> Self {
        let source = match (typed.experiment, typed.csv) {
            (Some(name), _) => AnalysisSource::Experiment { name, filter: typed.filter },
            (None, Some(file)) => AnalysisSource::File(file),
            (None, None) => AnalysisSource::Sweep(typed.which.into()),
        };
        let AnswerArgs { objective: ObjectiveArgs { metric, goal }, format } = typed.answer;
        Self {
            source,
            metric,
            goal: goal.map(Into::into),
            log: typed.log,
            failures: typed.failures,
            format: format.into(),
        }
    }
}
