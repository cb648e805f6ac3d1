//! "How much of the metric's variance is each parameter's?", from few trials: Sobol indices of a Gaussian process, with
//! credible intervals.
//!
//! A forest needs some fifty trials before it sees anything. A Gaussian process expects a smooth function, and says how sure it is:
//! hyperparameters are drawn from their posterior (`hypers`), functions from the process (`draws`; Wilson et al. 2020), and of
//! each function the first-order and total indices are taken (`indices`; Saltelli et al. 2010, Jansen 1999). The trials may crowd
//! where the metric is good: parameters are varied evenly between the smallest and the largest value that occurs.
//! Where the process predicts left-out trials no better than their mean does, nothing is said.

mod draws;
mod hypers;
mod indices;
mod measure;
pub(super) mod shares;

#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::columns::AnalysisTable;
use super::model::TrialFrame;
use super::{notes, ranks, target};
use crate::gaussian::fit::WarpedTargets;
use crate::gaussian::gp::GaussianProcess;
use crate::gaussian::kernel::PointColumns;
use crate::gaussian::warp::{bend, unbend};
use draws::FunctionDraws;
use hypers::PosteriorHypers;
use indices::{DrawnIndices, PickFreeze};
use measure::VariedSpace;
use shares::{PairShare, ParameterShare, VarianceShare, VarianceShares};

/// Fewest trials.
const FEWEST: usize = 12;
/// Most trials that the process sees, evenly chosen: beyond them the forest sees as much.
const MOST: usize = 60;
/// Most parameters.
const MOST_PARAMETERS: usize = 20;
/// A pair is named from this share on, where its interval does not reach 0.
const PAIR: f64 = 0.03;

/// The shares of a table of trials, without the rest of the analysis; `None`: too few trials, too many parameters, or nothing
/// but noise.
#[must_use]
pub fn variance_of(frame: &TrialFrame, seed: u64) -> Option<VarianceShares> {
    let table = AnalysisTable::of(frame);
    variance_shares(&table, target::heavy_tailed(&table.metric), seed)
}

/// The shares; `None`: too few trials, too many parameters, or nothing but noise.
///
/// Depends on the table and the seed alone.
pub(super) fn variance_shares(table: &AnalysisTable, rank_target: bool, seed: u64) -> Option<VarianceShares> {
    let n = table.metric.len();
    if n < FEWEST || notes::no_forest(table).is_some() {
        return None;
    }
    let rows: Vec<usize> = (0..n.min(MOST)).map(|place| place * n / n.min(MOST)).collect();
    let measure = VariedSpace::of(table, &rows);
    if measure.axes.is_empty() || measure.axes.len() > MOST_PARAMETERS {
        return None;
    }
    let metric: Vec<f64> = rows.iter().map(|row| table.metric[*row]).collect();
    let metric = if rank_target { ranks::average(&metric) } else { metric };
    let values = target::standardised(&metric);
    if ranks::constant(&values) || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let hypers = PosteriorHypers::of(&measure, &values, !rank_target, seed)?;
    if gain(&measure, &hypers, &values)? < needed(values.len(), measure.axes.len()) {
        return None;
    }
    let plan = PickFreeze::of(&measure, seed);
    let drawn: Vec<DrawnIndices> = (0..hypers.all.len())
        .into_par_iter()
        .filter_map(|place| indices_of(&measure, (&hypers, place), &values, &plan, seed))
        .flatten()
        .collect();
    let noise = (!rank_target).then(|| noise(&hypers, &values, &metric)).flatten();
    summary(&measure, &drawn, rows.len(), noise)
}

/// The indices of several functions from the process of one set of hyperparameters.
fn indices_of(
    measure: &VariedSpace,
    (hypers, place): (&PosteriorHypers, usize),
    values: &[f64],
    plan: &PickFreeze,
    seed: u64,
) -> Option<Vec<DrawnIndices>> {
    let hyper = &hypers.all[place];
    let bent = WarpedTargets::new(values, hyper.lambda);
    let functions = FunctionDraws::of(measure, hyper, &bent.values, seed, place)?;
    let (low, high) = ends(values);
    let margin = 0.25 * (high - low);
    // Where the transform is steep a draw may fly off: nothing is expected far beyond what was seen.
    let back = |z: f64| unbend(z * bent.scale + bent.shift, hyper.lambda).clamp(low - margin, high + margin);
    let columns = plan.points.iter().map(|points| functions.values(points)).collect::<Vec<_>>();
    let of_draw = |draw: usize| {
        let column =
            |column: &Vec<Vec<f64>>| column.iter().map(|values| back(values[draw])).collect::<Vec<f64>>();
        plan.indices(&columns.iter().map(column).collect::<Vec<_>>())
    };
    Some((0..functions.count()).filter_map(of_draw).collect())
}

