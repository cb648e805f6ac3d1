//! Axes: their range, where the ticks stand, and what they say.

use super::numbers::float_text;

/// One axis: its range and its labelled ticks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlotAxis {
    pub(super) low: f64,
    pub(super) high: f64,
    /// In the axis' own units: of a log axis, logarithms.
    pub(super) ticks: Vec<(f64, String)>,
    /// Whether ends and ticks are decimal logarithms of the values.
    pub(super) log: bool,
}

/// Positive values that lie further apart than this are distinguished on a log scale only.
const LOG_HELPS: f64 = 200.0;

impl PlotAxis {
    /// An axis with about `want` ticks at round numbers. The range must be finite and not empty; any
    /// other is replaced by 0 to 1.
    pub(super) fn round(low: f64, high: f64, want: usize) -> Self {
        let span = high - low;
        let (low, high) = if span.is_finite() && span > 0.0 { (low, high) } else { (0.0, 1.0) };
        let step = round_step((high - low) / want.max(1) as f64);
        let first = (low / step).ceil();
        let mut ticks: Vec<(f64, String)> = Vec::new();
        for i in 0..=4 * want.max(1) {
            let at = (first + i as f64) * step;
            if at > high + step * 1e-9 {
                break;
            }
            // Far from zero neighbouring multiples can fall together.
            if ticks.last().is_none_or(|(before, _)| *before < at) {
                ticks.push((at, tick_text(at, step)));
            }
        }
        Self { low, high, ticks, log: false }
    }

    /// An axis of times from 0 to `last` milliseconds: values on it are milliseconds, its words are in the
    /// unit that comes with it.
    pub(super) fn time(last: f64) -> (Self, &'static str) {
        let (unit, milliseconds) = time_unit(last);
        let mut axis = Self::round(0.0, last / milliseconds, 8);
        axis.high *= milliseconds;
        for (at, _) in &mut axis.ticks {
            *at *= milliseconds;
        }
        (axis, unit)
    }

    /// An axis of decimal logarithms from `low` to `high` with about `want` ticks, labelled with the numbers themselves:
    /// powers of ten; where there are few, 1, 2 and 5 times these, or 1 and 3 times.
    pub(super) fn decades(low: f64, high: f64, want: usize) -> Self {
        let (first, last) = (low.floor() as i32, high.ceil() as i32);
        let inside = |at: f64| (low..=high).contains(&at);
        let whole = (first..=last).filter(|power| inside(f64::from(*power))).count();
        let every = whole.div_ceil(want.max(1)).max(1);
        let of = |factors: &[f64]| -> Vec<(f64, String)> {
            let powers = (first..=last).filter(|power| power.rem_euclid(every as i32) == 0);
            let numbers = powers.flat_map(|power| factors.iter().map(move |factor| (power, *factor)));
            numbers
                .map(|(power, factor)| (f64::from(power) + factor.log10(), decade_text(power, factor)))
                .filter(|(at, _)| inside(*at))
                .collect()
        };
        let finest: &[&[f64]] = if whole <= 2 { &[&[1.0, 2.0, 5.0], &[1.0, 3.0]] } else { &[] };
        let fits = |ticks: &Vec<_>| ticks.len() <= want;
        let ticks = finest.iter().map(|factors| of(factors)).find(fits).unwrap_or_else(|| of(&[1.0]));
        if ticks.len() < 2 {
            return Self::round_of_logs(low, high, want);
        }
        Self { low, high, ticks, log: true }
    }

    /// Round numbers on an axis of logarithms that spans less than a step of 1, 2, 5.
    fn round_of_logs(low: f64, high: f64, want: usize) -> Self {
        let numbers = Self::round(10_f64.powf(low), 10_f64.powf(high), want);
        let ticks = numbers.ticks.into_iter().filter(|(at, _)| *at > 0.0);
        Self { low, high, ticks: ticks.map(|(at, text)| (at.log10(), text)).collect(), log: true }
    }

    /// The axis of a metric: on a log scale where all values are positive and far apart, even without those that are far
    /// out; else round, with what is far out cut off (see [`robust_range`]).
    pub(super) fn of_metric(values: &[f64], must: Option<f64>, want: usize) -> Self {
        let positive = !values.is_empty() && values.iter().chain(&must).all(|value| *value > 0.0);
        if positive && spread(values) >= LOG_HELPS {
            let logs: Vec<f64> = values.iter().map(|value| value.log10()).collect();
            let (low, high) = robust_range(&logs, must.map(f64::log10));
            return Self::decades(low, high, want);
        }
        let (low, high) = robust_range(values, must);
        Self::round(low, high, want)
    }

