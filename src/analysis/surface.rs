//! Partial dependence on two parameters at once, for the pairs whose effects depend on each other most.

use itertools::Itertools as _;
use rayon::prelude::*;

use super::expectation::PartialExpectation;
use super::model::Analysis;
use crate::space::Value;

/// The most important parameters, of which the pairs are made.
const MOST_IMPORTANT: usize = 4;
/// Pairs that are kept.
const PAIRS: usize = 3;
/// Most values of each parameter that are tried.
const VALUES: usize = 12;

/// The partial dependence of the metric on two parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    /// Dotted paths of the parameters.
    pub names: [String; 2],
    /// Values of the first.
    pub across: Vec<Value>,
    /// Values of the second.
    pub up: Vec<Value>,
    /// The metric that the forest expects, for each value of the second a row.
    pub rows: Vec<Vec<f64>>,
    /// The share of the surface's variance that neither parameter explains alone, from 0 to 1.
    pub interaction: f64,
}

/// The strongest pairs of the most important parameters: those whose joint effect is farthest from the sum of the two.
pub(super) fn surfaces(expectation: &PartialExpectation, analysis: &Analysis) -> Vec<Surface> {
    let group_of = |name: &str| expectation.groups().find(|group| expectation.name(*group) == name);
    let groups: Vec<usize> =
        analysis.parameters.iter().filter_map(|one| group_of(&one.name)).take(MOST_IMPORTANT).collect();
    let pairs: Vec<[usize; 2]> = groups.into_iter().array_combinations().collect();
    let mut found: Vec<(f64, Surface)> =
        pairs.into_par_iter().filter_map(|[first, second]| surface(expectation, first, second)).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().take(PAIRS).map(|(_, surface)| surface).collect()
}

/// The surface of a pair, with the variance that neither explains alone; `None` where one of them has a single value.
fn surface(expectation: &PartialExpectation, first: usize, second: usize) -> Option<(f64, Surface)> {
    let (across, up) = (expectation.values(first, VALUES), expectation.values(second, VALUES));
    if across.len() < 2 || up.len() < 2 {
        return None;
    }
    let row = |(code, _): &(u32, Value)| -> Vec<f64> {
        let cell =
            |(other, _): &(u32, Value)| expectation.where_moved(&[(first, *other), (second, *code)]).mean;
        across.iter().map(cell).collect()
    };
    let means: Vec<Vec<f64>> = up.iter().map(row).collect();
    let (joint, whole) = joint_and_whole(&means);
    let rows = means.iter().map(|row| row.iter().map(|mean| expectation.metric(*mean)).collect()).collect();
    let values = |all: Vec<(u32, Value)>| all.into_iter().map(|(_, value)| value).collect();
    let surface = Surface {
        names: [first, second].map(|group| expectation.name(group).to_owned()),
        across: values(across),
        up: values(up),
        rows,
        interaction: if whole > 0.0 { joint / whole } else { 0.0 },
    };
    Some((joint, surface))
}

/// The mean square of what is left of a table once the means of rows and columns are taken out, and of the whole around its
/// mean.
fn joint_and_whole(table: &[Vec<f64>]) -> (f64, f64) {
    let width = table.first().map_or(0, Vec::len);
    let by_row: Vec<f64> = table.iter().map(|row| mean(row.iter().copied())).collect();
    let by_column: Vec<f64> =
        (0..width).map(|at| mean(table.iter().filter_map(|row| row.get(at).copied()))).collect();
    let all = mean(by_row.iter().copied());
    let (mut joint, mut whole) = (Vec::new(), Vec::new());
    for (row, own) in table.iter().zip(&by_row) {
        for (cell, column) in row.iter().zip(&by_column) {
            joint.push((cell - column - own + all).powi(2));
            whole.push((cell - all).powi(2));
        }
    }
    (mean(joint.into_iter()), mean(whole.into_iter()))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / f64::max(count, 1.0)
}

#[cfg(test)]
mod tests {
    use super::super::{ColumnInfo, Row, TrialFrame, analyse, dependences_with_pairs};
    use super::*;
    use crate::trial::RunStatus;

    #[test]
    fn the_pair_whose_effects_depend_on_each_other_comes_first() {
        let names = ["a", "b", "c", "d"];
        let column = |name: &str| ColumnInfo { name: name.to_owned(), log: false, null_is_level: false };
        let row = |k: usize| {
            // Evenly spread in four dimensions.
            let x =
                [0.856_674_9, 0.733_891_9, 0.628_706_7, 0.538_597_3].map(|step| (k as f64 * step).fract());
            // The effect of `b` turns around with `c`.
            let metric = x[0] + 3.0 * (x[1] - 0.5) * (x[2] - 0.5);
            let cells = x.iter().map(|value| Some(Value::Float(*value))).collect();
            Row { status: RunStatus::Finished, metric: Some(metric), cells }
        };
        let frame = TrialFrame { columns: names.map(column).to_vec(), rows: (0..400).map(row).collect() };
        let pairs = dependences_with_pairs(&frame, &analyse(&frame, 1), 1).pairs;
        assert_eq!(pairs.len(), PAIRS);
        let mut strongest = pairs[0].names.clone();
        strongest.sort();
        assert_eq!(strongest, ["b", "c"]);
        assert!(pairs[0].interaction > 0.5, "{pairs:?}");
        let rows = &pairs[0].rows;
        let last = rows.len() - 1;
        assert!(rows[0][0] > rows[0][last] && rows[last][last] > rows[last][0], "{rows:?}");
    }
}
