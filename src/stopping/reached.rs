//! What is kept of a trial for the comparison with others.

use std::fmt;

/// A value that a trial had reached at a place: a rung, a band or a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReachedValue {
    /// The place.
    pub at: i64,
    /// The value there.
    pub value: f64,
}

/// The marks of a trial, by place.
///
/// As text `1:0.5 3:0.25 9:NaN`, which reads back to the same marks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReachedValues(pub Vec<ReachedValue>);

impl ReachedValues {
    /// The value at just this place.
    #[must_use]
    pub fn at(&self, place: i64) -> Option<f64> {
        self.0.iter().find(|mark| mark.at == place).map(|mark| mark.value)
    }

    /// The value at the last place that is not beyond this one.
    #[must_use]
    pub fn up_to(&self, place: i64) -> Option<f64> {
        self.0.iter().rfind(|mark| mark.at <= place).map(|mark| mark.value)
    }

    /// Reads the text form; `None` where it is something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mark = |word: &str| {
            let (at, value) = word.split_once(':')?;
            Some(ReachedValue { at: at.parse().ok()?, value: value.parse().ok()? })
        };
        text.split_whitespace().map(mark).collect::<Option<Vec<_>>>().map(Self)
    }
}

impl fmt::Display for ReachedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, mark) in self.0.iter().enumerate() {
            let gap = if place == 0 { "" } else { " " };
            write!(f, "{gap}{}:{}", mark.at, mark.value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_read_back_from_their_text() {
        let marks = ReachedValues(
            [(1, 0.1 + 0.2), (3, f64::NEG_INFINITY), (9, -0.0), (27, 1e-300)]
                .map(|(at, value)| ReachedValue { at, value })
                .to_vec(),
        );
        assert_eq!(ReachedValues::parse(&marks.to_string()), Some(marks));
        assert!(ReachedValues::parse("1:NaN").unwrap().at(1).unwrap().is_nan());
        assert_eq!(ReachedValues::parse(""), Some(ReachedValues::default()));
        for nonsense in ["1", "1:", "a:1", "1:2 x"] {
            assert_eq!(ReachedValues::parse(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_place_between_two_marks_has_the_value_of_the_former() {
        let marks = ReachedValues::parse("2:0.5 4:0.25").unwrap();
        assert_eq!(marks.up_to(1), None);
        assert_eq!(marks.up_to(3), Some(0.5));
        assert_eq!(marks.up_to(100), Some(0.25));
        assert_eq!(marks.at(3), None);
    }
}
