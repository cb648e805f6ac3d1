//! Which values a parameter can have, for many questions about one parameter.

use std::collections::HashSet;

use crate::space::{Distribution, Value};

/// The values of one parameter.
pub enum AllowedValues {
    /// These, by identity.
    Listed(HashSet<String>),
    /// Numbers between two ends.
    Between(f64, f64),
    /// Any number.
    Number,
}

impl AllowedValues {
    /// What a distribution can give. Quantised values are taken by the ends of their range.
    pub fn of(distribution: &Distribution) -> Self {
        match distribution {
            Distribution::Constant(value) => Self::Listed(HashSet::from([value.identity()])),
            Distribution::Categorical { values, .. } => {
                Self::Listed(values.iter().map(Value::identity).collect())
            }
            other => {
                let fields = other.fields();
                let bound = |key: &str| fields.iter().find(|(k, _)| *k == key).and_then(|(_, v)| v.as_f64());
                match (bound("min"), bound("max")) {
                    (Some(min), Some(max)) if !other.name().ends_with("log_uniform") => {
                        Self::Between(min, max)
                    }
                    _ => Self::Number,
                }
            }
        }
    }

    /// Whether a value is one of them.
    pub fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Listed(identities) => identities.contains(&value.identity()),
            Self::Between(min, max) => value.as_f64().is_some_and(|x| *min <= x && x <= *max),
            Self::Number => value.as_f64().is_some_and(f64::is_finite),
        }
    }
}
