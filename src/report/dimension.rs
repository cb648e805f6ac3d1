//! A parameter as an axis: numbers, numbers on a log scale, or levels side by side.

use itertools::Itertools as _;
use serde_json::{Value as Json, json};

use super::SweepReport;
use super::facts::finite;
use super::numbers::{DIGITS, number, significant};
use super::scale::{PlotAxis, padded};
use super::text::{clean, ems, shorten};
use crate::space::Value;
use crate::trial::Trial;

/// An axis that knows where any trial lies on it.
#[derive(Debug, Clone)]
pub(super) struct Dimension {
    /// Dotted path of the parameter.
    pub(super) name: String,
    /// Whether its effect is clear.
    pub(super) clear: bool,
    scale: DimensionScale,
}

#[derive(Debug, Clone)]
enum DimensionScale {
    Linear {
        low: f64,
        high: f64,
    },
    /// Ends as decimal logarithms.
    Log {
        low: f64,
        high: f64,
    },
    /// Side by side, evenly spaced: categories, and the values of a list of numbers.
    Levels(Vec<SharedValue>),
}

/// A value that many trials share.
#[derive(Debug, Clone, PartialEq)]
struct SharedValue {
    text: String,
    /// Of a list of numbers.
    number: Option<f64>,
}

/// A list of numbers has at most so many values, and each stands for two trials or more on average: a range that is
/// drawn from seldom repeats itself.
const LISTED: usize = 12;

/// Where a value lies on a dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DimensionPosition {
    /// Share of the axis.
    pub(super) share: f64,
    /// Space around it that belongs to the same value, as a share: nothing for numbers.
    pub(super) extent: f64,
}

/// The parameters that the analysis knows and that vary among the trials that count, most important first.
pub(super) fn dimensions(report: &SweepReport) -> Vec<Dimension> {
    let parameters = report.analysis.map(|analysis| analysis.parameters.as_slice()).unwrap_or_default();
    let trials: Vec<&Trial> = counted(report).into_iter().map(|(_, trial, _)| trial).collect();
    let dimension = |parameter: &crate::analysis::ParameterAnalysis| {
        let values: Vec<&Value> =
            trials.iter().filter_map(|trial| trial.point.get(&parameter.name)).collect();
        let scale = DimensionScale::of(&values, parameter.log)?;
        Some(Dimension { name: parameter.name.clone(), clear: parameter.effect.is_clear(), scale })
    };
    parameters.iter().filter_map(dimension).collect()
}

/// The trials that count and have a finite metric: their places in the report, and the metric.
pub(super) fn counted<'a>(report: &SweepReport<'a>) -> Vec<(usize, &'a Trial, f64)> {
    let trials = report.trials.iter().enumerate();
    let counted = trials.filter(|(_, trial)| trial.counts());
    counted.filter_map(|(at, trial)| Some((at, trial, finite(trial)?))).collect()
}

impl DimensionScale {
    /// `None`: there is nothing to distinguish.
    fn of(values: &[&Value], log: bool) -> Option<Self> {
        let numbers: Option<Vec<f64>> =
            values.iter().map(|value| value.as_f64().filter(|number| number.is_finite())).collect();
        let Some(numbers) = numbers else {
            return Self::levels(values.iter().map(|value| SharedValue { text: value.text(), number: None }));
        };
        let (low, high) =
            numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
        if low >= high || values.is_empty() {
            return None;
        }
        let distinct = numbers.iter().copied().sorted_by(f64::total_cmp).dedup().collect_vec();
        if distinct.len() <= LISTED && numbers.len() >= 2 * distinct.len() {
            let level = |number: f64| SharedValue { text: significant(number, 6), number: Some(number) };
            return Self::levels(distinct.into_iter().map(level));
        }
        if log && low > 0.0 {
            let (low, high) = padded(low.log10(), high.log10(), 0.02);
            return Some(Self::Log { low, high });
        }
        let (low, high) = padded(low, high, 0.02);
        Some(Self::Linear { low, high })
    }

    /// Levels in order: numbers by their size, texts by their letters.
    fn levels(levels: impl Iterator<Item = SharedValue>) -> Option<Self> {
        let mut levels: Vec<SharedValue> = levels.collect();
        levels.sort_by(|a, b| match (a.number, b.number) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => a.text.cmp(&b.text),
        });
        levels.dedup_by(|a, b| a.number == b.number && a.text == b.text);
        (levels.len() > 1).then_some(Self::Levels(levels))
    }
}

