//! Numbers, durations and points as a person reads them.

use std::time::Duration;

use itertools::Itertools as _;

use crate::space::{Point, Value};
use crate::stopping::{BY_HAND, StopDecision};
use crate::text::iso;

pub use crate::text::count;

/// A duration to two figures that matter: `87 ms`, `1.2 s`, `3 min 20 s`, `2 h 05 min`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A measured value to six figures, without trailing zeros.
#[must_use]
pub fn number(value: f64) -> String {
    figures(value, 6)
}

/// A number to so many figures, at least one, without trailing zeros.
#[must_use]
pub fn figures(value: f64, figures: u8) -> String {
    let decimals = usize::from(figures.max(1) - 1);
    if !value.is_finite() || value == 0.0 {
        return if value.is_nan() { "NaN".into() } else { format!("{value}") };
    }
    if (1e-4..1e15).contains(&value.abs()) {
        #[allow(clippy::cast_possible_truncation)]
        let digits =
            usize::try_from(i64::from(figures.max(1)) - 1 - value.abs().log10().floor() as i64).unwrap_or(0);
        let text = format!("{value:.digits$}");
        return match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        };
    }
    let text = format!("{value:.decimals$e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        None => text,
    }
}

/// A time that is not known exactly: `~20 s`, `~3 min`, `~2 h 10 min`; never less than a second.
#[must_use]
pub fn about(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().round().clamp(1.0, 1e9);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let seconds = seconds as u64;
    let minutes = (seconds + 30) / 60;
    match seconds {
        0..60 => format!("~{seconds} s"),
        60..3570 => format!("~{minutes} min"),
        _ if minutes < 48 * 60 => format!("~{} h {:02} min", minutes / 60, minutes % 60),
        _ => format!("~{} days", (minutes + 720) / 1440),
    }
}

/// A text on one line, without what a terminal would take as an order.
#[must_use]
pub fn printable(text: &str) -> String {
    super::table::printable(text)
}

/// How long ago something was: `now`, `20 s ago`, `5 min ago`, `3 h ago`, `12 days ago`.
#[must_use]
pub fn ago(since: Duration) -> String {
    let seconds = since.as_secs();
    match seconds {
        0..2 => "now".to_owned(),
        2..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// A moment as ISO 8601 in UTC; empty where there is no such moment.
#[must_use]
pub fn moment(epoch_ms: i64) -> String {
    iso(epoch_ms).unwrap_or_default()
}

/// A history as a line of eight heights, of at most `width` characters; what is no number is a space.
#[must_use]
pub fn sparkline(values: &[f64], width: usize) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let places = width.min(values.len());
    let height = |value: f64| {
        if !value.is_finite() {
            return ' ';
        }
        let share = if high > low { (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) } else { 0.5 };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let place = (share * 7.0).round() as usize;
        HEIGHTS.get(place).copied().unwrap_or(' ')
    };
    // Of a long history each character stands for the last of its piece, so that the last one is the latest value.
    let last_of = |place: usize| values.get((place + 1) * values.len() / places - 1).copied();
    (0..places).filter_map(last_of).map(height).collect()
}

/// A number of bytes to three figures: `812 B`, `1.4 kB`, `23 MB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss)]
    let mut size = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if size < 999.5 {
            let digits = usize::from(unit != "B" && size < 9.95);
            return format!("{size:.digits$} {unit}");
        }
        size /= 1000.0;
    }
    format!("{size:.1} TB")
}

/// A name as it stands in a sentence: `loss`, without what a terminal would take as an order.
#[must_use]
pub fn quoted(name: &str) -> String {
    format!("`{}`", super::table::printable(name))
}

/// Why a trial is stopped early: `asha at rung 9: loss 0.42, needed at most 0.31`.
#[must_use]
pub fn stop(stop: &StopDecision, metric: &str, bound: &str) -> String {
    let StopDecision { rule, rung, step, value, threshold } = stop;
    if *rule == BY_HAND && value.is_nan() {
        return (*rule).to_owned();
    }
    let place = match rung {
        Some(rung) => format!("rung {rung}"),
        None => format!("step {step}"),
    };
    let needed = match threshold {
        Some(threshold) => format!(", needed {bound} {}", number(*threshold)),
        None => String::new(),
    };
    format!("{rule} at {place}: {metric} {}{needed}", number(*value))
}

/// The value of a parameter, a float to six figures.
#[must_use]
pub fn value(value: &Value) -> String {
    match value {
        Value::Float(float) => number(*float),
        other => other.text(),
    }
}

/// A point on one line: `lr=0.01 optimizer=adam`, floats to six figures.
#[must_use]
pub fn point(point: &Point) -> String {
    let pair = |(name, value): (String, &Value)| {
        let text = self::value(value);
        let plain =
            !text.is_empty() && !text.contains(char::is_whitespace) && !text.contains(char::is_control);
        if plain { format!("{name}={text}") } else { format!("{name}={text:?}") }
    };
    point.leaves().into_iter().map(pair).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well_at_every_scale() {
        let text = |ms| duration(Duration::from_millis(ms));
        assert_eq!(text(87), "87 ms");
        assert_eq!(text(1234), "1.2 s");
        assert_eq!(text(12_999), "12 s");
        assert_eq!(text(200_000), "3 min 20 s");
        assert_eq!(text(7_500_000), "2 h 05 min");
    }

    #[test]
    fn what_was_long_ago_is_told_in_larger_units() {
        let text = |seconds| ago(Duration::from_secs(seconds));
        assert_eq!([text(1), text(59), text(3599), text(7200)], ["now", "59 s ago", "59 min ago", "2 h ago"]);
        assert_eq!(text(3 * 86_400), "3 days ago");
        assert_eq!(moment(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert_eq!(moment(i64::MAX), "");
    }

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        let texts = [0, 812, 1400, 99_600, 23_000_000, 4_000_000_000_000].map(bytes);
        assert_eq!(texts, ["0 B", "812 B", "1.4 kB", "100 kB", "23 MB", "4.0 TB"]);
    }

    #[test]
    fn a_sparkline_ends_with_the_latest_value() {
        assert_eq!(sparkline(&[0.0, 1.0, 2.0, 7.0], 10), "▁▂▃█");
        assert_eq!(sparkline(&(0..100).map(f64::from).collect::<Vec<_>>(), 4), "▃▄▆█");
        assert_eq!(sparkline(&[1.0, f64::NAN, 1.0], 8), "▅ ▅");
        assert_eq!(sparkline(&[f64::MIN, f64::MAX], 8), "▁█");
        assert_eq!(sparkline(&[], 8), "");
    }

    #[test]
    fn numbers_keep_six_figures_and_no_idle_zeros() {
        assert_eq!(number(0.5), "0.5");
        assert_eq!(number(0.123_456_789), "0.123457");
        assert_eq!(number(-1_234.567_89), "-1234.57");
        assert_eq!(number(1_234_567.0), "1234567");
        assert_eq!(number(100.0), "100");
        assert_eq!(number(1.5e-9), "1.5e-9");
        assert_eq!(number(1e-5), "1e-5");
        assert_eq!(figures(0.000_783_846, 4), "0.0007838");
        assert_eq!(figures(123_456.0, 4), "123456");
        assert_eq!(figures(1.234_56e-9, 3), "1.23e-9");
        assert_eq!(number(f64::NAN), "NaN");
        assert_eq!(number(0.0), "0");
    }
}
