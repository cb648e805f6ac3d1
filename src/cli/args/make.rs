//! Arguments of the verbs that make, run and conclude a sweep.

use super::common::{AnswerArgs, ObjectiveArgs, TypedAnswerFormat, TypedFormat, WhichSweep, duration, pin};
use crate::commands::check::CheckArgs;
use crate::commands::finalize::{Conclusion, FinalizeArgs};
use crate::commands::init::InitArgs;
use crate::commands::new::{DraftSource, NewArgs};
use crate::commands::replay::ReplayArgs;
use crate::commands::report::{MethodsFormat, ReportArgs};
use crate::commands::run::{Allocation, LaunchEngine, RunArgs, WorkArgs};
use crate::commands::sample::SampleArgs;
use crate::commands::start::StartArgs;
use crate::commands::{Delivery, Output, Pin, SweepChoice};
use clap::{Args as ClapArgs, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedInit {
    /// The sweep file [default: the only one of this directory]
    config: Option<PathBuf>,
    /// An old sweep whose trials the method learns from: its id, a folder of `sweep export`, or what `sweep import` reads
    /// of other programs (repeatable)
    #[arg(long = "prior", value_name = "ID|DIR|FILE")]
    priors: Vec<String>,
}

impl From<TypedInit> for InitArgs {
    fn from(typed: TypedInit) -> Self {
        Self { config: typed.config, priors: typed.priors }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedNew {
    /// The command that runs one trial, as you type it: it is run with --help, and never without
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// A file to start from: a W&B sweep, a config of a Hydra sweeper or of mlflow-sweeper, a script that calls Optuna
    #[arg(long, value_name = "FILE", conflicts_with = "command")]
    from: Option<PathBuf>,
    /// Write an example that runs as it stands: a script for sh and awk, its data, its sweep file
    #[arg(long, conflicts_with_all = ["command", "from"])]
    example: bool,
    /// The file to write (-: stdout) [default: sweep.yaml]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace what is there
    #[arg(long)]
    force: bool,
    /// Time the command has to print its help
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    timeout: Duration,
}

impl From<TypedNew> for NewArgs {
    fn from(typed: TypedNew) -> Self {
        let source = match (typed.from, typed.example, typed.command) {
            (Some(file), ..) => Some(DraftSource::File(file)),
            (None, true, _) => Some(DraftSource::Example),
            (None, false, command) if command.is_empty() => None,
            (None, false, command) => Some(DraftSource::Help(command)),
        };
        Self { source, output: typed.output, force: typed.force, timeout: typed.timeout }
    }
}

/// How trials are run.
#[derive(Debug, ClapArgs)]
struct ExecutionArgs {
    /// Parallel trials [default: the number of GPUs with --gpus, else 1]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Give each trial a GPU of its own (CUDA_VISIBLE_DEVICES): `auto`, or their numbers
    #[arg(long, value_name = "auto|0,1,…")]
    gpus: Option<String>,
    /// End after N trials
    #[arg(short = 'n', long, visible_alias = "number", value_name = "N")]
    count: Option<u64>,
    /// End after N failures in a row [default: 5], or N trials in a row without the metric [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_failures: Option<u32>,
    /// Try a trial that failed again, up to N times [default: `retries` of the config, else 0]
    #[arg(long, value_name = "N")]
    retries: Option<u32>,
    /// Time a command has to end before it is killed [default: `grace` of the config, else 30s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    grace: Option<Duration>,
    /// Take over trials of an agent that has not reported for this time
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    lease: Duration,
    /// End once nothing is left to start, without waiting for the trials of other agents
    #[arg(long)]
    no_wait: bool,
    /// Show the output of all trials, of those that fail, or of none [default: all with one job, else none]
    #[arg(long, value_enum, value_name = "all|failed|none")]
    output: Option<TypedOutput>,
    /// An engine runs this agent: `sweep launch` sets this. Exit codes: 0 done, 75 interrupted, 1 gave up
    #[arg(long, value_enum, value_name = "slurm|hq|k8s|sky|local|ssh", hide_possible_values = true)]
    engine: Option<TypedEngine>,
    /// The machine is taken away after this time: give running trials back before, start none that would not end
    #[arg(long, value_name = "TIME", value_parser = duration)]
    time_limit: Option<Duration>,
    /// Start at a random time within this one
    #[arg(long, value_name = "TIME", value_parser = duration)]
    start_delay: Option<Duration>,
    /// With --engine slurm: be requeued when the time is up and trials are left
    #[arg(long, requires = "engine")]
    requeue: bool,
    /// Stop no trial early (`early_terminate`): report and tag which would have been stopped
    #[arg(long)]
    shadow: bool,
}

/// What runs the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TypedEngine {
    Slurm,
    Hq,
    K8s,
    Sky,
    Local,
    Ssh,
}

impl From<TypedEngine> for LaunchEngine {
    fn from(typed: TypedEngine) -> Self {
        match typed {
            TypedEngine::Slurm => Self::Slurm,
            TypedEngine::Hq => Self::Hq,
            TypedEngine::K8s => Self::K8s,
            TypedEngine::Sky => Self::Sky,
            TypedEngine::Local => Self::Local,
            TypedEngine::Ssh => Self::Ssh,
        }
    }
}

/// Which trials' output is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TypedOutput {
    All,
    Failed,
    None,
}

impl From<TypedOutput> for Output {
    fn from(typed: TypedOutput) -> Self {
        match typed {
            TypedOutput::All => Self::All,
            TypedOutput::Failed => Self::Failed,
            TypedOutput::None => Self::None,
        }
    }
}

impl From<ExecutionArgs> for WorkArgs {
    fn from(typed: ExecutionArgs) -> Self {
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
            output: typed.output.map(Into::into),
            again_from: None,
            allocation: Allocation {
                engine: typed.engine.map(Into::into),
                time: typed.time_limit,
                delay: typed.start_delay,
                requeue: typed.requeue,
            },
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedRun {
    #[command(flatten)]
    which: WhichSweep,
    #[command(flatten)]
    work: ExecutionArgs,
    /// Refuse to run unless the sweep's config is this file
    #[arg(long, value_name = "FILE", conflicts_with = "expect_sha256")]
    config: Option<PathBuf>,
    /// Refuse to run unless the sweep's config has this SHA-256
    #[arg(long, value_name = "HEX")]
    expect_sha256: Option<String>,
}

impl From<TypedRun> for RunArgs {
    fn from(typed: TypedRun) -> Self {
        let pin = pin(typed.config, typed.expect_sha256);
        Self { sweep: typed.which.into(), work: WorkArgs { pin, ..typed.work.into() } }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedFinalize {
    #[command(flatten)]
    which: WhichSweep,
    #[command(flatten)]
    pub(super) answer: AnswerArgs,
    /// Save the analysis, but leave the sweep open for agents
    #[arg(long)]
    reopen: bool,
    /// Save the plots as PNG, too
    #[arg(long)]
    png: bool,
    /// Write the report to this file as well
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Open the report in the browser: $BROWSER, else the desktop's
    #[arg(long)]
    open: bool,
}

impl From<TypedFinalize> for FinalizeArgs {
    fn from(typed: TypedFinalize) -> Self {
        let AnswerArgs { objective: ObjectiveArgs { metric, goal }, format } = typed.answer;
        let conclusion = Conclusion {
            metric,
            goal: goal.map(Into::into),
            format: format.into(),
            reopen: typed.reopen,
            png: typed.png,
            delivery: Delivery { file: typed.output, open: typed.open },
        };
        Self { sweep: typed.which.into(), conclusion }
    }
}

/// Print where the report of a sweep is; make it where there is none that is up to date.
///
/// The report that `sweep finalize` saved with the sweep, as long as no result came in since. Else one of the results so far is
/// written to `.sweep/reports`: the sweep itself is left as it is, and agents may run.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedReport {
    #[command(flatten)]
    which: WhichSweep,
    #[command(flatten)]
    objective: ObjectiveArgs,
    /// Write the report to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Open the report in the browser: $BROWSER, else the desktop's
    #[arg(long)]
    open: bool,
    /// Print the paragraph for a paper instead: what checklists of conferences ask for
    #[arg(long, conflicts_with_all = ["output", "open", "metric", "goal"])]
    methods: bool,
    /// Output format of --methods
    #[arg(
        long,
        value_enum,
        default_value = "text",
        hide_possible_values = true,
        value_name = "text|md|json",
        requires = "methods"
    )]
    format: TypedMethodsFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TypedMethodsFormat {
    /// One paragraph
    #[value(alias = "plain", alias = "table")]
    Text,
    /// Markdown, a point a line
    #[value(alias = "markdown")]
    Md,
    /// For programs; docs/json.md describes it
    Json,
}

impl From<TypedMethodsFormat> for MethodsFormat {
    fn from(typed: TypedMethodsFormat) -> Self {
        match typed {
            TypedMethodsFormat::Text => Self::Text,
            TypedMethodsFormat::Md => Self::Markdown,
            TypedMethodsFormat::Json => Self::Json,
        }
    }
}

impl From<TypedReport> for ReportArgs {
    fn from(typed: TypedReport) -> Self {
        let ObjectiveArgs { metric, goal } = typed.objective;
        Self {
            sweep: typed.which.into(),
            metric,
            goal: goal.map(Into::into),
            delivery: Delivery { file: typed.output, open: typed.open },
            methods: typed.methods.then(|| typed.format.into()),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedStart {
    /// The sweep file
    config: PathBuf,
    #[command(flatten)]
    work: ExecutionArgs,
    /// Output format
    #[arg(
        long,
        value_enum,
        default_value = "table",
        hide_possible_values = true,
        value_name = "table|plain|md|json|csv"
    )]
    pub(super) format: TypedAnswerFormat,
}

impl From<TypedStart> for StartArgs {
    fn from(typed: TypedStart) -> Self {
        Self { config: typed.config, work: typed.work.into(), format: typed.format.into() }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedCheck {
    /// The sweep file (-: stdin)
    #[arg(required_unless_present = "schema")]
    config: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: TypedFormat,
    /// Print a JSON Schema of sweep files, for editors
    #[arg(long, conflicts_with = "config")]
    schema: bool,
}

impl TypedCheck {
    /// What is to be checked; `None`: the schema is wanted.
    pub(in crate::cli) fn file(self) -> Option<CheckArgs> {
        let format = self.format.into();
        self.config.map(|config| CheckArgs { config, format })
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TypedSample {
    /// The sweep file (-: stdin)
    #[arg(required_unless_present = "replay")]
    config: Option<PathBuf>,
    /// Propose a trial of this sweep again, from what was known then
    #[arg(long, value_name = "ID", requires = "trial", conflicts_with_all = ["config", "number", "from", "seed"])]
    replay: Option<String>,
    /// The trial to propose again
    #[arg(long, value_name = "K", requires = "replay")]
    trial: Option<u64>,
    /// Number of trials
    #[arg(short = 'n', long, default_value_t = 10, value_name = "N")]
    number: u64,
    /// The first trial
    #[arg(long, default_value_t = 0, value_name = "K")]
    from: u64,
    /// The seed [default: the config's, else 0]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Output format; json: one object per line
    #[arg(long, value_enum, default_value = "table")]
    format: TypedFormat,
}

/// What `sweep sample` is to show.
pub(in crate::cli) enum SampleRequest {
    /// Points of a config.
    Points(SampleArgs),
    /// A trial's proposal, made again.
    Again(ReplayArgs),
}

impl From<TypedSample> for SampleRequest {
    fn from(typed: TypedSample) -> Self {
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
