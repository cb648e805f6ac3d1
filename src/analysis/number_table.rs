//! The forest for tables of plain numbers, as linfa's own algorithms take them.
//!
//! ```
//! use linfa::Dataset;
//! use linfa::traits::{Fit, Predict};
//! use ndarray::{Array1, Array2};
//! use sweep::analysis::RegressionForest;
//!
//! let records = Array2::from_shape_fn((200, 2), |(row, column)| ((row * (7 + column)) % 50) as f64);
//! let target: Array1<f64> = records.column(0).mapv(|x| x * x);
//! let forest = RegressionForest::new().n_trees(50).seed(7).fit(&Dataset::new(records.clone(), target))?;
//! let predicted = forest.predict(&records);
//! assert!(forest.importances()[0] > 0.9);
//! assert!((predicted[3] - records[[3, 0]].powi(2)).abs() < 100.0);
//! # Ok::<(), sweep::analysis::ForestError>(())
//! ```

use itertools::Itertools as _;
use linfa::Float;
use linfa::dataset::{AsSingleTargets, DatasetBase};
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, ArrayBase, Data, Ix2};

use super::estimator::{ForestError, ValidRegressionForest};
use super::features::{Features, Group, SplitKind};
use super::forest::Forest;

/// A regression forest fitted to a table of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedRegressionForest {
    forest: Forest,
    /// Each feature's distinct values in ascending order: a value's code is its place among them.
    known: Vec<Vec<f64>>,
    scale: TargetScale,
}

/// How targets are brought near 1, so that no scale is too small or too large to be squared.
#[derive(Debug, Clone, Copy, PartialEq)]
struct TargetScale {
    unit: f64,
    mean: f64,
    spread: f64,
}

impl TargetScale {
    fn of(targets: &[f64]) -> Self {
        let largest = |values: &mut dyn Iterator<Item = f64>| {
            let largest = values.fold(0.0_f64, |largest, value| largest.max(value.abs()));
            if largest > 0.0 { largest } else { 1.0 }
        };
        let unit = largest(&mut targets.iter().copied());
        let mean = targets.iter().map(|target| target / unit).sum::<f64>() / targets.len().max(1) as f64;
        let spread = largest(&mut targets.iter().map(|target| target / unit - mean));
        Self { unit, mean, spread }
    }

    fn learnt(&self, target: f64) -> f64 {
        (target / self.unit - self.mean) / self.spread
    }

    fn told(&self, learnt: f64) -> f64 {
        (learnt * self.spread + self.mean) * self.unit
    }
}

impl<F: Float, D: Data<Elem = F>, T: AsSingleTargets<Elem = F>> Fit<ArrayBase<D, Ix2>, T, ForestError>
    for ValidRegressionForest
{
    type Object = FittedRegressionForest;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Self::Object, ForestError> {
        let (records, targets) = (dataset.records(), dataset.as_single_targets());
        if records.nrows() != targets.len() {
            return Err(linfa::Error::MismatchedShapes(records.nrows(), targets.len()).into());
        }
        let targets = column("target".to_owned(), targets.iter(), "finite", f64::is_finite)?;
        let mut known = Vec::with_capacity(records.ncols());
        let mut groups = Vec::with_capacity(records.ncols());
        for (place, feature) in records.columns().into_iter().enumerate() {
            let values =
                column(format!("feature {place}"), feature.iter(), "a number", |value| !value.is_nan())?;
            let distinct = values.iter().copied().sorted_unstable_by(f64::total_cmp).dedup().collect_vec();
            groups.push(Group::new(
                SplitKind::Ordered,
                values.iter().map(|value| code(&distinct, *value)).collect(),
            ));
            known.push(distinct);
        }
        let scale = TargetScale::of(&targets);
        let learnt: Vec<f64> = targets.iter().map(|target| scale.learnt(*target)).collect();
        let features = Features::new(learnt.len(), groups);
        let forest = self.fit(&DatasetBase::new(features, Array1::from(learnt)))?;
        Ok(FittedRegressionForest { forest, known, scale })
    }
}

/// The numbers of one column as `f64`, if all are as they should be.
fn column<'a, F: Float>(
    what: String,
    values: impl Iterator<Item = &'a F>,
    wanted: &'static str,
    holds: fn(f64) -> bool,
) -> Result<Vec<f64>, ForestError> {
    let values: Vec<f64> = values.map(|value| value.to_f64().unwrap_or(f64::NAN)).collect();
    match values.iter().position(|value| !holds(*value)) {
        Some(row) => Err(ForestError::NotANumber { what, row, wanted }),
        None => Ok(values),
    }
}

/// The place of the nearest of the known values, the lower of two equally near; NaN goes with the largest.
fn code(known: &[f64], value: f64) -> u32 {
    let above = known.partition_point(|known| *known < value || value.is_nan());
    let place = match (above.checked_sub(1).and_then(|below| known.get(below)), known.get(above)) {
        (Some(_), None) => above - 1,
        (Some(below), Some(above_value)) if value - below <= above_value - value => above - 1,
        _ => above,
    };
    place as u32
}

