//! Numbers and params as short as people want them.

use crate::space::{Point, Value};

/// A number to so many figures, as short as they can be written.
pub(super) fn figures(value: f64, figures: usize) -> String {
    let rounded: f64 = format!("{value:.*e}", figures.saturating_sub(1)).parse().unwrap_or(value);
    let text = Value::Float(rounded).text();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// `lr=0.0016 depth=4`: a point in at most so many characters, whole params only.
#[must_use]
pub fn params_text(point: &Point, available: usize) -> String {
    let mut out = String::new();
    for (name, value) in point.leaves() {
        let text = match value {
            Value::Float(float) => figures(*float, 4),
            other => other.text(),
        };
        let pair: String =
            format!("{name}={text}").chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let gap = if out.is_empty() { "" } else { " " };
        if out.chars().count() + gap.len() + pair.chars().count() > available {
            break;
        }
        out += gap;
        out += &pair;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_cut_between_two_params() {
        let point = Point(vec![("depth".into(), Value::Int(4)), ("lr".into(), Value::Float(0.001_634_567))]);
        assert_eq!(params_text(&point, 80), "depth=4 lr=0.001635");
        assert_eq!(params_text(&point, 10), "depth=4");
        assert_eq!([2.0, 0.1 + 0.2, -1.5e-9].map(|value| figures(value, 6)), ["2", "0.3", "-1.5e-09"]);
    }
}
