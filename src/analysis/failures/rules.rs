//! From the questions on the way to a leaf to what holds for its trials, in words.

use std::collections::BTreeSet;

use itertools::Itertools as _;

use super::super::columns::ParameterColumn;
use super::super::model::{ParameterKind, TrialFrame};
use super::model::FailureCondition;
use super::split::{FailureTable, ParameterSplit, Question};
use crate::space::Value;

/// The conditions of a path, one a parameter, in the order in which the questions were put.
pub(super) fn conditions(
    frame: &TrialFrame,
    table: &FailureTable,
    path: &[(ParameterSplit, bool)],
) -> Vec<FailureCondition> {
    let columns = path.iter().map(|(split, _)| split.column).unique();
    columns
        .map(|place| {
            let column = &table.columns[place];
            let mut allowed = Allowed::all(column);
            let own = path.iter().filter(|(split, _)| split.column == place);
            own.for_each(|(split, yes)| allowed.answer(split.question, *yes));
            let levels = ColumnLevels::of(frame, table, column);
            allowed.condition(column, &levels)
        })
        .collect()
}

/// What a parameter may still be.
struct Allowed {
    /// Ranks above this one.
    above: Option<u32>,
    /// Ranks up to this one.
    at_most: Option<u32>,
    is: Option<u32>,
    excluded: BTreeSet<u32>,
    /// Whether it may be absent, and whether that may ever be.
    absent: bool,
    ever_absent: bool,
    present: bool,
}

impl Allowed {
    fn all(column: &ParameterColumn) -> Self {
        let ever_absent = column.n_present < column.codes.len();
        Self {
            above: None,
            at_most: None,
            is: None,
            excluded: BTreeSet::new(),
            absent: ever_absent,
            ever_absent,
            present: true,
        }
    }

    fn answer(&mut self, question: Question, yes: bool) {
        match (question, yes) {
            (Question::AtMost(rank), true) | (Question::Above(rank), false) => {
                self.at_most = Some(self.at_most.map_or(rank, |known| known.min(rank)));
            }
            (Question::AtMost(rank), false) | (Question::Above(rank), true) => {
                self.above = Some(self.above.map_or(rank, |known| known.max(rank)));
            }
            (Question::Is(level), true) => self.is = Some(level),
            (Question::Is(level), false) => {
                self.excluded.insert(level);
            }
            (Question::Present, true) => {}
            (Question::Present, false) => self.present = false,
        }
        if yes {
            self.absent = false;
        }
    }

    fn condition(&self, column: &ParameterColumn, levels: &ColumnLevels) -> FailureCondition {
        let value = |code: u32| levels.values.get(code as usize).cloned().flatten();
        let number = |code: u32| levels.numbers.get(code as usize).copied();
        let present =
            if self.present { (self.ever_absent && !self.absent).then_some(true) } else { Some(false) };
        let boolean = column.kind == ParameterKind::Bool && (self.above.is_some() || self.at_most.is_some());
        let equals = match self.is {
            Some(level) => value(level),
            None if boolean => Some(Value::Bool(self.above.is_some())),
            None => None,
        };
        let excludes = if equals.is_some() {
            Vec::new()
        } else {
            self.excluded.iter().copied().filter_map(value).collect()
        };
        let mut condition = FailureCondition {
            parameter: column.name.clone(),
            text: String::new(),
            low: self.above.filter(|_| !boolean).and_then(|rank| number(rank + 1)),
            high: self.at_most.filter(|_| !boolean).and_then(number),
            equals,
            excludes,
            present,
        };
        condition.text = self.words(&condition, column, levels);
        condition
    }

    fn words(&self, condition: &FailureCondition, column: &ParameterColumn, levels: &ColumnLevels) -> String {
        let name = &column.name;
        if !self.present {
            return format!("{name} absent");
        }
        let low =
            self.above.filter(|_| condition.low.is_some()).map(|rank| levels.between(rank, column.log, true));
        let high = self
            .at_most
            .filter(|_| condition.high.is_some())
            .map(|rank| levels.between(rank, column.log, false));
        let said = match (&condition.equals, low, high) {
            (Some(value), ..) => format!("{name} = {}", value.text()),
            (None, Some(low), Some(high)) if low == high => format!("{name} = {low}"),
            (None, Some(low), Some(high)) => format!("{low} ≤ {name} ≤ {high}"),
            (None, Some(low), None) => format!("{name} ≥ {low}"),
            (None, None, Some(high)) => format!("{name} ≤ {high}"),
            (None, None, None) if !condition.excludes.is_empty() => {
                let texts = condition.excludes.iter().map(Value::text).join(", ");
                format!("{name} {} {texts}", if condition.excludes.len() == 1 { "≠" } else { "none of" })
            }
            (None, None, None) => return format!("{name} present"),
        };
        if self.absent { format!("{said} (or absent)") } else { said }
    }
}

/// The values of a parameter, by their codes.
struct ColumnLevels {
    values: Vec<Option<Value>>,
    numbers: Vec<f64>,
}

impl ColumnLevels {
    fn of(frame: &TrialFrame, table: &FailureTable, column: &ParameterColumn) -> Self {
        let mut values = vec![None; column.n_distinct];
        let mut numbers = vec![f64::NAN; column.n_distinct];
        for (place, code) in column.codes.iter().enumerate() {
            let Some(code) = code.map(|code| code as usize) else { continue };
            let row = table.rows.get(place).and_then(|row| frame.rows.get(*row));
            if let Some(slot) = values.get_mut(code).filter(|slot| slot.is_none()) {
                *slot = row.and_then(|row| row.cells.get(column.place).cloned().flatten());
            }
            if let (Some(slot), Some(number)) = (numbers.get_mut(code), column.values[place]) {
                *slot = number;
            }
        }
        Self { values, numbers }
    }

    /// The bound between a rank and the next, as short as it can be said: of whole numbers the value itself.
    fn between(&self, rank: u32, log: bool, lower: bool) -> String {
        let at = |place: u32| self.numbers.get(place as usize).copied().unwrap_or(f64::NAN);
        let (below, above) = (at(rank), at(rank + 1));
        let own = if lower { above } else { below };
        if self.numbers.iter().all(|number| number.fract() == 0.0) || !below.is_finite() || !above.is_finite()
        {
            let place = if lower { rank + 1 } else { rank } as usize;
            return self
                .values
                .get(place)
                .cloned()
                .flatten()
                .map_or_else(|| own.to_string(), |value| value.text());
        }
        let middle = if log && below > 0.0 {
            (below.ln() / 2.0 + above.ln() / 2.0).exp()
        } else {
            below / 2.0 + above / 2.0
        };
        (0..17_usize)
            .filter_map(|digits| format!("{middle:.digits$e}").parse::<f64>().ok())
            .find(|short| below < *short && *short < above)
            .map_or_else(|| Value::Float(own).text(), |short| Value::Float(short).text())
    }
}
