//! What a forest expects of the metric where some parameters are moved and the others stay as they were (Friedman 2001,
//! section 8.2).

use linfa::dataset::DatasetBase;
use linfa::traits::Fit as _;
use ndarray::Array1;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

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
/// Most trials that each value is tried in.
const TRIALS: usize = 100;

/// A forest that was fitted to a sweep's trials, and some of them.
pub(super) struct PartialExpectation<'a> {
    frame: &'a TrialFrame,
    table: AnalysisTable,
    /// Place in the table of each group's column.
    columns: Vec<usize>,
    forest: Forest,
    unit: Unit,
    sample: Features,
}

/// What is expected somewhere, in the unit that the forest was taught.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// The mean over all trees.
    pub(super) mean: f64,
    /// The standard deviation between the trees.
    pub(super) spread: f64,
}

impl<'a> PartialExpectation<'a> {
    /// Fits the forest; `None` where the analysis has none. The result depends on the frame and the seed alone.
    pub(super) fn of(frame: &'a TrialFrame, analysis: &Analysis, seed: u64) -> Option<Self> {
        if !analysis.has_forest() {
            return None;
        }
        let table = AnalysisTable::of(frame);
        let design = Design::of(&table, seed);
        let metric = &table.metric;
        let taught = if analysis.rank_target { ranks::average(metric) } else { metric.clone() };
        let standardised = target::standardised(&taught);
        let data = DatasetBase::new(design.features, Array1::from(standardised.clone()));
        // The analysis has a forest, so that there are rows to fit one on.
        let forest = RegressionForest::new().n_trees(TREES).seed(seed).fit(&data).ok()?;
        let unit = Unit::of(metric, &taught, &standardised, analysis.rank_target);
        let sample = data.records().rows_at(&some_rows(metric.len(), TRIALS, seed));
        Some(Self { frame, columns: design.columns, forest, unit, sample, table })
    }

    /// Parameters that entered the forest.
    pub(super) fn groups(&self) -> std::ops::Range<usize> {
        0..self.columns.len()
    }

    /// The name of a parameter.
    pub(super) fn name(&self, group: usize) -> &str {
        self.column(group).map_or("", |column| &column.name)
    }

    fn column(&self, group: usize) -> Option<&ParameterColumn> {
        self.table.columns.get(*self.columns.get(group)?)
    }

    /// At most so many values of a parameter that are worth trying, with their codes: all, or quantiles of those that occur.
    pub(super) fn values(&self, group: usize, most: usize) -> Vec<(u32, Value)> {
        let Some(column) = self.column(group) else { return Vec::new() };
        let known = values_by_code(self.frame, &self.table, column);
        let value = |code: u32| Some((code, known.get(code as usize)?.clone()?));
        codes_to_try(&column.codes, most).into_iter().filter_map(value).collect()
    }

    /// What is expected where these groups have these codes in each trial.
    pub(super) fn where_moved(&self, moved: &[(usize, u32)]) -> Expected {
        let sample = moved
            .iter()
            .fold(self.sample.clone(), |features, (group, code)| features.with_code(*group, *code));
        let (codes, width) = (sample.by_row(), self.columns.len().max(1));
        let rows = sample.rows().max(1) as f64;
        let by_tree: Vec<f64> = self
            .forest
            .trees()
            .iter()
            .map(|tree| codes.chunks(width).map(|row| tree.predict(row)).sum::<f64>() / rows)
            .collect();
        let trees = by_tree.len().max(1) as f64;
        let mean = by_tree.iter().sum::<f64>() / trees;
        let variance = by_tree.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / trees;
        Expected { mean, spread: variance.sqrt() }
    }

    /// The metric that a prediction stands for.
    pub(super) fn metric(&self, prediction: f64) -> f64 {
        self.unit.read(prediction)
    }
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
fn codes_to_try(codes: &[Option<u32>], most: usize) -> Vec<u32> {
    let mut present: Vec<u32> = codes.iter().copied().flatten().collect();
    present.sort_unstable();
    let mut distinct = present.clone();
    distinct.dedup();
    if distinct.len() <= most {
        return distinct;
    }
    let last = present.len() - 1;
    let mut chosen: Vec<u32> =
        (0..most).filter_map(|step| present.get(last * step / (most - 1)).copied()).collect();
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
