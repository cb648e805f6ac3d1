//! From columns to what a forest splits on: which parameters enter, and what fills their missing cells.

use super::columns::{AnalysisTable, ParameterColumn};
use super::features::{Features, Group, SplitKind};
use super::model::ParameterKind;
use super::streams::{Stream, below};

/// Fewest used rows for a forest, and fewest of them in which a parameter must be present to enter it.
pub(super) const FEWEST: usize = 5;

/// The features of a table and the column that each of their groups came from.
#[derive(Debug)]
pub(super) struct Design {
    pub(super) features: Features,
    /// Place in the table of each group's column.
    pub(super) columns: Vec<usize>,
}

impl Design {
    /// All columns that are present in enough rows.
    pub(super) fn of(table: &AnalysisTable, seed: u64) -> Self {
        let enter = |(_, column): &(usize, &ParameterColumn)| column.n_present >= FEWEST;
        let columns: Vec<usize> =
            table.columns.iter().enumerate().filter(enter).map(|(place, _)| place).collect();
        let groups = columns.iter().map(|place| group(&table.columns[*place], *place, seed)).collect();
        Self { features: Features::new(table.metric.len(), groups), columns }
    }
}

/// A missing cell takes the value of a random row that has one: no hint of its absence is left. Shuffles later move
/// only the rows that had a value of their own.
fn group(column: &ParameterColumn, place: usize, seed: u64) -> Group {
    let scale = match column.kind {
        ParameterKind::Bool | ParameterKind::Numeric => SplitKind::Ordered,
        ParameterKind::Categorical => SplitKind::Levels,
    };
    let present: Vec<u32> = column.codes.iter().copied().flatten().collect();
    let mut rng = Stream::Fill(place).open(seed);
    let mut fill = || {
        let donor = below(&mut rng, present.len() as u32);
        present.get(donor as usize).copied().unwrap_or(0)
    };
    let codes: Vec<u32> = column.codes.iter().map(|code| code.unwrap_or_else(&mut fill)).collect();
    let group = Group::new(scale, codes);
    if present.len() == column.codes.len() {
        return group;
    }
    let has = |(row, code): (u32, &Option<u32>)| code.map(|_| row);
    group.moving_only((0..).zip(&column.codes).filter_map(has).collect())
}
