//! Where parameters may vary: each evenly over what occurs of it, independently of the others.

use super::super::columns::{AnalysisTable, ParameterColumn};
use super::super::model::ParameterKind;
use crate::gaussian::axis::{AxisKind, Levels, SearchAxis};
use crate::space::{Distribution, Number, Shape};

/// More different values than this have no places of their own.
const MOST_LEVELS: usize = 12;

/// The axes of a table, and its rows on them.
pub(super) struct VariedSpace {
    pub(super) axes: Vec<SearchAxis>,
    pub(super) names: Vec<String>,
    pub(super) rows: Vec<Vec<f64>>,
}

impl VariedSpace {
    /// Of the parameters that vary and are there in most rows. Where one is absent it stands in the middle: that says as
    /// little as possible.
    pub(super) fn of(table: &AnalysisTable, rows: &[usize]) -> Self {
        let mut measure = Self { axes: Vec::new(), names: Vec::new(), rows: vec![Vec::new(); rows.len()] };
        for column in table.columns.iter().filter(|column| column.n_distinct > 1) {
            if column.n_present * 2 < column.codes.len() {
                continue;
            }
            let Some((kind, places)) = axis(column, rows) else { continue };
            measure.axes.push(SearchAxis { kind, conditional: false });
            measure.names.push(column.name.clone());
            measure.rows.iter_mut().zip(places).for_each(|(row, place)| row.push(place));
        }
        measure
    }
}

/// The axis of a column, and the coordinate of each row.
fn axis(column: &ParameterColumn, rows: &[usize]) -> Option<(AxisKind, Vec<f64>)> {
    let codes = || rows.iter().map(|row| column.codes[*row]);
    if column.kind != ParameterKind::Numeric {
        let count = column.n_distinct;
        let commonest = commonest(codes().flatten(), count);
        let places = codes().map(|code| f64::from(code.unwrap_or(commonest))).collect();
        return Some((AxisKind::Choice { count, shares: None }, places));
    }
    if column.n_distinct <= MOST_LEVELS && column.n_distinct * 2 <= column.codes.len() {
        let levels = Levels::Even(column.n_distinct as u128);
        let places = codes().map(|code| code.map_or(0.5, |code| levels.place(code.into()))).collect();
        return Some((AxisKind::Steps(levels), places));
    }
    let scaled = |value: f64| if column.log { value.ln() } else { value };
    let finite = |row: usize| column.values[row].map(scaled).filter(|x| x.is_finite());
    let known = || (0..column.values.len()).filter_map(finite);
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    if high <= low || !(high - low).is_finite() {
        return None;
    }
    let places = rows.iter().map(|row| finite(*row).map_or(0.5, |x| (x - low) / (high - low))).collect();
    let shape = Shape::Uniform { min: Number::Int(0), max: Number::Int(1) };
    let distribution = Distribution::Continuous { shape, q: None };
    Some((AxisKind::Real { low: 0.0, high: 1.0, distribution }, places))
}

fn commonest(codes: impl Iterator<Item = u32>, count: usize) -> u32 {
    let mut counts = vec![0_usize; count];
    codes.for_each(|code| counts[code as usize] += 1);
    let most = counts.iter().copied().max().unwrap_or(0);
    (0..).zip(&counts).find(|(_, count)| **count == most).map_or(0, |(code, _)| code)
}
