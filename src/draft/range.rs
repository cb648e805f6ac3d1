//! Ranges around a default.

use super::number::{is_power_of_two, rounded};
use super::words::NameMeaning;
use crate::config::{yaml_float, yaml_text};
use crate::space::Value;

/// The least and the largest value that an option takes, where its help says so.
pub(super) type Bounds = (Option<f64>, Option<f64>);

/// A smaller default than this is most likely searched on a log scale.
const SMALL: f64 = 0.011;

/// A distribution around the default of a float, in YAML.
pub(super) fn float_range(meaning: NameMeaning, default: Option<f64>, bounds: Bounds) -> Option<String> {
    let log = |low: f64, high: f64| log_range((low, high), bounds);
    let plain = |low: f64, high: f64| plain_range((low, high), bounds);
    match (meaning, default) {
        (NameMeaning::LearningRate, Some(x)) if x > 0.0 => log(x / 10.0, x * 10.0),
        (NameMeaning::LearningRate, _) => log(1e-5, 0.1),
        (NameMeaning::Strength, Some(x)) if x > 0.0 => log(x / 100.0, x * 100.0),
        (NameMeaning::Strength, _) => log(1e-6, 0.01),
        (NameMeaning::SmallShare, x) => plain(0.0, if x.is_some_and(|x| x > 0.5) { 0.95 } else { 0.5 }),
        (NameMeaning::Memory, Some(x)) if (0.0..0.5).contains(&x) => plain(0.0, 0.99),
        (NameMeaning::Memory, Some(x)) if (0.99..1.0).contains(&x) => plain(0.9, 0.9999),
        (NameMeaning::Memory, Some(x)) if x < 1.0 => plain(0.5, 0.99),
        (NameMeaning::Memory, None) => plain(0.5, 0.99),
        (NameMeaning::UnitShare, Some(x)) if (0.0..=1.0).contains(&x) => plain(0.0, 1.0),
        (_, Some(x)) if x > 0.0 && x < SMALL => log(x / 10.0, x * 10.0),
        (_, Some(x)) if x > 0.0 => plain(x / 2.0, x * 2.0),
        (_, Some(x)) if x < 0.0 => plain(x * 2.0, x / 2.0),
        _ => match bounds {
            (Some(low), Some(high)) => plain(low, high),
            _ => None,
        },
    }
}

fn log_range((low, high): (f64, f64), bounds: Bounds) -> Option<String> {
    let (low, high) = within((rounded(low), rounded(high)), bounds);
    (low > 0.0 && low < high).then(|| {
        format!("{{distribution: log_uniform_values, min: {}, max: {}}}", yaml_float(low), yaml_float(high))
    })
}

fn plain_range((low, high): (f64, f64), bounds: Bounds) -> Option<String> {
    let (low, high) = within((rounded(low), rounded(high)), bounds);
    (low < high).then(|| format!("{{min: {}, max: {}}}", yaml_float(low), yaml_float(high)))
}

fn within((low, high): (f64, f64), (least, largest): Bounds) -> (f64, f64) {
    (least.map_or(low, |least| low.max(least)), largest.map_or(high, |largest| high.min(largest)))
}

/// A distribution around the default of a whole number, in YAML.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn int_range(meaning: NameMeaning, default: Option<i128>, bounds: Bounds) -> Option<String> {
    let (least, largest) = (bounds.0.map(|x| x.ceil() as i128), bounds.1.map(|x| x.floor() as i128));
    let fits =
        |x: &i128| least.is_none_or(|least| *x >= least) && largest.is_none_or(|largest| *x <= largest);
    let listed = |values: &[i128]| {
        let values: Vec<Value> = values.iter().copied().filter(|x| fits(x)).map(Value::Int).collect();
        (values.len() > 1).then(|| format!("{{values: {}}}", yaml_text(&Value::List(values))))
    };
    let between = |low: i128, high: i128| {
        let (low, high) = (low.max(least.unwrap_or(low)), high.min(largest.unwrap_or(high)));
        (low < high).then(|| format!("{{min: {low}, max: {high}}}"))
    };
    // Larger numbers are no sizes or counts.
    let default = default.filter(|x| x.unsigned_abs() < 1 << 40);
    match (meaning, default) {
        (_, Some(x)) if is_power_of_two(x) => listed(&[x / 4, x / 2, x, 2 * x]),
        (NameMeaning::PowerSize, Some(x)) if x >= 4 => listed(&[x / 4, x / 2, x, 2 * x]),
        (NameMeaning::PowerSize, None) => listed(&[16, 32, 64, 128]),
        (NameMeaning::LayerDepth, Some(x)) if x > 0 => between((x / 2).max(1), 2 * x),
        (NameMeaning::LayerDepth, _) => between(1, 8),
        (NameMeaning::EnsembleSize, Some(x)) if x >= 4 => listed(&[x / 4, x / 2, x, 2 * x]),
        (NameMeaning::EnsembleSize, None) => listed(&[50, 100, 200, 400]),
        (_, Some(x)) if x > 0 => between((x / 2).max(1), 2 * x),
        _ => match (least, largest) {
            (Some(low), Some(high)) => between(low, high),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_lie_around_the_default_and_within_the_bounds() {
        let no = (None, None);
        let float = |meaning, default| float_range(meaning, default, no).unwrap();
        assert_eq!(
            float(NameMeaning::LearningRate, Some(0.003)),
            "{distribution: log_uniform_values, min: 0.0003, max: 0.03}"
        );
        assert_eq!(
            float(NameMeaning::Unknown, Some(1e-5)),
            "{distribution: log_uniform_values, min: 1.0e-06, max: 0.0001}"
        );
        assert_eq!(float(NameMeaning::SmallShare, Some(0.1)), "{min: 0.0, max: 0.5}");
        assert_eq!(float(NameMeaning::Unknown, Some(-2.0)), "{min: -4.0, max: -1.0}");
        assert_eq!(
            float_range(NameMeaning::UnitShare, Some(0.2), (Some(0.1), Some(0.9))).unwrap(),
            "{min: 0.1, max: 0.9}"
        );
        assert_eq!(float_range(NameMeaning::Unknown, Some(0.0), no), None);
        let int = |meaning, default| int_range(meaning, default, no).unwrap();
        assert_eq!(int(NameMeaning::PowerSize, Some(64)), "{values: [16, 32, 64, 128]}");
        assert_eq!(int(NameMeaning::LayerDepth, Some(2)), "{min: 1, max: 4}");
        assert_eq!(
            int(NameMeaning::Unknown, Some(i128::from(i32::MAX))),
            "{min: 1073741823, max: 4294967294}"
        );
        assert_eq!(
            int_range(NameMeaning::PowerSize, Some(64), (Some(32.0), Some(64.0))).unwrap(),
            "{values: [32, 64]}"
        );
        assert_eq!(int_range(NameMeaning::Unknown, None, no), None);
    }
}