impl SharedValue {
    fn is(&self, value: &Value) -> bool {
        match self.number {
            Some(number) => value.as_f64() == Some(number),
            None => value.text() == self.text,
        }
    }
}

impl Dimension {
    /// A metric as a dimension: its axis.
    pub(super) fn of_axis(name: &str, axis: &PlotAxis) -> Self {
        let (low, high) = (axis.low, axis.high);
        let scale =
            if axis.log { DimensionScale::Log { low, high } } else { DimensionScale::Linear { low, high } };
        Self { name: name.to_owned(), clear: false, scale }
    }

    /// Its name as a label: a log scale is marked.
    pub(super) fn label(&self) -> String {
        let log = if matches!(self.scale, DimensionScale::Log { .. }) { " (log)" } else { "" };
        format!("{}{log}", clean(&self.name))
    }

    /// Where a value lies; `None`: nowhere on this axis.
    pub(super) fn place(&self, value: &Value) -> Option<DimensionPosition> {
        match &self.scale {
            DimensionScale::Levels(levels) => {
                let at = levels.iter().position(|level| level.is(value))?;
                let extent = 1.0 / levels.len() as f64;
                Some(DimensionPosition { share: (at as f64 + 0.5) * extent, extent })
            }
            _ => self.share(value.as_f64()?).map(|share| DimensionPosition { share, extent: 0.0 }),
        }
    }

    /// Where a number lies on an axis of numbers.
    pub(super) fn share(&self, number: f64) -> Option<f64> {
        let share = match self.scale {
            DimensionScale::Linear { low, high } => (number - low) / (high - low),
            DimensionScale::Log { low, high } => (number.log10() - low) / (high - low),
            DimensionScale::Levels(_) => return None,
        };
        share.is_finite().then(|| share.clamp(0.0, 1.0))
    }

    /// Its ticks as shares with their words; `available` is the length of the axis, `text` the most that a word may take, both
    /// in font sizes. `upright`: words stand one above the other.
    pub(super) fn ticks(&self, available: f64, text: f64, upright: bool) -> Vec<(f64, String)> {
        let want = (available / if upright { 3.0 } else { 5.0 }).clamp(2.0, 6.0) as usize;
        let of_axis = |axis: PlotAxis| -> Vec<(f64, String)> {
            axis.ticks.iter().map(|(at, words)| (axis.share_of_own(*at), words.clone())).collect()
        };
        match &self.scale {
            DimensionScale::Linear { low, high } => of_axis(PlotAxis::round(*low, *high, want)),
            DimensionScale::Log { low, high } => of_axis(PlotAxis::decades(*low, *high, want.max(5))),
            DimensionScale::Levels(levels) => {
                let each = available / levels.len() as f64;
                let widest = levels.iter().map(|level| ems(&clean(&level.text))).fold(0.0, f64::max) + 0.8;
                // Where names would be cut to nothing, every second or third is named.
                let needed = if upright { 1.3 } else { widest.min(5.0) };
                let every = (needed / each).ceil().max(1.0) as usize;
                let most = if upright { text } else { each * every as f64 - 0.6 };
                let level = |(at, level): (usize, &SharedValue)| {
                    ((at as f64 + 0.5) / levels.len() as f64, shorten(&clean(&level.text), most, 1.0))
                };
                levels.iter().enumerate().step_by(every).map(level).collect()
            }
        }
    }

    /// The same for the script: its kind and its ends, or its levels.
    pub(super) fn json(&self) -> Json {
        match &self.scale {
            DimensionScale::Linear { low, high } => json!({ "low": low, "high": high }),
            DimensionScale::Log { low, high } => json!({ "low": low, "high": high, "log": true }),
            DimensionScale::Levels(levels) => {
                let level = |level: &SharedValue| {
                    level.number.map_or_else(|| json!(clean(&level.text)), |x| number(x, DIGITS))
                };
                json!({ "levels": levels.iter().map(level).collect::<Vec<_>>() })
            }
        }
    }
}

/// A number from 0 to 1 that only depends on the trial: it keeps dots of one level apart. The script computes the same.
pub(super) fn jitter(trial: &Trial) -> f64 {
    f64::from((trial.index.0 as u32).wrapping_mul(2_654_435_769)) / 4_294_967_296.0
}
