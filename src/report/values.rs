//! The parameters of a trial in the words of its command line.

use serde_json::{Value as Json, json};

use super::text::significant;
use crate::space::{Point, Value};

/// Significant digits of parameters on the page.
pub(super) const DIGITS: usize = 6;

/// The parameters of a point by dotted path, with their texts.
pub(super) fn flatten(point: &Point) -> Vec<(String, String)> {
    point.leaves().into_iter().map(|(path, value)| (path, value.text())).collect()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_parameters_go_by_their_dotted_path() {
        let inner = Value::Map(vec![("lr".to_owned(), Value::Int(1))]);
        let point = Point(vec![("a".to_owned(), Value::Bool(false)), ("opt".to_owned(), inner)]);
        let pairs = [("a".to_owned(), "False".to_owned()), ("opt.lr".to_owned(), "1".to_owned())];
        assert_eq!(flatten(&point), pairs);
    }
}
