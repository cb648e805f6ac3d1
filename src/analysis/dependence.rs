//! Partial dependence (Friedman 2001, section 8.2): what the forest expects of the metric as one parameter moves, or two, and
//! the others stay as they were.

use rayon::prelude::*;

use super::expectation::PartialExpectation;
use super::model::{Analysis, TrialFrame};
use super::surface::{Surface, surfaces};
use crate::space::Value;

/// Most values of a parameter that are tried.
const VALUES: usize = 24;

/// The partial dependence of the metric on one parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependence {
    /// Dotted path of the parameter.
    pub name: String,
    /// Values of the parameter, numbers in ascending order, with the metric that the forest expects there.
    pub steps: Vec<(Value, f64)>,
    /// For each step, the metric one standard deviation of the forest's trees below and above: where trials are few, the trees
    /// disagree.
    pub bands: Vec<(f64, f64)>,
}

/// What the forest expects of parameters alone and in pairs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dependences {
    /// Of all parameters that entered the forest.
    pub alone: Vec<Dependence>,
    /// Of the pairs of the most important parameters that depend on each other most, the strongest first.
    pub pairs: Vec<Surface>,
}

/// The partial dependences of all parameters that entered the forest; empty where there is none. `analysis` is that of
/// the same frame. The result depends on the frame and the seed alone.
#[must_use]
pub fn dependences(frame: &TrialFrame, analysis: &Analysis, seed: u64) -> Vec<Dependence> {
    PartialExpectation::of(frame, analysis, seed).map(|expectation| alone(&expectation)).unwrap_or_default()
}

/// The same, and those of pairs.
#[must_use]
pub fn dependences_with_pairs(frame: &TrialFrame, analysis: &Analysis, seed: u64) -> Dependences {
    PartialExpectation::of(frame, analysis, seed)
        .map(|expectation| Dependences {
            alone: alone(&expectation),
            pairs: surfaces(&expectation, analysis),
        })
        .unwrap_or_default()
}

fn alone(expectation: &PartialExpectation) -> Vec<Dependence> {
    let one = |group: usize| {
        let values = expectation.values(group, VALUES).into_iter();
        let (steps, bands) = values
            .map(|(code, value)| {
                let expected = expectation.where_moved(&[(group, code)]);
                let at = |deviations: f64| expectation.metric(expected.mean + deviations * expected.spread);
                ((value, at(0.0)), (at(-1.0), at(1.0)))
            })
            .unzip();
        Dependence { name: expectation.name(group).to_owned(), steps, bands }
    };
    expectation.groups().into_par_iter().map(one).collect()
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
        for one in &all {
            assert_eq!(one.steps.len(), one.bands.len());
            let mut around = one.steps.iter().zip(&one.bands);
            assert!(around.all(|((_, mean), (low, high))| low <= mean && mean <= high), "{one:?}");
        }
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
