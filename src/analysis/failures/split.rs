//! The trials as the tree sees them, and the best question that can be put to some of them.

use super::super::columns::{AnalysisTable, ParameterColumn};
use super::super::model::ParameterKind;

/// Trials with their parameters, and whether each failed.
#[derive(Debug, Clone)]
pub(super) struct FailureTable {
    pub(super) columns: Vec<ParameterColumn>,
    pub(super) failed: Vec<bool>,
    /// Where each stands in the frame.
    pub(super) rows: Vec<usize>,
}

impl FailureTable {
    /// A table whose metric is 1 where a trial failed.
    pub(super) fn of(table: AnalysisTable) -> Self {
        let failed = table.metric.iter().map(|metric| *metric > 0.5).collect();
        Self { columns: table.columns, failed, rows: table.rows }
    }

    /// Trials, and those of them that failed.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.failed.len(), self.failed.iter().filter(|failed| **failed).count())
    }
}

/// A question about one parameter. Where the parameter is absent, no answer but that to `Present` is yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Its rank is this or less.
    AtMost(u32),
    /// Its rank is larger.
    Above(u32),
    /// It is this level.
    Is(u32),
    /// The trial has it.
    Present,
}

impl Question {
    fn is_yes(self, code: Option<u32>) -> bool {
        match (self, code) {
            (Self::AtMost(rank), Some(code)) => code <= rank,
            (Self::Above(rank), Some(code)) => code > rank,
            (Self::Is(level), Some(code)) => code == level,
            (Self::Present, code) => code.is_some(),
            (_, None) => false,
        }
    }
}

/// A question about the parameter of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ParameterSplit {
    pub(super) column: usize,
    pub(super) question: Question,
}

impl ParameterSplit {
    pub(super) fn is_yes(self, table: &FailureTable, row: usize) -> bool {
        self.question.is_yes(table.columns[self.column].codes[row])
    }
}

/// Trials and failures.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    trials: u32,
    failed: u32,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.trials += other.trials;
        self.failed += other.failed;
    }

    fn without(self, other: Self) -> Self {
        Self { trials: self.trials - other.trials, failed: self.failed - other.failed }
    }

    /// Twice the negative logarithm of the likelihood where each fails with the share of all.
    fn deviance(self) -> f64 {
        let (n, k) = (f64::from(self.trials), f64::from(self.failed));
        let term = |count: f64| if count > 0.0 { count * (count / n).ln() } else { 0.0 };
        -2.0 * (term(k) + term(n - k))
    }
}

/// The split of these rows that takes away most deviance, and how much; both sides have `fewest` rows at least.
pub(super) fn best_split(
    table: &FailureTable,
    failed: &[bool],
    rows: &[usize],
    fewest: u32,
) -> Option<(ParameterSplit, f64)> {
    let mut best: Option<(ParameterSplit, f64)> = None;
    for (column, parameter) in table.columns.iter().enumerate() {
        let (absent, by_code) = tallies(parameter, failed, rows);
        let mut all = absent;
        by_code.iter().for_each(|tally| all.add(*tally));
        let whole = all.deviance();
        let mut consider = |question: Question, yes: Tally| {
            let no = all.without(yes);
            if yes.trials < fewest || no.trials < fewest {
                return;
            }
            let gain = whole - yes.deviance() - no.deviance();
            if gain > 1e-9 && best.is_none_or(|(_, known)| gain > known + 1e-9) {
                best = Some((ParameterSplit { column, question }, gain));
            }
        };
        if absent.trials > 0 {
            consider(Question::Present, all.without(absent));
        }
        let mut below = Tally::default();
        for (code, tally) in (0..).zip(&by_code) {
            if tally.trials == 0 {
                continue;
            }
            if parameter.kind == ParameterKind::Categorical {
                consider(Question::Is(code), *tally);
                continue;
            }
            below.add(*tally);
            consider(Question::AtMost(code), below);
            if absent.trials > 0 {
                consider(Question::Above(code), all.without(absent).without(below));
            }
        }
    }
    best
}

/// The rows in which a parameter is absent, and those of each code.
fn tallies(parameter: &ParameterColumn, failed: &[bool], rows: &[usize]) -> (Tally, Vec<Tally>) {
    let (mut absent, mut by_code) = (Tally::default(), vec![Tally::default(); parameter.n_distinct]);
    for row in rows {
        let one = Tally { trials: 1, failed: u32::from(failed[*row]) };
        match parameter.codes[*row].and_then(|code| by_code.get_mut(code as usize)) {
            Some(tally) => tally.add(one),
            None => absent.add(one),
        }
    }
    (absent, by_code)
}