    /// Where a value lies, as a share of the range; outside it for values outside.
    pub(super) fn share(&self, value: f64) -> f64 {
        self.share_of_own(if self.log { value.log10() } else { value })
    }

    /// The same for a number in the axis' own units, as its ticks are.
    pub(super) fn share_of_own(&self, at: f64) -> f64 {
        (at - self.low) / (self.high - self.low)
    }
}

/// How many times larger the 95th percentile is than the 5th: what is far out alone asks for no log scale.
fn spread(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quantile = |share: f64| sorted.get(((sorted.len().max(1) - 1) as f64 * share).round() as usize);
    match (quantile(0.05), quantile(0.95)) {
        (Some(low), Some(high)) => high / low,
        _ => 1.0,
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `raw`.
fn round_step(raw: f64) -> f64 {
    if !(raw.is_finite() && raw >= f64::MIN_POSITIVE) {
        return f64::MIN_POSITIVE;
    }
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].iter().map(|m| m * power).find(|step| *step >= raw * (1.0 - 1e-9));
    step.unwrap_or(raw)
}

/// A tick's number with as many digits as distinguish it from its neighbours.
fn tick_text(at: f64, step: f64) -> String {
    let largest = at.abs().max(step);
    let step_power = step.log10().floor();
    if at.abs() < step / 2.0 {
        return "0".to_owned();
    }
    if largest >= 1e6 || step < 1e-5 {
        let digits = (largest.log10().floor() - step_power).clamp(0.0, 15.0) as usize;
        let rounded = format!("{at:.digits$e}").parse::<f64>().unwrap_or(at);
        let text = format!("{rounded:e}");
        return if text.len() > 9 { float_text(rounded) } else { text };
    }
    let decimals = (-step_power).max(0.0) as usize;
    format!("{at:.decimals$}")
}

/// A factor times a power of ten.
fn decade_text(power: i32, factor: f64) -> String {
    if (-3..5).contains(&power) {
        return super::numbers::significant(factor * 10_f64.powi(power), 1);
    }
    format!("{factor}e{power}")
}

/// The unit in which times up to `milliseconds` read best: its name, and its length in milliseconds.
fn time_unit(milliseconds: f64) -> (&'static str, f64) {
    const SECOND: f64 = 1_000.0;
    match milliseconds {
        ms if ms < 2.0 * SECOND => ("ms", 1.0),
        ms if ms < 180.0 * SECOND => ("s", SECOND),
        ms if ms < 180.0 * 60.0 * SECOND => ("min", 60.0 * SECOND),
        ms if ms < 72.0 * 3_600.0 * SECOND => ("h", 3_600.0 * SECOND),
        _ => ("d", 86_400.0 * SECOND),
    }
}

/// The range of a metric's axis, and whether values lie beyond it.
///
/// With a far-off value (a diverged run) the rest would be a flat line: when everything spans more than
/// four times what lies within three interquartile ranges of the quartiles (Tukey's "far out"), the axis
/// keeps to that, and to `must`, which is never cut off.
pub(super) fn robust_range(values: &[f64], must: Option<f64>) -> (f64, f64) {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else {
        return (0.0, 1.0);
    };
    let quartile = |share: f64| {
        let at = ((sorted.len() - 1) as f64 * share).round() as usize;
        sorted.get(at).copied().unwrap_or(low)
    };
    let (q1, q3) = (quartile(0.25), quartile(0.75));
    let fence = 3.0 * (q3 - q1);
    let inside = |v: &&f64| (q1 - fence..=q3 + fence).contains(*v);
    let near = sorted.iter().filter(inside).copied().chain(must);
    let (near_low, near_high) =
        near.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let cut = fence > 0.0 && sorted.len() >= 5 && high - low > 4.0 * (near_high - near_low);
    let (low, high) = if cut { (near_low, near_high) } else { (low, high) };
    pad(low, high)
}

/// A range that is not empty with a share of its length as air at both ends.
pub(super) fn padded(low: f64, high: f64, share: f64) -> (f64, f64) {
    let air = (high - low) * share;
    if air.is_finite() { (low - air, high + air) } else { pad(low, high) }
}

/// A range with some air at both ends, never empty and never infinite.
fn pad(low: f64, high: f64) -> (f64, f64) {
    let (low, high) = (low.clamp(-1e300, 1e300), high.clamp(-1e300, 1e300));
    // Too narrow for the grid of floats would leave ticks nowhere to stand.
    let least = low.abs().max(high.abs()) * 1e-12;
    let air = if high - low > least { (high - low) * 0.06 } else { low.abs().max(high.abs()) * 0.1 };
    // Nearer to the smallest floats there are no round steps left.
    let air = if air > 0.0 { air.max(1e-300) } else { 1.0 };
    (low - air, high + air)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        PlotAxis::round(low, high, 5).ticks.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_stand_at_round_numbers() {
        assert_eq!(
            labels(0.0, 1.0),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"].map(|t| t.replace("0.0", "0"))
        );
        assert_eq!(labels(-3.0, 17.0), ["0", "5", "10", "15"]);
        assert_eq!(labels(0.9123, 0.9125), ["0.91230", "0.91235", "0.91240", "0.91245", "0.91250"]);
        assert_eq!(
            labels(0.0, 4e6),
            ["0", "1000000", "2e6", "3e6", "4e6"].map(|t| t.replace("1000000", "1e6"))
        );
    }

    #[test]
    fn times_are_told_in_the_unit_that_reads_best() {
        for (last, unit, words) in
            [(900.0, "ms", "200"), (90e3, "s", "20"), (3.6e6, "min", "10"), (9e8, "d", "2")]
        {
            let (axis, told) = PlotAxis::time(last);
            assert_eq!((told, axis.high, axis.ticks[1].1.as_str()), (unit, last, words));
        }
    }

    #[test]
    fn one_diverged_run_does_not_flatten_the_others() {
        let mut values: Vec<f64> = (0..20).map(|i| f64::from(i) / 20.0).collect();
        values.push(1e6);
        let (low, high) = robust_range(&values, Some(0.0));
        assert!(low < 0.0 && high < 2.0, "{low} {high}");
    }

    #[test]
    fn a_metric_over_many_decades_gets_a_log_scale_and_one_diverged_run_does_not_make_it() {
        let wide: Vec<f64> = (0..40).map(|i| 10_f64.powf(f64::from(i) / 8.0 - 3.0)).collect();
        let axis = PlotAxis::of_metric(&wide, None, 6);
        assert!(
            axis.log && (axis.share(1.0) - axis.share(0.1) - axis.share(10.0) + axis.share(1.0)).abs() < 1e-9
        );
        let mut near: Vec<f64> = (0..40).map(|i| 1.0 + f64::from(i) / 40.0).collect();
        near.push(1e6);
        assert!(!PlotAxis::of_metric(&near, None, 6).log);
        assert!(!PlotAxis::of_metric(&[-1.0, 1e9, 1e-9], None, 6).log, "negative values have no logarithm");
    }

    #[test]
    fn the_best_value_is_never_cut_off() {
        let mut values: Vec<f64> = (0..20).map(|i| f64::from(i) / 20.0).collect();
        values.push(50.0);
        assert!(robust_range(&values, Some(50.0)).1 >= 50.0);
    }

    #[test]
    fn an_axis_of_logarithms_has_ticks_at_powers_of_ten_or_between() {
        let labels = |low: f64, high: f64| -> Vec<String> {
            PlotAxis::decades(low, high, 5).ticks.into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(labels(-5.0, -1.0), ["1e-5", "1e-4", "0.001", "0.01", "0.1"]);
        assert_eq!(labels(-12.1, 6.0), ["1e-12", "1e-8", "1e-4", "1", "10000"]);
        assert_eq!(labels(-0.1, 1.1), ["1", "2", "5", "10"]);
        assert_eq!(labels(-3.9, -1.2), ["3e-4", "0.001", "0.003", "0.01", "0.03"], "no more than asked for");
        assert!(labels(0.35, 0.45).len() >= 2);
    }

    #[test]
    fn a_constant_metric_has_an_axis() {
        for value in [0.0, 3.0, -1e-9, 1e308, f64::MIN_POSITIVE] {
            let (low, high) = robust_range(&[value; 6], None);
            assert!(low < high && (high - low).is_finite(), "{value}");
        }
    }

    #[test]
    fn the_smallest_numbers_have_an_axis_with_ticks() {
        let (low, high) = robust_range(&[7.521892354880081e-308, 6.421178951302685e-308], None);
        assert!(PlotAxis::round(low, high, 6).ticks.len() >= 2);
    }

    proptest! {
        #[test]
        fn ticks_lie_on_the_axis_in_order_and_read_differently(
            low in prop::num::f64::NORMAL, high in prop::num::f64::NORMAL,
        ) {
            let (low, high) = robust_range(&[low, high], None);
            let axis = PlotAxis::round(low, high, 6);
            prop_assert!(axis.ticks.len() >= 2 && axis.ticks.len() <= 25, "{axis:?}");
            for pair in axis.ticks.windows(2) {
                prop_assert!(pair[0].0 < pair[1].0);
                prop_assert!(pair[0].1 != pair[1].1, "{axis:?}");
            }
            for (at, text) in &axis.ticks {
                prop_assert!((-1e-6..1.000_001).contains(&axis.share_of_own(*at)), "{axis:?}");
                prop_assert!(text.len() < 24, "{text}");
            }
        }
    }
}
