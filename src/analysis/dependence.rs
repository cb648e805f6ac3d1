//! Partial dependence (Friedman 2001, section 8.2): what the forest expects of the metric as one parameter moves and the
//! others stay as they were.

use linfa::dataset::DatasetBase;
use linfa::traits::{Fit as _, Predict as _};
use ndarray::Array1;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::columns::{AnalysisTable, ParameterColumn};
use super::design::Design;
use super::estimator::RegressionForest;
use super::features::Features;
use super::forest::Forest;
use super::model::{Analysis, TrialFrame};
use super::streams::shuffle;
use super::{ranks, target};
use crate::space::Value;

/// Trees of the forest: a curve needs fewer than an importance.
const TREES: usize = 60;
/// Most values of a parameter that are tried.
const VALUES: usize = 24;
/// Most trials that each value is tried in.
const TRIALS: usize = 100;

/// The partial dependence of the metric on one parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependence {
    /// Dotted path of the parameter.
    pub name: String,
    /// Values of the parameter, numbers in ascending order, with the metric that the forest expects there.
    pub steps: Vec<(Value, f64)>,
}

/// The partial dependences of all parameters that entered the forest; empty where there is none. `analysis` is that of
/// the same frame. The result depends on the frame and the seed alone.
#[must_use]
pub fn dependences(frame: &TrialFrame, analysis: &Analysis, seed: u64) -> Vec<Dependence> {
    if !analysis.has_forest() {
        return Vec::new();
    }
    let table = AnalysisTable::of(frame);
    let design = Design::of(&table, seed);
    let metric = &table.metric;
    let taught = if analysis.rank_target { ranks::average(metric) } else { metric.clone() };
    let standardised = target::standardised(&taught);
    let data = DatasetBase::new(design.features, Array1::from(standardised.clone()));
    // The analysis has a forest, so that there are rows to fit one on.
    let Ok(forest) = RegressionForest::new().n_trees(TREES).seed(seed).fit(&data) else { return Vec::new() };
    let unit = Unit::of(metric, &taught, &standardised, analysis.rank_target);
    let sample = data.records().rows_at(&some_rows(metric.len(), TRIALS, seed));
    let one = |(group, column): (usize, &usize)| {
        let column = &table.columns[*column];
        let values = values_by_code(frame, &table, column);
        let steps = codes_to_try(&column.codes).into_iter().filter_map(|code| {
            let value = values.get(code as usize)?.clone()?;
            Some((value, unit.read(expected(&forest, &sample, group, code))))
        });
        Dependence { name: column.name.clone(), steps: steps.collect() }
    };
    design.columns.par_iter().enumerate().map(one).collect()
}

/// The mean prediction where one group has this code in every row.
fn expected(forest: &Forest, sample: &Features, group: usize, code: u32) -> f64 {
    let moved = DatasetBase::new(sample.with_code(group, code), ());
    let predicted: Array1<f64> = forest.predict(&moved);
    // In the order of the rows: the figure must not depend on how a library adds up.
    predicted.iter().sum::<f64>() / predicted.len().max(1) as f64
}

/// At most `most` places of `n`, drawn without repeats.
fn some_rows(n: usize, most: usize, seed: u64) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..n).collect();
    if n > most {
        // A stream of its own, apart from those of the forest.
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(u64::MAX);
        shuffle(&mut rng, &mut rows);
        rows.truncate(most);
    }
    rows
}

/// The codes that are tried: all, or the quantiles of those that occur.
fn codes_to_try(codes: &[Option<u32>]) -> Vec<u32> {
    let mut present: Vec<u32> = codes.iter().copied().flatten().collect();
    present.sort_unstable();
    let mut distinct = present.clone();
    distinct.dedup();
    if distinct.len() <= VALUES {
        return distinct;
    }
    let last = present.len() - 1;
    let mut chosen: Vec<u32> =
        (0..VALUES).filter_map(|step| present.get(last * step / (VALUES - 1)).copied()).collect();
    chosen.dedup();
    chosen
}

/// A value for each code of a column, from a trial that has it.
fn values_by_code(frame: &TrialFrame, table: &AnalysisTable, column: &ParameterColumn) -> Vec<Option<Value>> {
    let most = column.codes.iter().copied().flatten().max().map_or(0, |code| code as usize + 1);
    let mut values = vec![None; most];
    for (row, code) in table.rows.iter().zip(&column.codes) {
        if let Some(slot) = code.and_then(|code| values.get_mut(code as usize))
            && slot.is_none()
        {
            *slot = frame.rows[*row].cells.get(column.place).cloned().flatten();
        }
    }
    values
}

