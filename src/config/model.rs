//! The checked config: what the rest of the crate works with.

use std::time::Duration;

use itertools::Itertools as _;

use super::constraint::Constraint;
use crate::metric::{Goal, MetricLimit, MetricSummary};
use crate::space::{Point, Space};

/// A sweep as its file describes it, after every check has passed and every default has been filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// What a trial runs.
    pub command: Command,
    /// `program`, for `${program}` in list commands.
    pub program: Option<String>,
    /// The experiment that parent and children belong to: `experiment_name`, else `project`, else `Default`.
    pub experiment_name: String,
    /// `sweep_name`, else `name`; `None`: drawn at `init`.
    pub sweep_name: Option<String>,
    /// `description`: becomes the note of the parent run.
    pub description: Option<String>,
    /// How points are chosen.
    pub method: Method,
    /// What is to be made small or large: the first of `metrics`, where there are several.
    pub metric: Option<MetricConfig>,
    /// The others of `metrics`: then no single trial is the best, the answer is a front.
    pub further_metrics: Vec<MetricConfig>,
    /// `report_metric`: recorded beside, it decides nothing.
    pub report_metric: Option<ReportMetric>,
    /// Bounds on metrics, of `subject_to` and `limit`.
    pub limits: Vec<MetricLimit>,
    /// The parameters.
    pub space: Space,
    /// Dotted paths of the parameters in the order of the file, in which people read them; the space is sorted.
    pub order: Vec<String>,
    /// Most trials that may ever start; `None`: no cap.
    pub run_cap: Option<u64>,
    /// The seed of every draw; `None`: drawn at `init`.
    pub seed: Option<u64>,
    /// Points that are tried first, in this order.
    pub points: Vec<Point>,
    /// `order: shuffled` of a grid.
    pub shuffled: bool,
    /// `replace: false` turns repeats of a finite random space off.
    pub replace: bool,
    /// Groups of parameters (dotted paths) that move together.
    pub zip: Vec<Vec<String>>,
    /// Expressions that a point must satisfy.
    pub constraints: Vec<Constraint>,
    /// A trial is stopped after this time.
    pub trial_timeout: Option<Duration>,
    /// The sweep starts no trial after this time.
    pub max_duration: Option<Duration>,
    /// Additions to the command's environment.
    pub env: Vec<(String, String)>,
    /// Where the command runs, as it was written; `None`: where the agent was started.
    pub workdir: Option<String>,
    /// Further attempts of a failed trial.
    pub retries: u32,
    /// Time between SIGTERM and SIGKILL.
    pub grace: Option<Duration>,
    /// Early stopping.
    pub early_terminate: Option<EarlyTerminate>,
    /// `early_terminate.metric`: the one of the metrics that it watches; `None`: the first.
    pub early_metric: Option<String>,
    /// What a trial of `method: successive_halving` is given to spend.
    pub budget: Option<Budget>,
    /// The model of `method: bayes`.
    pub optimizer: Optimizer,
    /// Whether each trial keeps the uncommitted changes as `git.diff`.
    pub git_diff: bool,
    /// What is run when something has happened.
    pub hooks: Hooks,
}

/// Commands that are run beside the trials when something has happened; each gets a JSON object on its stdin.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hooks {
    /// A trial has its result.
    pub on_trial_end: Option<Command>,
    /// A trial is the best so far.
    pub on_best: Option<Command>,
    /// The sweep is over.
    pub on_finish: Option<Command>,
    /// One that takes longer is killed.
    pub timeout: Option<Duration>,
}

/// The command of a trial.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A text: run by `sh -c` after its `${name}`s were quoted for their places.
    Shell(String),
    /// A list: run as it is, with no shell.
    Argv(Vec<String>),
}

/// How points are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Every combination, each once.
    Grid,
    /// Independent draws.
    Random,
    /// Draws guided by what finished trials gave.
    Bayes,
    /// A scrambled Sobol sequence.
    Sobol,
    /// Many points at a small budget, the best continue at a larger one.
    SuccessiveHalving,
}

impl Method {
    /// The config's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Random => "random",
            Self::Bayes => "bayes",
            Self::Sobol => "sobol",
            Self::SuccessiveHalving => "successive_halving",
        }
    }
}

/// What the sweep is after.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricConfig {
    /// Exact key of the logged metric.
    pub name: String,
    /// Direction.
    pub goal: Goal,
    /// When a run reaches it no new run is started.
    pub target: Option<f64>,
    /// Which value of the history counts.
    pub summary: MetricSummary,
    /// What a run without a value counts as in `bayes`.
    pub impute: Impute,
    /// The same while it runs; `None`: it counts as pending.
    pub impute_while_running: Option<Impute>,
    /// A regular expression with one group, read from the command's output line by line.
    pub from_output: Option<OutputPattern>,
}

