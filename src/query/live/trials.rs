//! The trials of a sweep in memory, each with the look that changed it last.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::column::LiveColumn;
use super::row::LiveRow;
use crate::config::Config;

/// Points of curves that are kept for those who look: later ones push earlier ones out.
const MOST_POINTS: usize = 20_000;

/// A value of the metric that a running trial has logged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// The trial.
    pub trial: u64,
    /// The step.
    pub step: i64,
    /// The value.
    pub value: f64,
}

/// The trials of a sweep in memory.
#[derive(Debug, Clone, Default)]
pub struct LiveTrials {
    /// The number of the latest look that changed anything.
    version: u64,
    /// Parameters that can vary.
    columns: Vec<LiveColumn>,
    constants: BTreeSet<String>,
    rows: BTreeMap<u64, (u64, LiveRow)>,
    points: VecDeque<(u64, CurvePoint)>,
}

impl LiveTrials {
    /// None yet, of a sweep with this config.
    #[must_use]
    pub fn new(config: Option<&Config>) -> Self {
        Self {
            columns: config.map(LiveColumn::of_config).unwrap_or_default(),
            constants: config.map(LiveColumn::constants).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Takes in what a look has found. Returns whether anything is new.
    pub fn take_in(&mut self, found: Vec<LiveRow>) -> bool {
        let next = self.version + 1;
        let mut changed = false;
        for row in found {
            let before = self.rows.get(&row.trial).map(|(_, row)| row);
            if before == Some(&row) {
                continue;
            }
            changed = true;
            if let (Some(step), Some(value)) = (row.step, row.value)
                && before.is_some_and(|before| (before.step, before.value) != (row.step, row.value))
            {
                self.points.push_back((next, CurvePoint { trial: row.trial, step, value }));
            }
            if before.is_none_or(|before| before.point != row.point) {
                self.note_names(&row);
            }
            self.rows.insert(row.trial, (next, row));
        }
        while self.points.len() > MOST_POINTS {
            self.points.pop_front();
        }
        if changed {
            self.version = next;
        }
        changed
    }

    /// Counts a look that changed something beside the trials.
    pub fn touch(&mut self) {
        self.version += 1;
    }

    fn note_names(&mut self, row: &LiveRow) {
        for (path, _) in row.point.leaves() {
            let is_part = |column: &LiveColumn| {
                path.strip_prefix(&column.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            if !self.constants.contains(&path) && !self.columns.iter().any(is_part) {
                self.columns.push(LiveColumn::seen(&path));
            }
        }
    }

    /// The number of the latest look that changed anything.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The parameters that can vary.
    #[must_use]
    pub fn columns(&self) -> &[LiveColumn] {
        &self.columns
    }

    /// How many trials there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// A trial.
    #[must_use]
    pub fn row(&self, trial: u64) -> Option<&LiveRow> {
        self.rows.get(&trial).map(|(_, row)| row)
    }

    /// All of them, by number.
    pub fn rows(&self) -> impl Iterator<Item = &LiveRow> {
        self.rows.values().map(|(_, row)| row)
    }

    /// Those that a look after this one has changed.
    pub fn changed_since(&self, version: u64) -> impl Iterator<Item = &LiveRow> {
        self.rows.values().filter(move |(changed, _)| *changed > version).map(|(_, row)| row)
    }

    /// Points of curves that came after this look.
    pub fn points_since(&self, version: u64) -> impl Iterator<Item = CurvePoint> {
        // The latest ones are at the end.
        let first = self.points.partition_point(|(changed, _)| *changed <= version);
        self.points.range(first..).map(|(_, point)| *point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::live::LiveState;
    use crate::space::{Point, Value};
    use crate::tracking::RunId;

    fn row(trial: u64, state: LiveState, value: Option<f64>) -> LiveRow {
        LiveRow {
            trial,
            attempt: 1,
            run: RunId(trial.to_string()),
            state,
            status: "",
            exit_code: None,
            reason: None,
            start: 0,
            end: None,
            sign: 0,
            agent: None,
            host: None,
            gpu: None,
            value,
            beside: Vec::new(),
            step: value.map(|_| 1),
            stop: None,
            point: Point(vec![("lr".into(), Value::Float(0.1))]),
            metrics: Vec::new(),
        }
    }

    #[test]
    fn who_has_seen_a_look_is_given_what_changed_after_it() {
        let mut trials = LiveTrials::new(None);
        assert!(trials.take_in(vec![row(0, LiveState::Running, None), row(1, LiveState::Running, None)]));
        let seen = trials.version();
        assert!(!trials.take_in(vec![row(1, LiveState::Running, None)]), "nothing has changed");
        assert_eq!((trials.version(), trials.changed_since(seen).count()), (seen, 0));
        assert!(trials.take_in(vec![row(1, LiveState::Finished, Some(0.5))]));
        let changed: Vec<u64> = trials.changed_since(seen).map(|row| row.trial).collect();
        assert_eq!(changed, [1]);
        assert_eq!(
            trials.points_since(seen).collect::<Vec<_>>(),
            [CurvePoint { trial: 1, step: 1, value: 0.5 }]
        );
        assert_eq!(trials.points_since(trials.version()).count(), 0);
        assert_eq!(trials.columns(), [LiveColumn::seen("lr")]);
    }
}
