//! From a value back to u in \[0, 1\]: the place of a run on the axis of a parameter.

use super::special::{beta_cdf, normal_cdf};
use super::{Distribution, Shape, Value};

impl Distribution {
    /// The coordinate of a value: the distribution function, that of the unquantised curve for the `q_…`
    /// forms, (i + 1)/n for the i-th of n values. `None` for a value that the parameter can't have.
    #[must_use]
    pub fn coordinate(&self, value: &Value) -> Option<f64> {
        match self {
            Self::Constant(_) => None,
            Self::Categorical { values, probabilities } => {
                let at = values.iter().position(|item| item.same_as(value))?;
                Some(match probabilities {
                    None => (at + 1) as f64 / values.len() as f64,
                    Some(p) => p.iter().take(at + 1).sum(),
                })
            }
            Self::IntUniform { min, max } => {
                let (min, max) = (*min as f64, *max as f64);
                Some(((value.as_f64()? - min + 1.0) / (max - min + 1.0)).clamp(0.0, 1.0))
            }
            Self::Continuous { shape, .. } => {
                let u = shape.cdf(value.as_f64()?);
                if u.is_nan() { None } else { Some(u.clamp(0.0, 1.0)) }
            }
        }
    }
}

impl Shape {
    fn cdf(&self, x: f64) -> f64 {
        let even = |x: f64, low: f64, high: f64| (x - low) / (high - low);
        let ln = x.max(0.0).ln();
        match *self {
            Self::Uniform { min, max } => even(x, min.as_f64(), max.as_f64()),
            Self::LogUniform { min, max } => even(ln, min.as_f64(), max.as_f64()),
            Self::InvLogUniform { min, max } => even(ln, -max.as_f64(), -min.as_f64()),
            Self::LogUniformValues { min, max } | Self::InvLogUniformValues { min, max } => {
                even(ln, min.as_f64().ln(), max.as_f64().ln())
            }
            Self::Normal { mu, sigma } => step_or(x, mu.as_f64(), sigma.as_f64()),
            Self::LogNormal { mu, sigma } => step_or(ln, mu.as_f64(), sigma.as_f64()),
            Self::Beta { a, b } => beta_cdf(x, a.as_f64(), b.as_f64()),
        }
    }
}

/// Φ((x - mu)/sigma); with sigma 0 everything stands at mu.
fn step_or(x: f64, mu: f64, sigma: f64) -> f64 {
    if sigma == 0.0 { 0.5 } else { normal_cdf((x - mu) / sigma) }
}
