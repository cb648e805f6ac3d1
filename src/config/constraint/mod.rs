//! Constraints: a small expression language over parameters, such as `min_lr < max_lr`.
//!
//! Comparisons (also chained: `a < b < c`), `and or not`, `in [...]`, `+ - * / // % **`, the functions
//! `abs ceil exp floor len log log10 log2 max min round sqrt`, numbers, texts in quotes, `true false null`. A parameter is named by its
//! dotted path; a name with a hyphen stands in backquotes. The crates that offer such a language are either
//! under a licence that a program like this can't take, or bring a parser generator's runtime along.

mod error;
mod eval;
mod lexer;
mod parser;

pub use error::ConstraintError;

use crate::space::{Point, Value};
use lexer::Equality;
use parser::Expr;

/// A checked expression over parameters that a point must satisfy.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    /// The expression as it was written.
    pub text: String,
    expr: Expr,
    names: Vec<String>,
}

/// Longest expression, characters.
const MAX_LENGTH: usize = 1000;

impl Constraint {
    /// Reads an expression.
    ///
    /// # Errors
    /// The first place that makes no sense.
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        Self::parse_with(text, Equality::Double)
    }

    fn parse_with(text: &str, equality: Equality) -> Result<Self, ConstraintError> {
        if text.chars().count() > MAX_LENGTH {
            let message = format!("an expression may have {MAX_LENGTH} characters: split it");
            return Err(ConstraintError::Syntax { at: MAX_LENGTH, message });
        }
        let expr = parser::parse(&lexer::tokens(text, equality)?)?;
        let mut names = Vec::new();
        expr.names(&mut names);
        names.sort();
        names.dedup();
        Ok(Self { text: text.to_owned(), expr, names })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The parameters it names, each once.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether a point satisfies it. A constraint on a parameter that does not exist in the point holds.
    ///
    /// # Errors
    /// Values that can't be compared or computed with, or a result that is neither true nor false.
    pub fn holds(&self, point: &Point) -> Result<bool, ConstraintError> {
        if self.names.iter().any(|name| point.get(name).is_none()) {
            return Ok(true);
        }
        self.truth(point)
    }

    fn truth(&self, point: &Point) -> Result<bool, ConstraintError> {
        match eval::eval(&self.expr, point)? {
            Value::Bool(holds) => Ok(holds),
            other => Err(ConstraintError::Type(format!(
                "`{}` is {other}, and must be true or false: is a comparison missing?",
                self.text
            ))),
        }
    }
}

/// The same language as a filter of things that are known: `lr < 0.01 and status = "FINISHED"`. Equality may be written
/// `=`; a thing that lacks what is asked for is null there, and is let through only where the rest does not depend on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Constraint);

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// The first place that makes no sense.
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        Constraint::parse_with(text, Equality::Either).map(Self)
    }

    /// The names in it, each once.
    #[must_use]
    pub fn names(&self) -> &[String] {
        self.0.names()
    }

    /// Whether a thing is let through; `known` holds its values by the names of the expression.
    ///
    /// # Errors
    /// Values that can't be compared or computed with, or a result that is neither true nor false.
    pub fn lets_through(&self, known: &Point) -> Result<bool, ConstraintError> {
        let lacks = self.names().iter().any(|name| matches!(known.get(name), None | Some(Value::Null)));
        match self.0.truth(known) {
            Err(ConstraintError::Type(_)) if lacks => Ok(false),
            truth => truth,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point() -> Point {
        Point(vec![
            ("a".into(), Value::Int(2)),
            ("b".into(), Value::Float(0.5)),
            ("name".into(), Value::Text("sgd".into())),
            ("o".into(), Value::Map(vec![("lr".into(), Value::Float(0.1)), ("x-y".into(), Value::Int(7))])),
        ])
    }

    fn holds(text: &str) -> Result<bool, ConstraintError> {
        Constraint::parse(text)?.holds(&point())
    }

    #[test]
    fn true_expressions_hold_and_their_opposites_do_not() {
        for text in [
            "a > b",
            "1 < a <= 2 < 3",
            "a * b == 1",
            "name == 'sgd' and not a == 3",
            "name in [\"adam\", 'sgd']",
            "name not in ['x']",
            "o.lr < 1 || false",
            "`o.x-y` == 7",
            "2 ** 3 ** 2 == 512",
            "-a ** 2 == -4",
            "7 // 2 == 3 && 7 % 4 == 3",
            "min(a, b, 3) == 0.5",
            "max(a, b) - abs(-2) == 0",
            "log10(100) == 2 and sqrt(16) == 4 and len(name) == 3",
            "a == 2.0 and a != '2' and name != null",
            "(a + 1) * 2 == 6",
            "1e-3 < .5",
            "missing < 3",
        ] {
            assert_eq!(holds(text), Ok(true), "{text}");
            assert_eq!(holds(&format!("not ({text})")), Ok(text == "missing < 3"), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_its_place() {
        for (text, place) in
            [("a <", 4), ("a < ) b", 5), ("a = b", 3), ("'x", 1), ("", 1), ("f(a)", 1), ("a b", 3)]
        {
            match Constraint::parse(text) {
                Err(ConstraintError::Syntax { at, .. }) => assert_eq!(at, place, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert!(Constraint::parse(&"(".repeat(900)).is_err());
        assert!(Constraint::parse(&format!("{}1", "-".repeat(900))).is_err());
        assert!(Constraint::parse(&"1+".repeat(900)).is_err());
    }

    #[test]
    fn a_filter_takes_one_equals_sign_and_leaves_out_what_is_not_known() {
        let lets_through = |text: &str| Filter::parse(text)?.lets_through(&point());
        for (text, answer) in [
            ("a = 2 and name = 'sgd'", true),
            ("a == 2", true),
            ("missing < 3", false),
            ("not (missing < 3)", false),
            ("a = 2 or missing < 3", true),
            ("missing = null", true),
            ("missing != null", false),
        ] {
            assert_eq!(lets_through(text), Ok(answer), "{text}");
        }
        assert!(lets_through("a < name").is_err() && lets_through("a + 1").is_err());
        assert!(Filter::parse("a === 2").is_err());
    }

    #[test]
    fn values_of_different_kinds_can_not_be_ordered() {
        for text in ["a < name", "a + 1", "a + name > 1", "a and b", "log(name) > 1"] {
            assert!(matches!(holds(text), Err(ConstraintError::Type(_))), "{text}");
        }
    }
}
