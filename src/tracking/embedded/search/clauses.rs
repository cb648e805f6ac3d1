//! The parts of a search in SQL, and how the tests of the filter language are said in it.

use rusqlite::types::Value;

use crate::tracking::filter::{NumberOp, Test, TextOp};

/// A SELECT's parts, with the values bound to its `?1`, `?2`, ….
#[derive(Debug)]
pub(crate) struct Clauses {
    pub joins: String,
    pub condition: String,
    pub order: String,
    pub values: Vec<Value>,
}

/// SQL under construction.
#[derive(Debug, Default)]
pub(crate) struct Sql {
    joins: String,
    conditions: Vec<String>,
    order: Vec<String>,
    values: Vec<Value>,
}

impl Sql {
    /// Binds a value and returns its place holder.
    pub fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    /// Binds a list of texts; returns a subquery of its members.
    pub fn bind_list<T: serde::Serialize>(&mut self, values: &[T]) -> String {
        let place = self.bind(serde_json::to_string(values).unwrap_or_else(|_| "[]".to_owned()));
        format!("(SELECT value FROM json_each({place}))")
    }

    /// Adds a join; returns nothing, the caller knows its alias.
    pub fn join(&mut self, join: &str) {
        self.joins.push_str(join);
        self.joins.push(' ');
    }

    /// How many joins there are: a number for the next alias.
    pub fn next_alias(&self) -> String {
        format!("o{}", self.order.len())
    }

    /// Adds a condition, joined by AND.
    pub fn require(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    /// Adds a term to ORDER BY.
    pub fn order_by(&mut self, term: String) {
        self.order.push(term);
    }

    /// Says a test about the value of `expression`; [`Test::Present`] and [`Test::Missing`] are about NULL.
    pub fn test(&mut self, expression: &str, test: &Test) -> String {
        match test {
            Test::Number(op, number) => {
                let place = self.bind(*number);
                format!("{expression} {} {place}", op.sign())
            }
            Test::Text(op, text) => {
                let place = self.bind(text.clone());
                match op {
                    TextOp::Eq => format!("{expression} = {place}"),
                    TextOp::Ne => format!("{expression} != {place}"),
                    TextOp::Like => format!("{expression} LIKE {place}"),
                    TextOp::ILike => format!("lower({expression}) LIKE lower({place})"),
                }
            }
            Test::In(values) => format!("{expression} IN {}", self.bind_list(values)),
            Test::NotIn(values) => format!("{expression} NOT IN {}", self.bind_list(values)),
            Test::Present => format!("{expression} IS NOT NULL"),
            Test::Missing => format!("{expression} IS NULL"),
        }
    }

    /// Says a test about the row of `key` in a table of pairs that belongs to `owner`; a missing row fails every
    /// test but [`Test::Missing`].
    pub fn test_pair(&mut self, pairs: &Pairs, owner: &str, key: &str, test: &Test) -> String {
        let Pairs { table, link, key_column, value_column } = pairs;
        let place = self.bind(key.to_owned());
        let row = format!("SELECT 1 FROM {table} x WHERE x.{link} = {owner} AND x.{key_column} = {place}");
        match test {
            Test::Missing => format!("NOT EXISTS ({row})"),
            Test::Present => format!("EXISTS ({row})"),
            test => {
                let test = self.test(&format!("x.{value_column}"), test);
                format!("EXISTS ({row} AND {test})")
            }
        }
    }

    /// The finished parts.
    pub fn finish(self) -> Clauses {
        let condition =
            if self.conditions.is_empty() { "1".to_owned() } else { self.conditions.join(" AND ") };
        Clauses { joins: self.joins, condition, order: self.order.join(", "), values: self.values }
    }
}

/// A table of (owner, key, value).
pub(crate) struct Pairs {
    pub table: &'static str,
    pub link: &'static str,
    pub key_column: &'static str,
    pub value_column: &'static str,
}

/// A test about a stored metric, whose NaN is a zero with a mark: NaN satisfies only `!=`.
pub(crate) fn nan_aware(comparison: &str, is_nan: &str, test: &Test) -> String {
    match test {
        Test::Number(NumberOp::Ne, _) => format!("({comparison} OR {is_nan})"),
        _ => format!("({comparison} AND NOT {is_nan})"),
    }
}

/// `ASC` or `DESC`.
pub(crate) fn direction(ascending: bool) -> &'static str {
    if ascending { "ASC" } else { "DESC" }
}