/// From what the forest says back to the metric.
struct Unit {
    /// What the forest was taught: its smallest and largest value, and what these were before.
    low: (f64, f64),
    high: (f64, f64),
    /// The metric in order, where ranks were taught.
    sorted: Option<Vec<f64>>,
}

impl Unit {
    fn of(metric: &[f64], taught: &[f64], standardised: &[f64], ranked: bool) -> Self {
        let pairs = || standardised.iter().copied().zip(taught.iter().copied());
        let sorted = ranked.then(|| {
            let mut sorted = metric.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            sorted
        });
        let low = pairs().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default();
        let high = pairs().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default();
        Self { low, high, sorted }
    }

    fn read(&self, prediction: f64) -> f64 {
        let share = (prediction - self.low.0) / (self.high.0 - self.low.0);
        let taught = self.low.1 * (1.0 - share) + self.high.1 * share;
        let Some(sorted) = &self.sorted else { return taught };
        let place = (taught - 1.0) / (sorted.len().max(2) - 1) as f64;
        ranks::quantile(sorted, place.clamp(0.0, 1.0)).unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{ColumnInfo, Row, analyse};
    use crate::trial::RunStatus;

    fn frame(metric: impl Fn(f64, usize) -> f64) -> TrialFrame {
        let column = |name: &str| ColumnInfo { name: name.to_owned(), log: false, null_is_level: false };
        let row = |k: usize| {
            let x = (k * 37 % 100) as f64 / 100.0;
            let level = k % 3;
            let cells = vec![
                Some(Value::Float(x)),
                Some(Value::Text(["a", "b", "c"][level].to_owned())),
                Some(Value::Float((k * 61 % 97) as f64)),
            ];
            Row { status: RunStatus::Finished, metric: Some(metric(x, level)), cells }
        };
        TrialFrame {
            columns: ["x", "level", "noise"].map(column).to_vec(),
            rows: (0..300).map(row).collect(),
        }
    }

    fn steps<'a>(all: &'a [Dependence], name: &str) -> &'a [(Value, f64)] {
        &all.iter().find(|one| one.name == name).unwrap().steps
    }

    #[test]
    fn the_curve_of_an_additive_cause_has_its_slope_in_the_metrics_own_unit() {
        let frame = frame(|x, level| 1000.0 + 10.0 * x + 3.0 * level as f64);
        let all = dependences(&frame, &analyse(&frame, 1), 1);
        let x = steps(&all, "x");
        assert_eq!(x.len(), VALUES);
        let rise = x[x.len() - 1].1 - x[0].1;
        assert!((8.5..10.5).contains(&rise), "{rise}");
        assert!(x.iter().all(|(_, value)| (1000.0..1016.0).contains(value)), "{x:?}");
        let levels = steps(&all, "level");
        let names: Vec<&Value> = levels.iter().map(|(value, _)| value).collect();
        assert_eq!(
            names,
            ["a", "b", "c"].map(|name| Value::Text(name.to_owned())).iter().collect::<Vec<_>>()
        );
        assert!((levels[2].1 - levels[0].1 - 6.0).abs() < 1.0, "{levels:?}");
        let noise = steps(&all, "noise").iter().map(|(_, value)| *value);
        let (low, high) = noise.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        assert!(high - low < 1.0, "{low} {high}");
    }

    #[test]
    fn where_ranks_were_taught_the_curve_still_speaks_of_the_metric() {
        let frame = frame(|x, level| if x > 0.985 { -1e9 } else { x + level as f64 });
        let analysis = analyse(&frame, 1);
        assert!(analysis.rank_target);
        let all = dependences(&frame, &analysis, 1);
        let x = steps(&all, "x");
        assert!(x.iter().all(|(_, value)| (-1e9..=3.0).contains(value)), "{x:?}");
        assert!(x[12].1 > x[2].1 && (0.0..3.0).contains(&x[12].1), "{x:?}");
    }

    #[test]
    fn without_a_forest_there_is_no_curve() {
        let mut frame = frame(|x, _| x);
        frame.rows.truncate(4);
        assert!(dependences(&frame, &analyse(&frame, 1), 1).is_empty());
    }
}
