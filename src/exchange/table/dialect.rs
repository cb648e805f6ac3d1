//! Which program wrote a table, and what is asked of it.

/// Which program wrote a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// W&B: `Name`, `State`, config and summary side by side.
    Wandb,
    /// Optuna: `number`, `value`, `state`, `params_…`.
    Optuna,
    /// Optuna: a database.
    OptunaDatabase,
    /// Optuna: a journal.
    OptunaJournal,
    /// W&B: runs of its API, as JSON.
    WandbRuns,
    /// Ray Tune: a folder of results.
    RayTune,
    /// Neptune: `sys/id`, `parameters/…`, `metrics/…`.
    Neptune,
    /// mlflow-sweep: a parent run and its children.
    MlflowSweep,
    /// `trials.csv` of `sweep export` or `sweep finalize`.
    Sweep,
    /// Any other.
    Plain,
}

impl Dialect {
    /// Its name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wandb => "W&B's export of a run table",
            Self::Optuna => "Optuna's table of trials",
            Self::OptunaDatabase => "Optuna's database",
            Self::OptunaJournal => "Optuna's journal",
            Self::WandbRuns => "runs of W&B's API",
            Self::RayTune => "results of Ray Tune",
            Self::Neptune => "Neptune's table of runs",
            Self::MlflowSweep => "a sweep of mlflow-sweep",
            Self::Sweep => "sweep's table of trials",
            Self::Plain => "a table with a row a run",
        }
    }
}

/// What is asked of a table.
#[derive(Debug, Clone, Default)]
pub struct TableSelection {
    /// The column of the metric; `None`: where the dialect has but one.
    pub metric: Option<String>,
    /// The columns of the params; empty: all that are not known to be something else.
    pub params: Vec<String>,
    /// The study that is meant; `None`: there is but one.
    pub study: Option<String>,
}
