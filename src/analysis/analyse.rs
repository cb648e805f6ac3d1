//! The whole analysis of a table of trials.

use linfa::dataset::DatasetBase;
use linfa::traits::Fit as _;
use ndarray::Array1;

use super::columns::AnalysisTable;
use super::design::Design;
use super::estimator::{ForestError, RegressionForest};
use super::figures::Figures;
use super::model::{Analysis, Effect, Estimate, ParameterAnalysis, RankFigures, TrialFrame};
use super::permutation::{JudgedRows, PermutationImportance};
use super::variance::variance_shares;
use super::{notes, target, together};

/// Rows that all forests of an analysis hold together: a small table gets several, whose figures are averaged, since one
/// alone says more of its seed.
const ROWS: usize = 1000;
/// Most forests of an analysis.
const FORESTS: usize = 5;
/// Between the seeds of two forests: odd, so that all are different (the golden ratio's bits).
const SEED_STEP: u64 = 0x9e37_79b9_7f4a_7c15;
/// Out-of-bag R² from which a parameter's effect can be called weak, and from which it can be called clear.
const WEAK_R2: f64 = 0.1;
const CLEAR_R2: f64 = 0.3;
/// Permutation importance that an effect must exceed, besides twice its standard error.
const DROP: f64 = 0.01;

/// Says which parameters mattered, and how far that can be trusted.
///
/// The result depends on the set of trials and the seed alone: not on the order of rows or columns, nor on the number of
/// threads. Any frame is fit: where data is too
/// thin for a figure, the figure is `None` and a reason stands beside it.
#[must_use]
pub fn analyse(frame: &TrialFrame, seed: u64) -> Analysis {
    let table = AnalysisTable::of(frame);
    let too_thin = notes::no_forest(&table);
    let rank_target = too_thin.is_none() && target::heavy_tailed(&table.metric);
    let results = match too_thin {
        Some(reason) => Err(reason),
        None => ForestResults::of(&table, rank_target, seed).map_err(|error| error.to_string()),
    };
    let (verdict, forest_reason) = match results {
        Ok(results) => (Some(results), None),
        Err(reason) => (None, Some(reason)),
    };
    let r2 = verdict.as_ref().and_then(|verdict| verdict.r2);
    let together = together::pairs(&table);
    let facts = notes::NoteContext {
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
        parameters: parameters(&table, rank_target, verdict.as_ref()),
        variance: variance_shares(&table, rank_target, seed),
        forest_reason,
        together,
    }
}

/// What the forests say.
struct ForestResults {
    /// Place in the table of each group's column.
    columns: Vec<usize>,
    importances: Vec<f64>,
    /// Permutation importances on out-of-bag rows.
    drops: Vec<Estimate>,
    r2: Option<f64>,
    trials: usize,
}

impl ForestResults {
    fn of(table: &AnalysisTable, rank_target: bool, seed: u64) -> Result<Self, ForestError> {
        let metric = if rank_target { super::ranks::average(&table.metric) } else { table.metric.clone() };
        let metric = target::standardised(&metric);
        let forests = (ROWS / metric.len().max(1)).clamp(1, FORESTS) as u64;
        let one = |place: u64| {
            let seed = seed.wrapping_add(place.wrapping_mul(SEED_STEP));
            let design = Design::of(table, seed);
            let data = DatasetBase::new(design.features, Array1::from(metric.clone()));
            let forest = RegressionForest::new().seed(seed).fit(&data)?;
            let permutation =
                PermutationImportance::of(&forest, data.records(), &metric, JudgedRows::OutOfBag, seed);
            Ok((design.columns, forest.importances(), permutation))
        };
        let fitted = (0..forests).map(one).collect::<Result<Vec<_>, ForestError>>()?;
        let columns = fitted.first().map(|(columns, ..)| columns.clone()).unwrap_or_default();
        let mean = |figure: &dyn Fn(&Vec<f64>, &PermutationImportance) -> f64| {
            fitted.iter().map(|(_, importances, permutation)| figure(importances, permutation)).sum::<f64>()
                / fitted.len() as f64
        };
        let groups = 0..columns.len();
        Ok(Self {
            importances: groups.clone().map(|group| mean(&|importances, _| importances[group])).collect(),
            drops: groups
                .map(|group| Estimate {
                    mean: mean(&|_, permutation| permutation.drops[group].mean),
                    se: mean(&|_, permutation| permutation.drops[group].se),
                })
                .collect(),
            r2: fitted
                .iter()
                .all(|(.., permutation)| permutation.r2.is_some())
                .then(|| mean(&|_, permutation| permutation.r2.unwrap_or_default())),
            trials: metric.len(),
            columns,
        })
    }

    fn group(&self, column: usize) -> Option<usize> {
        self.columns.iter().position(|place| *place == column)
    }

    fn effect(&self, drop: Estimate) -> Effect {
        let r2 = self.r2.unwrap_or(0.0);
        match drop.mean > (2.0 * drop.se).max(DROP) && r2 >= WEAK_R2 {
            _ if self.trials < notes::FEW => Effect::TooFew,
            false => Effect::Unclear,
            true if r2 < CLEAR_R2 => Effect::Weak,
            true => Effect::Clear,
        }
    }
}

/// The parameters in the order of the table: by permutation importance, then by name.
fn parameters(
    table: &AnalysisTable,
    rank_target: bool,
    verdict: Option<&ForestResults>,
) -> Vec<ParameterAnalysis> {
    let ranked = rank_target.then(|| super::ranks::average(&table.metric));
    let one = |(place, column): (usize, &super::columns::ParameterColumn)| {
        let figures = Figures::of(column, &table.metric);
        let on_ranks = ranked.as_ref().map(|ranks| Figures::of(column, ranks));
        let group = verdict.and_then(|verdict| Some((verdict, verdict.group(place)?)));
        let permutation = group.and_then(|(verdict, group)| verdict.drops.get(group).copied());
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
            on_ranks: on_ranks
                .map(|figures| RankFigures { pearson: figures.pearson, eta_squared: figures.eta_squared }),
            effect: verdict.zip(permutation).map_or(Effect::Unknown, |(verdict, drop)| verdict.effect(drop)),
        }
    };
    let mut parameters: Vec<ParameterAnalysis> = table.columns.iter().enumerate().map(one).collect();
    let drop =
        |parameter: &ParameterAnalysis| parameter.permutation.map_or(f64::NEG_INFINITY, |drop| drop.mean);
    parameters.sort_by(|a, b| drop(b).total_cmp(&drop(a)).then_with(|| a.name.cmp(&b.name)));
    parameters
}