/// By how much the process has to say more than the mean, in the unit of [`gain`]: its lengths were fitted to the trials that
/// are left out, the more of them the fewer trials there are. Of pure noise, 3 and 7 parameters and 12 to 60 trials (150 sweeps each), at
/// most one in twenty reaches it.
fn needed(trials: usize, parameters: usize) -> f64 {
    4.0 + 0.4 * parameters as f64 + 24.0 / trials as f64
}

/// By how much the process says more of left-out trials than their mean does, in units of ln of the density.
fn gain(measure: &VariedSpace, hypers: &PosteriorHypers, values: &[f64]) -> Option<f64> {
    let hyper = &hypers.best;
    let bent = WarpedTargets::new(values, hyper.lambda);
    let process = GaussianProcess::new(
        &measure.axes,
        hyper.clone(),
        PointColumns::of(measure.axes.len(), &measure.rows),
        &bent.values,
    )?;
    let density = |error: f64, variance: f64| -0.5 * (error * error / variance + variance.ln());
    let told: f64 =
        process.left_out(&bent.values).iter().map(|(error, variance)| density(*error, *variance)).sum();
    let n = bent.values.len() as f64;
    // The others' mean, and their variance with that of their mean.
    let plain: f64 = bent
        .values
        .iter()
        .map(|value| {
            let error = value * n / (n - 1.0);
            let variance = (n - value * value * n / (n - 1.0)) / (n - 2.0) * (n / (n - 1.0));
            density(error, variance.max(1e-12))
        })
        .sum();
    Some(told - plain)
}

/// The noise near the median of the metric, in its unit; `None`: the hyperparameters do not agree on it.
fn noise(hypers: &PosteriorHypers, values: &[f64], metric: &[f64]) -> Option<VarianceShare> {
    /// The upper end of an interval that says something, as a multiple of the lower.
    const AGREE: f64 = 4.0;
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = ranks::quantile(&sorted, 0.5)?;
    let ((low, high), (least, most)) = (ends(values), ends(metric));
    let unit = (most - least) / (high - low);
    let drawn: Vec<f64> = hypers
        .all
        .iter()
        .map(|hyper| {
            let bent = WarpedTargets::new(values, hyper.lambda);
            let at = (bend(middle, hyper.lambda) - bent.shift) / bent.scale;
            let sd = (0.5 * hyper.noise).exp();
            let back = |z: f64| unbend(z * bent.scale + bent.shift, hyper.lambda);
            0.5 * (back(at + sd) - back(at - sd)) * unit
        })
        .filter(|sd| sd.is_finite())
        .collect();
    VarianceShare::of(&drawn).filter(|share| share.low > 0.0 && share.high < AGREE * share.low)
}

fn ends(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)))
}

fn summary(
    measure: &VariedSpace,
    drawn: &[DrawnIndices],
    trials: usize,
    noise: Option<VarianceShare>,
) -> Option<VarianceShares> {
    let share =
        |of: &dyn Fn(&DrawnIndices) -> f64| VarianceShare::of(&drawn.iter().map(of).collect::<Vec<_>>());
    let mut parameters = Vec::new();
    for (place, name) in measure.names.iter().enumerate() {
        parameters.push(ParameterShare {
            name: name.clone(),
            first: share(&|one| one.first[place])?,
            total: share(&|one| one.total[place])?,
        });
    }
    parameters.sort_by(|a, b| b.total.mean.total_cmp(&a.total.mean).then_with(|| a.name.cmp(&b.name)));
    let mut pairs = Vec::new();
    for (at, pair) in indices::pairs(measure.names.len()).into_iter().enumerate() {
        let share = share(&|one| one.pairs[at])?;
        if share.low > 0.0 && share.mean >= PAIR {
            pairs.push(PairShare { names: pair.map(|place| measure.names[place].clone()), share });
        }
    }
    pairs.sort_by(|a, b| b.share.mean.total_cmp(&a.share.mean));
    Some(VarianceShares { trials, parameters, pairs, noise })
}
