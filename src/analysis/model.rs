//! What analysis takes in and gives out.

use serde::Serialize;

use super::variance::shares::VarianceShares;
use crate::space::Value;
use crate::trial::RunStatus;

/// Everything that is known of a sweep's trials, one row a trial.
#[derive(Debug, Clone, Default)]
pub struct TrialFrame {
    /// The parameters: one per column.
    pub columns: Vec<ColumnInfo>,
    /// The trials.
    pub rows: Vec<Row>,
}

/// What the config says of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnInfo {
    /// Dotted path of the parameter.
    pub name: String,
    /// Whether it was drawn on a log scale.
    pub log: bool,
    /// Whether null is among its declared values: then null is a level, not a gap.
    pub null_is_level: bool,
}

/// One trial.
#[derive(Debug, Clone)]
pub struct Row {
    /// State of its run.
    pub status: RunStatus,
    /// The metric's value that counts; `None`: it was never logged. May be NaN or infinite.
    pub metric: Option<f64>,
    /// Its values, one per column; `None`: the parameter does not exist in this trial.
    pub cells: Vec<Option<Value>>,
}

/// What the trials say about the parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// Trials looked at.
    pub n_rows: usize,
    /// Trials used.
    pub n_used: usize,
    /// Trials left out, by reason.
    pub dropped: Dropped,
    /// Out-of-bag R² of the forest; null where there is no forest.
    pub oob_r2: Option<f64>,
    /// How far the forest can be trusted.
    pub trust: ForestTrust,
    /// Why there is no forest.
    pub forest_reason: Option<String>,
    /// The forest worked on the ranks of the metric, because its tails are heavy.
    pub rank_target: bool,
    /// Sentences for a person: what is thin, what moves together, what was left out.
    pub notes: Vec<String>,
    /// Parameters that move together, the closest first: they share one effect.
    pub together: Vec<ParameterAssociation>,
    /// Shares of the variance by a Gaussian process; null: too few trials, too many parameters, or nothing but noise.
    pub variance: Option<VarianceShares>,
    /// The parameters, most important first: by permutation importance, equal ones by name.
    pub parameters: Vec<ParameterAnalysis>,
}

/// Two parameters that move together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterAssociation {
    /// Their names.
    pub names: [String; 2],
    /// What was measured.
    pub measure: Measure,
    /// Its value: from -1 to 1 for Spearman, from 0 to 1 for Cramér's V.
    pub value: f64,
}

/// A measure of how two parameters move together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Spearman's correlation.
    Spearman,
    /// Cramér's V, with its bias taken out.
    CramersV,
}

/// Trials left out, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// The run is not FINISHED.
    pub not_finished: usize,
    /// The metric was never logged.
    pub metric_absent: usize,
    /// The metric is NaN.
    pub metric_nan: usize,
    /// The metric is infinite.
    pub metric_inf: usize,
}

/// How far a forest's importances can be trusted: the word for its out-of-bag R².
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ForestTrust {
    /// There is no forest.
    Absent,
    /// Below 0.1.
    None,
    /// Below 0.3.
    Weak,
    /// Below 0.6.
    Fair,
    /// From 0.6.
    Good,
}

/// How a parameter enters the statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterKind {
    /// All true or false.
    Bool,
    /// All numbers.
    Numeric,
    /// Anything else, by its text.
    Categorical,
}

/// What is known of one parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterAnalysis {
    /// Dotted path of the parameter.
    pub name: String,
    /// How it enters the statistics.
    pub kind: ParameterKind,
    /// Whether Pearson is taken on its logarithm.
    pub log: bool,
    /// Used trials in which it is present.
    pub n_present: usize,
    /// Distinct values among these.
    pub n_distinct: usize,
    /// Mean decrease in impurity, all parameters summing to 1.
    pub importance: Option<f64>,
    /// Drop in R² on out-of-bag rows when it is shuffled.
    pub permutation: Option<Estimate>,
    /// Pearson's correlation with the metric, on the logarithm of a parameter drawn on a log scale.
    pub pearson: Option<Correlation>,
    /// Pearson's coefficient without the logarithm; null where none was taken.
    pub pearson_raw: Option<f64>,
    /// Spearman's correlation with the metric.
    pub spearman: Option<Correlation>,
    /// Correlation ratio, for categorical parameters.
    pub eta_squared: Option<f64>,
    /// Why a correlation is missing.
    pub reason: Option<String>,
    /// Why it was left out of the forest.
    pub excluded: Option<String>,
    /// Where the forest works on the ranks of the metric: the figures that go with it, on the same ranks.
    pub on_ranks: Option<RankFigures>,
    /// Whether the data shows that it matters.
    pub effect: Effect,
}

/// Figures of one parameter on the ranks of the metric, which outliers can't bend.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RankFigures {
    /// Pearson's correlation with the ranks.
    pub pearson: Option<Correlation>,
    /// Correlation ratio of the ranks.
    pub eta_squared: Option<f64>,
}

impl ParameterAnalysis {
    /// Pearson's correlation on the scale that the forest works on.
    #[must_use]
    pub(crate) fn pearson_shown(&self) -> Option<Correlation> {
        self.on_ranks.map_or(self.pearson, |ranks| ranks.pearson)
    }

    /// The correlation ratio on the scale that the forest works on.
    #[must_use]
    pub(crate) fn eta_squared_shown(&self) -> Option<f64> {
        self.on_ranks.map_or(self.eta_squared, |ranks| ranks.eta_squared)
    }
}

/// Whether the data shows that a parameter matters: the one verdict that all its figures lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// There is no forest, or the parameter did not enter it.
    Unknown,
    /// Too few trials for a verdict, whatever the figures are.
    TooFew,
    /// No effect can be distinguished from noise.
    Unclear,
    /// Its permutation importance exceeds twice its standard error, but the parameters together explain little.
    Weak,
    /// Its permutation importance exceeds twice its standard error, and the forest explains the metric at least fairly.
    Clear,
}

impl Effect {
    /// The word for a table's column of evidence.
    #[must_use]
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Unknown => "–",
            Self::TooFew => "too few",
            Self::Unclear => "no",
            Self::Weak => "weak",
            Self::Clear => "yes",
        }
    }

    /// Whether it is shown clearly.
    #[must_use]
    pub fn is_clear(self) -> bool {
        self == Self::Clear
    }
}

/// A mean with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub se: f64,
}

/// A correlation coefficient with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Correlation {
    /// The coefficient.
    pub r: f64,
    /// The interval's ends; null with fewer than 4 rows.
    pub interval: Option<[f64; 2]>,
    /// Two-sided p-value.
    pub p: f64,
    /// Rows it was taken from.
    pub n: usize,
}
