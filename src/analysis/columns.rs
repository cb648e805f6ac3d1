//! The used rows of a frame, column by column: kinds, codes, missing cells.

use std::collections::BTreeMap;

use super::model::{ColumnInfo, Dropped, ParameterKind, Row, TrialFrame};
use super::ranks;
use crate::space::Value;
use crate::trial::RunStatus;

/// What the statistics work on: the rows that can be used.
#[derive(Debug, Clone)]
pub(super) struct AnalysisTable {
    /// Rows left out, by reason.
    pub(super) dropped: Dropped,
    /// Where each used row stands in the frame.
    pub(super) rows: Vec<usize>,
    /// The metric of the used rows: finite.
    pub(super) metric: Vec<f64>,
    /// The parameters.
    pub(super) columns: Vec<ParameterColumn>,
}

/// One parameter over the used rows.
#[derive(Debug, Clone)]
pub(super) struct ParameterColumn {
    /// Where it stands in the frame.
    pub(super) place: usize,
    /// Its dotted path.
    pub(super) name: String,
    /// Whether it was drawn on a log scale (only numbers have one).
    pub(super) log: bool,
    /// How it enters the statistics.
    pub(super) kind: ParameterKind,
    /// Its numbers (0 and 1 for booleans); all `None` for a categorical one. May be infinite, never NaN.
    pub(super) values: Vec<Option<f64>>,
    /// Dense rank of its number, or index of its level; `None`: missing.
    pub(super) codes: Vec<Option<u32>>,
    /// Rows in which it is present.
    pub(super) n_present: usize,
    /// Distinct values among these.
    pub(super) n_distinct: usize,
}

impl AnalysisTable {
    /// Picks the rows whose run is FINISHED with a finite metric, and reads their columns.
    ///
    /// Columns stand in the order of their names, rows in the order of their values: what is computed from the table
    /// depends on the trials alone, down to the last bit, and not on the order in which a store or a file lists them.
    pub(super) fn of(frame: &TrialFrame) -> Self {
        let mut dropped = Dropped::default();
        let used: Vec<(usize, f64)> = frame
            .rows
            .iter()
            .enumerate()
            .filter_map(|(place, row)| Some((place, usable(row, &mut dropped)?)))
            .collect();
        Self { dropped, ..Self::of_rows(frame, &used) }
    }

    /// The same of these rows, each with the number that stands for its metric.
    pub(super) fn of_rows(frame: &TrialFrame, used: &[(usize, f64)]) -> Self {
        let rows: Vec<&Row> = used.iter().map(|(place, _)| &frame.rows[*place]).collect();
        let columns = frame.columns.iter().enumerate();
        let columns =
            columns.map(|(place, info)| ParameterColumn::of(place, info, &cells(&rows, place, info)));
        let mut columns: Vec<ParameterColumn> = columns.collect();
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        let order = canonical_order(&columns, used);
        columns.iter_mut().for_each(|column| column.reorder(&order));
        let (rows, metric) = order.iter().map(|row| used[*row]).unzip();
        Self { dropped: Dropped::default(), rows, metric, columns }
    }
}

/// The metric of a row that can be used; the others are counted by reason.
fn usable(row: &Row, dropped: &mut Dropped) -> Option<f64> {
    match (row.status, row.metric) {
        (RunStatus::Finished, Some(value)) if value.is_finite() => return Some(value),
        (RunStatus::Finished, Some(value)) if value.is_nan() => dropped.metric_nan += 1,
        (RunStatus::Finished, Some(_)) => dropped.metric_inf += 1,
        (RunStatus::Finished, None) => dropped.metric_absent += 1,
        _ => dropped.not_finished += 1,
    }
    None
}

/// The used rows by their codes, column by column, then by their metric. Rows that are alike in all of these are alike
/// in everything that the statistics see.
fn canonical_order(columns: &[ParameterColumn], used: &[(usize, f64)]) -> Vec<usize> {
    let codes = |row: usize| columns.iter().map(move |column| column.codes[row]);
    let mut order: Vec<usize> = (0..used.len()).collect();
    order.sort_by(|a, b| codes(*a).cmp(codes(*b)).then_with(|| used[*a].1.total_cmp(&used[*b].1)));
    order
}

/// The cells of one column; `None`: missing.
///
/// Null is missing unless the config names it as a value. A number that is not a number has no place in any order
/// and counts as missing too.
fn cells<'a>(used: &[&'a Row], place: usize, info: &ColumnInfo) -> Vec<Option<&'a Value>> {
    let present = |value: &&Value| match value {
        Value::Null => info.null_is_level,
        Value::Float(number) => !number.is_nan(),
        _ => true,
    };
    used.iter().map(|row| row.cells.get(place).and_then(Option::as_ref).filter(present)).collect()
}

impl ParameterColumn {
    fn of(place: usize, info: &ColumnInfo, cells: &[Option<&Value>]) -> Self {
        let kind = kind(info, cells);
        let values: Vec<Option<f64>> = match kind {
            ParameterKind::Categorical => vec![None; cells.len()],
            ParameterKind::Bool | ParameterKind::Numeric => {
                cells.iter().map(|cell| cell.and_then(number)).collect()
            }
        };
        let (codes, n_distinct) = match kind {
            ParameterKind::Categorical => levels(cells),
            ParameterKind::Bool | ParameterKind::Numeric => ranks::dense(&values),
        };
        let n_present = codes.iter().flatten().count();
        let log = info.log && kind == ParameterKind::Numeric;
        Self { place, name: info.name.clone(), log, kind, values, codes, n_present, n_distinct }
    }

    fn reorder(&mut self, order: &[usize]) {
        self.values = order.iter().map(|row| self.values[*row]).collect();
        self.codes = order.iter().map(|row| self.codes[*row]).collect();
    }
}

fn kind(info: &ColumnInfo, cells: &[Option<&Value>]) -> ParameterKind {
    let all = |wanted: fn(&Value) -> bool| cells.iter().flatten().all(|value| wanted(value));
    if info.null_is_level {
        ParameterKind::Categorical
    } else if all(|value| matches!(value, Value::Int(_) | Value::Float(_))) {
        ParameterKind::Numeric
    } else if all(|value| matches!(value, Value::Bool(_))) {
        ParameterKind::Bool
    } else {
        ParameterKind::Categorical
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Null | Value::Text(_) | Value::List(_) | Value::Map(_) => None,
    }
}

/// Levels numbered in the order of their texts, and how many there are.
fn levels(cells: &[Option<&Value>]) -> (Vec<Option<u32>>, usize) {
    let texts: Vec<Option<String>> = cells.iter().map(|cell| cell.map(Value::text)).collect();
    let mut numbers: BTreeMap<&str, u32> = texts.iter().flatten().map(|text| (text.as_str(), 0)).collect();
    numbers.values_mut().zip(0..).for_each(|(number, place)| *number = place);
    let codes = texts.iter().map(|text| text.as_ref().and_then(|text| numbers.get(text.as_str()).copied()));
    (codes.collect(), numbers.len())
}
