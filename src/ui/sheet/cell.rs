//! A cell, and how it is read.

use std::time::Duration;

use super::super::table::printable;
use super::super::words;
use crate::space::Value;
use crate::trial::{RunStatus, STOPPED, TrialIndex};

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum SheetCell {
    /// Nothing is known.
    Empty,
    /// A figure as it is to be read: `3/12`, `+5 %`.
    Figure(String),
    /// A text.
    Text(String),
    /// An id: a table shows its beginning where space is short.
    Id(String),
    /// A measured number.
    Number(f64),
    /// A count.
    Count(u64),
    /// The value of a parameter.
    Value(Value),
    /// The state of a run.
    Status(RunStatus),
    /// The state of a run that a stopping rule ended.
    Stopped,
    /// A time that something took; seconds in CSV.
    Took(Duration),
    /// A moment, epoch milliseconds: how long ago in a table, ISO 8601 in CSV.
    Moment(i64),
}

impl From<TrialIndex> for SheetCell {
    fn from(trial: TrialIndex) -> Self {
        Self::Count(trial.0)
    }
}

impl SheetCell {
    /// A text, or nothing.
    pub fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.into()))
    }

    /// A figure as it is to be read, or nothing.
    #[must_use]
    pub fn figure(figure: Option<String>) -> Self {
        figure.map_or(Self::Empty, Self::Figure)
    }

    /// A measured number, or nothing.
    #[must_use]
    pub fn number(number: Option<f64>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }

    /// As a person reads it.
    pub(super) fn shown(&self, now_ms: i64) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Id(text) | Self::Figure(text) => printable(text),
            Self::Number(number) => words::number(*number),
            Self::Count(count) => count.to_string(),
            // What a trial was run with is distinguished by less than what it gave.
            Self::Value(Value::Float(number)) => words::figures(*number, 4),
            Self::Value(value) => printable(&value.text()),
            Self::Status(status) => status.to_string(),
            Self::Stopped => STOPPED.to_owned(),
            Self::Took(time) => words::duration(*time),
            Self::Moment(moment) => {
                let since = u64::try_from(now_ms.saturating_sub(*moment)).unwrap_or(0);
                words::ago(Duration::from_millis(since))
            }
        }
    }

    /// As a program reads it.
    pub(super) fn raw(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Id(text) | Self::Figure(text) => text.clone(),
            Self::Number(number) => Value::Float(*number).text(),
            Self::Count(count) => count.to_string(),
            Self::Value(value) => value.text(),
            Self::Status(status) => status.to_string(),
            Self::Stopped => STOPPED.to_owned(),
            Self::Took(time) => Value::Float(time.as_secs_f64()).text(),
            Self::Moment(moment) => words::moment(*moment),
        }
    }

    pub(super) fn is_figure(&self) -> bool {
        match self {
            Self::Number(_) | Self::Count(_) | Self::Took(_) | Self::Figure(_) => true,
            Self::Value(value) => value.as_f64().is_some(),
            _ => false,
        }
    }
}
