//! The distributions of the config language and their inverse CDFs.

use super::Value;

/// How the values of a parameter are spread. Field names are the keys of the config.
#[derive(Debug, Clone, PartialEq)]
pub enum Distribution {
    /// Always the same value.
    Constant(Value),
    /// Each value equally likely; `probabilities`, when given, has the length of `values`.
    Categorical {
        /// The values in the order of the config.
        values: Vec<Value>,
        /// Their probabilities, summing to 1.
        probabilities: Option<Vec<f64>>,
    },
    /// Whole numbers from `min` to `max`, both included.
    IntUniform {
        /// Smallest value.
        min: i128,
        /// Largest value.
        max: i128,
    },
}
