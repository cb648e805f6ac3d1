//! Parameters that move together: a forest cannot tell their effects apart.

use super::columns::{Column, Table};
use super::model::{Kind, Measure, Together};
use super::{association, correlation, design, ranks};

/// Absolute Spearman correlation, or Cramér's V, from which two parameters are said to move together.
const CLOSE: f64 = 0.8;

/// All pairs that move together, the closest first.
pub(super) fn pairs(table: &Table) -> Vec<Together> {
    let varies = |column: &&Column| column.n_distinct > 1 && column.n_present >= design::FEWEST;
    let columns: Vec<&Column> = table.columns.iter().filter(varies).collect();
    let mut found = Vec::new();
    for (place, a) in columns.iter().enumerate() {
        for b in &columns[place + 1..] {
            let Some((measure, value)) = measure(a, b) else { continue };
            if value.abs() >= CLOSE {
                found.push(Together { names: [a.name.clone(), b.name.clone()], measure, value });
            }
        }
    }
    found.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()).then_with(|| a.names.cmp(&b.names)));
    found
}

/// Spearman for two parameters with an order, Cramér's V for two categories (a boolean is both); over the rows in which
/// both are present.
fn measure(a: &Column, b: &Column) -> Option<(Measure, f64)> {
    let both = a.codes.iter().zip(&b.codes).filter_map(|(a, b)| a.zip(*b));
    let (x, y): (Vec<u32>, Vec<u32>) = both.unzip();
    if x.len() < design::FEWEST {
        return None;
    }
    match (a.kind, b.kind) {
        (Kind::Bool | Kind::Numeric, Kind::Bool | Kind::Numeric) => {
            let ranks = |codes: &[u32]| {
                let codes: Vec<f64> = codes.iter().map(|code| f64::from(*code)).collect();
                ranks::average(&codes)
            };
            correlation::coefficient(&ranks(&x), &ranks(&y)).map(|r| (Measure::Spearman, r))
        }
        (Kind::Bool | Kind::Categorical, Kind::Bool | Kind::Categorical) => {
            association::cramers_v(&x, &y).map(|v| (Measure::CramersV, v))
        }
        _ => None,
    }
}
