//! What is said of trials that fail, and how it is said.

use itertools::Itertools as _;
use serde::Serialize;

use crate::space::Value;

/// How a trial ended, as far as its parameters may be to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialEnd {
    /// It gave a result, or was stopped early for a poor one.
    Worked,
    /// It failed, for this reason: `exit code 137`.
    Failed(String),
    /// It says nothing of its parameters: it runs, or a person has ended it.
    Unknown,
}

/// Which trials failed, and where.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FailureAnalysis {
    /// Trials that were looked at: those that are over, but for those that a person has ended.
    pub trials: usize,
    /// How many of them failed.
    pub failed: usize,
    /// Where they failed more often than elsewhere, the most failures first; empty where failures are spread at random, or
    /// too few are known.
    pub groups: Vec<FailureGroup>,
}

/// Trials that failed more often than the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FailureGroup {
    /// What holds for all of them.
    pub conditions: Vec<FailureCondition>,
    /// How many there are.
    pub trials: usize,
    /// How many of them failed.
    pub failed: usize,
    /// Why they failed, the commonest reason first, with how often.
    pub reasons: Vec<FailureReason>,
    /// The last line of output that most of them printed.
    pub last_line: Option<String>,
    /// Which rows of the frame failed.
    #[serde(skip)]
    pub rows: Vec<usize>,
}

/// Why trials failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureReason {
    /// In a few words: `exit code 1`.
    pub reason: String,
    /// How many failed for it.
    pub trials: usize,
}

/// What holds for the trials of a group of one parameter. Of the bounds each is a value that occurred.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FailureCondition {
    /// Dotted path of the parameter.
    pub parameter: String,
    /// The whole condition: `batch_size ≥ 256`.
    pub text: String,
    /// Its smallest value in the group, where that is a condition.
    pub low: Option<f64>,
    /// Its largest value in the group, where that is a condition.
    pub high: Option<f64>,
    /// The one value that it has.
    #[serde(serialize_with = "as_json")]
    pub equals: Option<Value>,
    /// Values that it does not have.
    #[serde(serialize_with = "all_as_json")]
    pub excludes: Vec<Value>,
    /// Whether it has to be there (true) or absent (false); null: both occur, or it is in every trial.
    pub present: Option<bool>,
}

fn as_json<S: serde::Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(Value::to_json).serialize(serializer)
}

fn all_as_json<S: serde::Serializer>(values: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
    values.iter().map(Value::to_json).collect_vec().serialize(serializer)
}

impl FailureGroup {
    /// `batch_size ≥ 256 and depth > 6`.
    #[must_use]
    pub(crate) fn rule(&self) -> String {
        self.conditions.iter().map(|condition| condition.text.as_str()).join(" and ")
    }

    /// `18 of 20 trials with batch_size ≥ 256 and depth > 6 failed (exit code 137)`.
    #[must_use]
    pub(crate) fn sentence(&self) -> String {
        let counted = |one: &FailureReason| format!("{}: {}", one.trials, one.reason);
        let reasons = match self.reasons.as_slice() {
            [] => String::new(),
            [one] => format!(" ({})", one.reason),
            [one, other] => format!(" ({}; {})", counted(one), counted(other)),
            [one, others @ ..] => {
                let others: usize = others.iter().map(|other| other.trials).sum();
                format!(" ({}; {others}: other reasons)", counted(one))
            }
        };
        format!("{} of {} trials with {} failed{reasons}", self.failed, self.trials, self.rule())
    }
}

impl FailureAnalysis {
    /// `elsewhere 1 of 40`: the trials outside of all groups; `None`: there are none.
    #[must_use]
    pub(crate) fn elsewhere(&self) -> Option<String> {
        let inside = |of: fn(&FailureGroup) -> usize| self.groups.iter().map(of).sum::<usize>();
        let trials = self.trials.saturating_sub(inside(|group| group.trials));
        let failed = self.failed.saturating_sub(inside(|group| group.failed));
        (trials > 0).then(|| format!("elsewhere {failed} of {trials}"))
    }
}
