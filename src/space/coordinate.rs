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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Number;

    fn at(distribution: &Distribution, value: &Value) -> Option<f64> {
        distribution.coordinate(value)
    }

    #[test]
    fn categories_stand_at_their_place_in_the_list() {
        let values =
            vec![Value::Text("x".into()), Value::Null, Value::Bool(false), Value::Text(String::new())];
        let plain = Distribution::Categorical { values: values.clone(), probabilities: None };
        let found: Vec<_> = values.iter().map(|value| at(&plain, value)).collect();
        assert_eq!(found, [Some(0.25), Some(0.5), Some(0.75), Some(1.0)]);
        assert_eq!(at(&plain, &Value::Int(0)), None);
        let weighted = Distribution::Categorical { values, probabilities: Some(vec![0.5, 0.25, 0.25, 0.0]) };
        assert_eq!(at(&weighted, &Value::Null), Some(0.75));
    }

    #[test]
    fn whole_numbers_stand_at_the_upper_end_of_their_share() {
        let distribution = Distribution::IntUniform { min: 0, max: 9 };
        for (x, u) in [(0, 0.1), (5, 0.6), (9, 1.0), (20, 1.0), (-4, 0.0)] {
            assert!((at(&distribution, &Value::Int(x)).unwrap() - u).abs() < 1e-12);
        }
        assert_eq!(at(&distribution, &Value::Text("5".into())), None);
    }

    #[test]
    fn continuous_values_stand_at_their_cumulated_probability() {
        let shape = Shape::InvLogUniform { min: Number::Int(0), max: Number::Int(4) };
        let distribution = Distribution::Continuous { shape, q: None };
        assert!((at(&distribution, &Value::Float(0.1)).unwrap() - 0.424_353_726_751_488_6).abs() < 1e-12);
        let shape = Shape::Beta { a: Number::Int(2), b: Number::Int(5) };
        let distribution = Distribution::Continuous { shape, q: Some(Number::Float(0.1)) };
        assert!((at(&distribution, &Value::Float(0.5)).unwrap() - 0.890_625).abs() < 1e-12);
        let constant = Distribution::Constant(Value::Int(1));
        assert_eq!(at(&constant, &Value::Int(1)), None);
    }
}