/// A metric that is recorded beside those by which trials are chosen, such as that of a test set.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportMetric {
    /// Exact key of the logged metric.
    pub name: String,
    /// Direction, by which its ranking is compared.
    pub goal: Goal,
    /// A regular expression with one group, read from the command's output line by line.
    pub from_output: Option<OutputPattern>,
}

/// A regular expression with one group, around a number. Clones share what was compiled.
#[derive(Debug, Clone)]
pub struct OutputPattern(pub(crate) regex::Regex);

impl OutputPattern {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for OutputPattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// How a run without a value of the metric is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impute {
    /// As the worst of the sweep.
    Worst,
    /// As its own best.
    Best,
    /// As its own latest.
    Latest,
}

/// The budget of `method: successive_halving`: whole numbers from `min` to `max`, each `eta` times the one below.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// The name under which a trial receives its budget, as if it were a parameter.
    pub parameter: String,
    /// The smallest budget, at least 1.
    pub min: u64,
    /// The largest budget, above `min`.
    pub max: u64,
    /// Ratio of neighbouring budgets, above 1; one in `eta` trials continues.
    pub eta: f64,
}

/// The model behind `method: bayes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Optimizer {
    /// Chosen from the space.
    #[default]
    Auto,
    /// Tree-structured Parzen estimator.
    Tpe,
    /// Gaussian process.
    Gp,
}

/// The `early_terminate` mapping, checked.
#[derive(Debug, Clone, PartialEq)]
pub enum EarlyTerminate {
    /// W&B's hyperband stopping.
    Hyperband {
        /// First band.
        min_iter: Option<u64>,
        /// Length of a full run; needs `s`.
        max_iter: Option<u64>,
        /// Number of bands below `max_iter`.
        s: Option<u64>,
        /// Ratio of neighbouring bands.
        eta: f64,
        /// Whether the value at the band alone counts.
        strict: bool,
    },
    /// Asynchronous successive halving (Li et al. 2020): at each rung `min_iter`·`eta`^k the best 1/`eta` continue.
    Asha {
        /// First rung, at least 1.
        min_iter: u64,
        /// No rung lies at or above it.
        max_iter: Option<u64>,
        /// Ratio of neighbouring rungs, above 1.
        eta: f64,
        /// Nobody is stopped before so many trials have reached the rung.
        min_trials: u64,
        /// Whether a trial that reports NaN twice in a row is stopped at once.
        stop_on_nan: bool,
    },
    /// Stops a trial whose best so far is worse than the median of the others' running averages.
    Median {
        /// Reports of a trial before it may be stopped.
        warmup: u64,
        /// Finished trials before anyone may be stopped.
        min_trials: u64,
        /// Whether a trial that reports NaN twice in a row is stopped at once.
        stop_on_nan: bool,
    },
    /// At one report the best so many continue to the end (Egele et al. 2023, 2024).
    IEpoch {
        /// The report.
        iter: u64,
        /// How many continue.
        keep: u64,
        /// Whether a trial that reports NaN twice in a row is stopped at once.
        stop_on_nan: bool,
    },
    /// Stops a trial whose best has not improved for a while.
    Patience {
        /// Reports without an improvement, at least 1.
        patience: u64,
        /// What counts as an improvement, at least 0.
        min_delta: f64,
        /// Whether a trial that reports NaN twice in a row is stopped at once.
        stop_on_nan: bool,
    },
}

impl Config {
    /// A point with its leaves in the order of the file, for people.
    #[must_use]
    pub(crate) fn ordered(&self, point: &Point) -> Point {
        let leaves = self.in_order(point.leaves(), |(path, _)| path);
        Point(leaves.into_iter().map(|(path, value)| (path, value.clone())).collect())
    }

    /// Things with dotted paths in the order of the file; those that it does not name come last, as they were.
    #[must_use]
    pub(crate) fn in_order<T>(&self, mut things: Vec<T>, path: impl Fn(&T) -> &str) -> Vec<T> {
        let places: std::collections::HashMap<&str, usize> =
            self.order.iter().enumerate().map(|(place, path)| (path.as_str(), place)).collect();
        // What lies inside of a value that is a mapping stands where its parameter stands.
        let place = |path: &str| {
            let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
            ends.filter_map(|end| places.get(&path[..end])).next_back().copied().unwrap_or(usize::MAX)
        };
        things.sort_by_key(|thing| place(path(thing)));
        things
    }

    /// All names that a command may use for a value: dotted paths of parameters, groups, and the budget.
    #[must_use]
    pub(crate) fn parameter_names(&self) -> Vec<String> {
        let leaves = self.space.leaves();
        let every_depth = leaves.iter().flat_map(|leaf| {
            (1..=leaf.path.len()).map(|depth| leaf.path.get(..depth).unwrap_or_default().join("."))
        });
        let budget = self.budget.as_ref().filter(|_| self.method == Method::SuccessiveHalving);
        every_depth.chain(budget.map(|budget| budget.parameter.clone())).sorted().dedup().collect()
    }
}
