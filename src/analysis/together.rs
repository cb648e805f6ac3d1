//! Parameters that move together: a forest cannot separate their effects.

use super::columns::{AnalysisTable, ParameterColumn};
use super::model::{Measure, ParameterAssociation, ParameterKind};
use super::{association, correlation, design, ranks};

/// Absolute Spearman correlation, or Cramér's V, from which two parameters are said to move together.
const CLOSE: f64 = 0.8;

/// All pairs that move together, the closest first.
pub(super) fn pairs(table: &AnalysisTable) -> Vec<ParameterAssociation> {
    let varies = |column: &&ParameterColumn| column.n_distinct > 1 && column.n_present >= design::FEWEST;
    let sides: Vec<Side> = table.columns.iter().filter(varies).map(Side::of).collect();
    let mut found = Vec::new();
    for (place, a) in sides.iter().enumerate() {
        for b in &sides[place + 1..] {
            let Some((measure, value)) = a.measure(b) else { continue };
            if value.abs() >= CLOSE {
                let names = [a.column.name.clone(), b.column.name.clone()];
                found.push(ParameterAssociation { names, measure, value });
            }
        }
    }
    found.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()).then_with(|| a.names.cmp(&b.names)));
    found
}

/// One side of a pair.
struct Side<'a> {
    column: &'a ParameterColumn,
    /// Deviations of its average ranks from their mean, where it is ordered and present in every row: then its ranks are
    /// the same in every pair whose other side is present everywhere too.
    deviations: Option<Vec<f64>>,
}

impl<'a> Side<'a> {
    fn of(column: &'a ParameterColumn) -> Self {
        let complete = column.n_present == column.codes.len() && column.kind != ParameterKind::Categorical;
        let codes = || column.codes.iter().copied().flatten().collect::<Vec<u32>>();
        Self { column, deviations: complete.then(|| ranks::centred(&average_ranks(&codes()))) }
    }

    /// Spearman for two parameters with an order, Cramér's V for two categories (a boolean is both); over the rows in
    /// which both are present.
    fn measure(&self, other: &Self) -> Option<(Measure, f64)> {
        match (self.column.kind, other.column.kind) {
            (ParameterKind::Bool | ParameterKind::Numeric, ParameterKind::Bool | ParameterKind::Numeric) => {
                self.spearman(other).map(|r| (Measure::Spearman, r))
            }
            (
                ParameterKind::Bool | ParameterKind::Categorical,
                ParameterKind::Bool | ParameterKind::Categorical,
            ) => {
                let (x, y) = self.shared_codes(other)?;
                association::cramers_v(&x, &y).map(|v| (Measure::CramersV, v))
            }
            _ => None,
        }
    }

    fn spearman(&self, other: &Self) -> Option<f64> {
        if let (Some(x), Some(y)) = (&self.deviations, &other.deviations) {
            return correlation::of_deviations(x, y);
        }
        let (x, y) = self.shared_codes(other)?;
        correlation::coefficient(&average_ranks(&x), &average_ranks(&y))
    }

    /// The codes of the rows in which both are present; `None`: too few.
    fn shared_codes(&self, other: &Self) -> Option<(Vec<u32>, Vec<u32>)> {
        let both = self.column.codes.iter().zip(&other.column.codes).filter_map(|(a, b)| a.zip(*b));
        let (x, y): (Vec<u32>, Vec<u32>) = both.unzip();
        (x.len() >= design::FEWEST).then_some((x, y))
    }
}

fn average_ranks(codes: &[u32]) -> Vec<f64> {
    let codes: Vec<f64> = codes.iter().map(|code| f64::from(*code)).collect();
    ranks::average(&codes)
}
