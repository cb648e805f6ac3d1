//! The distributions of the config language.

use super::Value;

/// A number as the config wrote it: `1` and `1.0` give different types of results.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Written as a whole number.
    Int(i128),
    /// Written with a point or an exponent.
    Float(f64),
}

impl Number {
    /// Its value.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(x) => x as f64,
            Self::Float(x) => x,
        }
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(x) => Self::Int(x),
            Number::Float(x) => Self::Float(x),
        }
    }
}

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
    /// A continuous curve, rounded to multiples of `q` in the `q_…` forms.
    Continuous {
        /// The curve.
        shape: Shape,
        /// `q`; `None`: not quantised.
        q: Option<Number>,
    },
}

/// A continuous curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// Even between `min` and `max`.
    Uniform {
        /// Lower end.
        min: Number,
        /// Upper end.
        max: Number,
    },
    /// exp of an even spread: the bounds are natural-log exponents.
    LogUniform {
        /// Exponent of the lower end.
        min: Number,
        /// Exponent of the upper end.
        max: Number,
    },
    /// exp of minus an even spread: from exp(-max) to exp(-min).
    InvLogUniform {
        /// Minus the exponent of the upper end.
        min: Number,
        /// Minus the exponent of the lower end.
        max: Number,
    },
    /// Even on a log scale between the values `min` and `max`.
    LogUniformValues {
        /// Lower end, above 0.
        min: Number,
        /// Upper end.
        max: Number,
    },
    /// The same curve as [`Shape::LogUniformValues`].
    InvLogUniformValues {
        /// Lower end, above 0.
        min: Number,
        /// Upper end.
        max: Number,
    },
    /// The normal distribution.
    Normal {
        /// Mean.
        mu: Number,
        /// Standard deviation.
        sigma: Number,
    },
    /// exp of a normal distribution.
    LogNormal {
        /// Mean of the logarithm.
        mu: Number,
        /// Standard deviation of the logarithm.
        sigma: Number,
    },
    /// The beta distribution on 0 to 1.
    Beta {
        /// First shape parameter, above 0.
        a: Number,
        /// Second shape parameter, above 0.
        b: Number,
    },
}

impl Distribution {
    /// Whether it always gives the same value because the config says `value:`.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
    }

    /// Whether it is spread on a log scale.
    #[must_use]
    pub fn is_log(&self) -> bool {
        matches!(
            self,
            Self::Continuous {
                shape: Shape::LogUniform { .. }
                    | Shape::InvLogUniform { .. }
                    | Shape::LogUniformValues { .. }
                    | Shape::InvLogUniformValues { .. }
                    | Shape::LogNormal { .. },
                ..
            }
        )
    }

    /// Its word in the config language.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let (plain, quantised) = match self {
            Self::Constant(_) => return "constant",
            Self::Categorical { probabilities: None, .. } => return "categorical",
            Self::Categorical { .. } => return "categorical_w_probabilities",
            Self::IntUniform { .. } => return "int_uniform",
            Self::Continuous { shape, q } => match shape {
                Shape::Uniform { .. } => ("uniform", ("q_uniform", q)),
                Shape::LogUniform { .. } => ("log_uniform", ("q_log_uniform", q)),
                Shape::InvLogUniform { .. } => return "inv_log_uniform",
                Shape::LogUniformValues { .. } => ("log_uniform_values", ("q_log_uniform_values", q)),
                Shape::InvLogUniformValues { .. } => return "inv_log_uniform_values",
                Shape::Normal { .. } => ("normal", ("q_normal", q)),
                Shape::LogNormal { .. } => ("log_normal", ("q_log_normal", q)),
                Shape::Beta { .. } => ("beta", ("q_beta", q)),
            },
        };
        if quantised.1.is_some() { quantised.0 } else { plain }
    }

    /// The words of all distributions, in the order of the documentation.
    pub(crate) const NAMES: [&'static str; 18] = [
        "constant",
        "categorical",
        "categorical_w_probabilities",
        "int_uniform",
        "uniform",
        "q_uniform",
        "log_uniform",
        "log_uniform_values",
        "q_log_uniform",
        "q_log_uniform_values",
        "inv_log_uniform",
        "inv_log_uniform_values",
        "normal",
        "q_normal",
        "log_normal",
        "q_log_normal",
        "beta",
        "q_beta",
    ];

    /// Its keys and values, defaults filled in, in the order of the documentation; without `distribution`.
    #[must_use]
    pub(crate) fn fields(&self) -> Vec<(&'static str, Value)> {
        let (shape, q) = match self {
            Self::Constant(value) => return vec![("value", value.clone())],
            Self::Categorical { values, probabilities } => {
                let mut fields = vec![("values", Value::List(values.clone()))];
                if let Some(p) = probabilities {
                    fields
                        .push(("probabilities", Value::List(p.iter().copied().map(Value::Float).collect())));
                }
                return fields;
            }
            Self::IntUniform { min, max } => {
                return vec![("min", Value::Int(*min)), ("max", Value::Int(*max))];
            }
            Self::Continuous { shape, q } => (shape, q),
        };
        let mut fields: Vec<(&'static str, Value)> = match *shape {
            Shape::Uniform { min, max }
            | Shape::LogUniform { min, max }
            | Shape::InvLogUniform { min, max }
            | Shape::LogUniformValues { min, max }
            | Shape::InvLogUniformValues { min, max } => vec![("min", min.into()), ("max", max.into())],
            Shape::Normal { mu, sigma } | Shape::LogNormal { mu, sigma } => {
                vec![("mu", mu.into()), ("sigma", sigma.into())]
            }
            Shape::Beta { a, b } => vec![("a", a.into()), ("b", b.into())],
        };
        fields.extend(q.map(|q| ("q", Value::from(q))));
        fields
    }
}
