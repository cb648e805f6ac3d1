//! Optuna's distributions, as its storages write them.

use serde_json::Value as Json;

use crate::config::{yaml_float, yaml_json};
use crate::space::Value;

/// A distribution of Optuna's.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum OptunaSpace {
    /// Numbers.
    Range {
        /// The least.
        low: f64,
        /// The largest.
        high: f64,
        /// On a log scale.
        log: bool,
        /// Whole numbers.
        whole: bool,
    },
    /// One of these.
    Choice(Vec<Value>),
}

impl OptunaSpace {
    /// Reads `{"name": "FloatDistribution", "attributes": {…}}`, also under the names of Optuna 2.
    pub fn parse(text: &str) -> Option<Self> {
        let json = super::lenient_json::parse(text).ok()?;
        let attributes = json.get("attributes")?;
        let bound = |key: &str| super::numbers::number(attributes.get(key)?);
        let logged = attributes.get("log").and_then(Json::as_bool).unwrap_or_default();
        let range = |log: bool, whole: bool| {
            Some(Self::Range { low: bound("low")?, high: bound("high")?, log, whole })
        };
        match json.get("name")?.as_str()? {
            "FloatDistribution" => range(logged, false),
            "UniformDistribution" | "DiscreteUniformDistribution" => range(false, false),
            "LogUniformDistribution" => range(true, false),
            "IntDistribution" => range(logged, true),
            "IntUniformDistribution" => range(false, true),
            "IntLogUniformDistribution" => range(true, true),
            "CategoricalDistribution" => Some(Self::Choice(
                attributes.get("choices")?.as_array()?.iter().map(Value::from_json).collect(),
            )),
            _ => None,
        }
    }

    /// The value that a storage keeps as this number.
    #[allow(clippy::cast_possible_truncation)]
    pub fn value(&self, stored: f64) -> Option<Value> {
        match self {
            Self::Range { whole: true, .. } if stored.abs() < 1e18 => Some(Value::Int(stored as i128)),
            Self::Range { .. } => Some(Value::Float(stored)),
            // Choices are kept by their places.
            Self::Choice(values) if stored >= 0.0 && stored < values.len() as f64 => {
                values.get(stored as usize).cloned()
            }
            Self::Choice(_) => None,
        }
    }

    /// A distribution that holds what both do; `None`: no sweep file has one.
    pub fn with(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (
                Self::Range { low, high, log, whole },
                Self::Range { low: other_low, high: other_high, log: other_log, whole: other_whole },
            ) if whole == other_whole => Some(Self::Range {
                low: low.min(*other_low),
                high: high.max(*other_high),
                log: *log && *other_log,
                whole: *whole,
            }),
            _ if self == other => Some(self.clone()),
            _ => None,
        }
    }

    /// As YAML of a sweep file.
    pub fn yaml(&self) -> Option<String> {
        match self {
            Self::Range { low, high, .. } if low >= high => None,
            Self::Range { low, high, log: true, whole: true } => Some(format!(
                "{{\"distribution\": q_log_uniform_values, \"min\": {low}, \"max\": {high}, \"q\": 1}}"
            )),
            Self::Range { low, high, log: false, whole: true } => {
                Some(format!("{{\"min\": {low}, \"max\": {high}}}"))
            }
            Self::Range { low, high, log, whole: false } => {
                let word = if *log { "log_uniform_values" } else { "uniform" };
                Some(format!(
                    "{{\"distribution\": {word}, \"min\": {}, \"max\": {}}}",
                    yaml_float(*low),
                    yaml_float(*high)
                ))
            }
            Self::Choice(values) => {
                let scalar = |value: &Value| match value {
                    Value::Float(x) => yaml_float(*x),
                    other => yaml_json(other),
                };
                Some(format!(
                    "{{\"values\": [{}]}}",
                    values.iter().map(scalar).collect::<Vec<_>>().join(", ")
                ))
            }
        }
    }
}
