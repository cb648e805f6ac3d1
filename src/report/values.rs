//! The parameters of a trial in the words of its command line.

use crate::space::Point;

/// The parameters of a point by dotted path, with their texts.
pub(super) fn flatten(point: &Point) -> Vec<(String, String)> {
    point.leaves().into_iter().map(|(path, value)| (path, value.text())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Value;

    #[test]
    fn nested_parameters_go_by_their_dotted_path() {
        let inner = Value::Map(vec![("lr".to_owned(), Value::Int(1))]);
        let point = Point(vec![("a".to_owned(), Value::Bool(false)), ("opt".to_owned(), inner)]);
        let pairs = [("a".to_owned(), "False".to_owned()), ("opt.lr".to_owned(), "1".to_owned())];
        assert_eq!(flatten(&point), pairs);
    }
}
