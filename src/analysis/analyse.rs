//! The whole analysis of a table of trials.

use super::columns::Table;
use super::design::Design;
use super::figures::Figures;
use super::forest::Forest;
use super::model::{Analysis, Estimate, Frame, ParameterAnalysis};
use super::permutation::{Permutation, Rows};
use super::{notes, target, together};

/// Trees of the forest.
pub const TREES: usize = 100;
/// Out-of-bag R² from which a parameter's effect can be called clear.
const CLEAR_R2: f64 = 0.1;
/// Permutation importance that a clear effect must exceed, besides twice its standard error.
const CLEAR_DROP: f64 = 0.01;

/// Says which parameters mattered, and how far that can be trusted.
///
/// The result depends on the frame and the seed alone, not on the number of threads. Any frame is fit: where data is too
/// thin for a figure, the figure is `None` and a reason stands beside it.
#[must_use]
pub fn analyse(frame: &Frame, seed: u64) -> Analysis {
    let table = Table::of(frame);
    let forest_reason = notes::no_forest(&table);
    let rank_target = forest_reason.is_none() && target::heavy_tailed(&table.metric);
    let verdict = forest_reason.is_none().then(|| Verdict::of(&table, rank_target, seed));
    let r2 = verdict.as_ref().and_then(|verdict| verdict.permutation.r2);
    let together = together::pairs(&table);
    let facts = notes::Facts {
        table: &table,
        forest_reason: forest_reason.as_deref(),
        r2,
        rank_target,
        together: &together,
    };
    Analysis {
        n_rows: frame.rows.len(),
        n_used: table.metric.len(),
        dropped: table.dropped,
        oob_r2: r2,
        trust: notes::trust(r2),
        rank_target,
        notes: facts.sentences(),
        parameters: parameters(&table, verdict.as_ref()),
        forest_reason,
        together,
    }
}

/// What the forest says.
pub(super) struct Verdict {
    /// Place in the table of each group's column.
    columns: Vec<usize>,
    importances: Vec<f64>,
    permutation: Permutation,
}

impl Verdict {
    pub(super) fn of(table: &Table, rank_target: bool, seed: u64) -> Self {
        let design = Design::of(table, seed);
        let metric = if rank_target { super::ranks::average(&table.metric) } else { table.metric.clone() };
        let metric = target::standardised(&metric);
        let forest = Forest::fit(&design.features, &metric, TREES, seed);
        let permutation = Permutation::of(&forest, &design.features, &metric, Rows::OutOfBag, seed);
        Self { columns: design.columns, importances: forest.importances(), permutation }
    }

    fn group(&self, column: usize) -> Option<usize> {
        self.columns.iter().position(|place| *place == column)
    }

    fn clear(&self, drop: Estimate) -> bool {
        self.permutation.r2.is_some_and(|r2| r2 >= CLEAR_R2) && drop.mean > (2.0 * drop.se).max(CLEAR_DROP)
    }
}

/// The parameters in the order of the table: by permutation importance, then by name.
fn parameters(table: &Table, verdict: Option<&Verdict>) -> Vec<ParameterAnalysis> {
    let one = |(place, column): (usize, &super::columns::Column)| {
        let figures = Figures::of(column, &table.metric);
        let group = verdict.and_then(|verdict| Some((verdict, verdict.group(place)?)));
        let permutation = group.and_then(|(verdict, group)| verdict.permutation.drops.get(group).copied());
        ParameterAnalysis {
            name: column.name.clone(),
            kind: column.kind,
            log: column.log,
            n_present: column.n_present,
            n_distinct: column.n_distinct,
            importance: group.and_then(|(verdict, group)| verdict.importances.get(group).copied()),
            permutation,
            pearson: figures.pearson,
            pearson_raw: figures.pearson_raw,
            spearman: figures.spearman,
            eta_squared: figures.eta_squared,
            reason: figures.reason,
            excluded: verdict.and_then(|_| notes::exclusion(column)),
            clear: verdict.zip(permutation).is_some_and(|(verdict, drop)| verdict.clear(drop)),
        }
    };
    let mut parameters: Vec<ParameterAnalysis> = table.columns.iter().enumerate().map(one).collect();
    let drop =
        |parameter: &ParameterAnalysis| parameter.permutation.map_or(f64::NEG_INFINITY, |drop| drop.mean);
    parameters.sort_by(|a, b| drop(b).total_cmp(&drop(a)).then_with(|| a.name.cmp(&b.name)));
    parameters
}
