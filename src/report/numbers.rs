//! Numbers as text: as a command line gets them, and for reading.

use serde_json::{Value as Json, json};

use crate::space::Value;

/// The text of a number, as a command line gets it.
pub(super) fn float_text(number: f64) -> String {
    Value::Float(number).text()
}

/// A number to so many significant digits, whole ones without a point.
pub(super) fn number(x: f64, digits: usize) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if x.fract() == 0.0 && x.abs() < EXACT {
        return json!(x as i64);
    }
    significant(x, digits).parse::<f64>().map_or(Json::Null, |x| json!(x))
}

/// Significant digits of parameters on the page.
pub(super) const DIGITS: usize = 6;

/// A number for reading: at most `digits` significant digits, but never fewer than stand before the point.
pub(super) fn significant(x: f64, digits: usize) -> String {
    let power = x.abs().log10().floor();
    let whole = if (0.0..16.0).contains(&power) { power as usize + 1 } else { 1 };
    let rounded = format!("{x:.*e}", digits.max(whole).saturating_sub(1)).parse::<f64>();
    // The largest floats round to infinity.
    let rounded = rounded.ok().filter(|rounded| rounded.is_finite()).unwrap_or(x);
    let text = float_text(rounded);
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