impl FittedRegressionForest {
    /// Mean decrease in impurity of each feature, summing to 1; all zero where nothing could be split.
    #[must_use]
    pub fn importances(&self) -> Vec<f64> {
        self.forest.importances()
    }

    fn predict_row<'a, F: Float>(&self, row: impl Iterator<Item = &'a F>) -> F {
        let numbers = row.map(|value| value.to_f64().unwrap_or(f64::NAN));
        let codes: Vec<u32> =
            self.known.iter().zip(numbers).map(|(known, value)| code(known, value)).collect();
        F::cast(self.scale.told(self.forest.predict_row(&codes)))
    }
}

impl<F: Float, D: Data<Elem = F>> PredictInplace<ArrayBase<D, Ix2>, Array1<F>> for FittedRegressionForest {
    /// Predicts each row; a feature that a row lacks counts as the smallest value known.
    fn predict_inplace(&self, x: &ArrayBase<D, Ix2>, y: &mut Array1<F>) {
        for (row, target) in x.rows().into_iter().zip(y.iter_mut()) {
            *target = self.predict_row(row.iter());
        }
    }

    fn default_target(&self, x: &ArrayBase<D, Ix2>) -> Array1<F> {
        Array1::zeros(x.nrows())
    }
}

#[cfg(test)]
mod tests {
    use linfa::Dataset;
    use linfa::prelude::SingleTargetRegression;
    use linfa::traits::Predict;
    use ndarray::{Array2, array};

    use super::*;
    use crate::analysis::RegressionForest;

    /// The data of the example: ten measurements of 442 patients, and the progression of their disease.
    fn diabetes() -> Dataset<f64, f64, ndarray::Ix1> {
        let mut rows = csv::Reader::from_reader(&include_bytes!("../../examples/diabetes/diabetes.csv")[..]);
        let rows: Vec<Vec<f64>> = rows.deserialize().map(Result::unwrap).collect();
        let features = rows[0].len() - 1;
        let records = Array2::from_shape_fn((rows.len(), features), |(row, column)| rows[row][column]);
        Dataset::new(records, rows.iter().map(|row| row[features]).collect())
    }

    #[test]
    fn it_learns_the_diabetes_set_better_than_the_mean_does() {
        let data = diabetes();
        let (train, test) = data.split_with_ratio(0.7);
        let forest = RegressionForest::new().n_trees(30).fit(&train).unwrap();
        let r2 = forest.predict(&test).r2(&test).unwrap();
        assert!(r2 > 0.3, "R² {r2}");
    }

    #[test]
    fn single_precision_and_tiny_scales_are_learnt() {
        let records = Array2::from_shape_fn((60, 1), |(row, _)| 1e-30_f32 * row as f32);
        let targets = records.column(0).mapv(|x| if x > 3e-29 { 2e-30 } else { 1e-30 });
        let forest = RegressionForest::new().fit(&Dataset::new(records, targets)).unwrap();
        let predicted: Array1<f32> = forest.predict(&array![[0.0_f32], [5.9e-29], [1.0], [-1.0]]);
        let expected = [1e-30, 2e-30, 2e-30, 1e-30];
        predicted
            .iter()
            .zip(expected)
            .for_each(|(found, wanted)| assert!((found / wanted - 1.0).abs() < 0.01));
    }

    #[test]
    fn with_no_features_it_predicts_about_the_mean() {
        let data = Dataset::new(Array2::<f64>::zeros((50, 0)), Array1::from_iter((0..50).map(f64::from)));
        let forest = RegressionForest::new().fit(&data).unwrap();
        let predicted: Array1<f64> = forest.predict(&Array2::zeros((1, 0)));
        assert!((predicted[0] - 24.5).abs() < 2.0);
    }

    #[test]
    fn what_cannot_be_fitted_is_refused_by_name() {
        let data = |x: f64, y: f64| Dataset::new(array![[1.0], [x]], array![y, 2.0]);
        let fit = |data: &Dataset<f64, f64, ndarray::Ix1>| {
            RegressionForest::new().fit(data).unwrap_err().to_string()
        };
        assert_eq!(fit(&data(f64::NAN, 1.0)), "feature 0 of row 1 is not a number");
        assert_eq!(fit(&data(1.0, f64::INFINITY)), "target of row 0 is not finite");
        let none = RegressionForest::new().n_trees(0).fit(&data(1.0, 1.0));
        assert!(matches!(none, Err(ForestError::NoTrees)));
        let empty = Dataset::new(Array2::<f64>::zeros((0, 1)), Array1::zeros(0));
        assert!(matches!(RegressionForest::new().fit(&empty), Err(ForestError::Linfa(_))));
    }

    #[test]
    fn an_unknown_value_takes_the_place_of_the_nearest() {
        let known = [0.0, 1.0, 10.0];
        assert_eq!([-5.0, 0.4, 0.6, 5.5, 5.6, 99.0].map(|value| code(&known, value)), [0, 0, 1, 1, 2, 2]);
        assert_eq!(code(&known, f64::NAN), 2);
        assert_eq!(code(&[], 1.0), 0);
    }
}
