//! The table of a sweep's trials, from its config and what the trials gave.

use super::model::{ColumnInfo, Row, TrialFrame};
use crate::config::{Config, Method};
use crate::space::{Distribution, Point, Value};
use crate::trial::RunStatus;

impl TrialFrame {
    /// An empty table for the trials of a sweep: a column for each parameter that can vary, and one for the budget of
    /// `successive_halving`, so that what a larger budget gives is not put down to the parameters.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let budget = config.budget.as_ref().filter(|_| config.method == Method::SuccessiveHalving);
        let budget = budget.map(|budget| budget.parameter.clone());
        let leaves = config.space.leaves().into_iter();
        let columns = leaves
            .filter(|leaf| !leaf.parameter.distribution.is_constant())
            .map(|leaf| ColumnInfo {
                log: leaf.parameter.distribution.is_log(),
                null_is_level: declares_null(&leaf.parameter.distribution),
                name: leaf.name,
            })
            .chain(budget.map(|name| ColumnInfo { name, log: true, null_is_level: false }))
            .collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a trial. Its values are found by the columns' dotted paths; what the point has beyond them is left out.
    pub fn push(&mut self, point: &Point, status: RunStatus, metric: Option<f64>) {
        let cells = self.columns.iter().map(|column| point.get(&column.name).cloned()).collect();
        self.rows.push(Row { status, metric, cells });
    }
}

fn declares_null(distribution: &Distribution) -> bool {
    matches!(distribution, Distribution::Categorical { values, .. } if values.contains(&Value::Null))
}
