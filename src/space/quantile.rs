//! From u in \[0, 1) to a value: the inverse distribution function of every distribution.

use super::special::{beta_quantile, normal_quantile};
use super::{Distribution, Number, Shape, Value};

impl Distribution {
    /// The value at `u` in \[0, 1). Non-decreasing in `u` for every form with an order.
    #[must_use]
    pub fn quantile(&self, u: f64) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Categorical { values, probabilities: None } => {
                let at = smallest_index(u, values.len() as u128);
                values.get(at as usize).cloned().unwrap_or(Value::Null)
            }
            Self::Categorical { values, probabilities: Some(p) } => {
                values.get(weighted_index(u, p)).cloned().unwrap_or(Value::Null)
            }
            Self::IntUniform { min, max } => {
                let last = max.wrapping_sub(*min).cast_unsigned();
                let k = smallest_index(u, last.saturating_add(1)).min(last);
                Value::Int(min.wrapping_add(k.cast_signed()))
            }
            Self::Continuous { shape, q: None } => Value::Float(shape.bounded(u)),
            Self::Continuous { shape, q: Some(q) } => quantise(shape.curve(u), *q),
        }
    }

    /// Whether `u` = 0 has no finite value, so that it must be drawn again.
    #[must_use]
    pub(crate) fn is_open_at_zero(&self) -> bool {
        matches!(self, Self::Continuous { shape: Shape::Normal { .. } | Shape::LogNormal { .. }, .. })
    }
}

/// The smallest k with (k + 1) / n >= u, in floats.
fn smallest_index(u: f64, n: u128) -> u128 {
    let size = n as f64;
    let mut k = (u * size).ceil() as u128;
    k = k.saturating_sub(1);
    // The product may be off by one rounding: settle it by the definition.
    if k > 0 && k as f64 / size >= u {
        k -= 1;
    }
    if (k as f64 + 1.0) / size < u {
        k += 1;
    }
    k.min(n.saturating_sub(1))
}

/// The smallest i with u < p₀ + … + pᵢ, else the last index with a positive probability.
fn weighted_index(u: f64, probabilities: &[f64]) -> usize {
    let mut sum = 0.0;
    let mut last = 0;
    for (i, p) in probabilities.iter().enumerate() {
        sum += p;
        if u < sum {
            return i;
        }
        if *p > 0.0 {
            last = i;
        }
    }
    last
}

/// `x` rounded to a multiple of `q`, half to even; an integer where `q` was written as one.
fn quantise(x: f64, q: Number) -> Value {
    let multiple = (x / q.as_f64()).round_ties_even();
    match q {
        // What has more than 64 bits can't be kept exactly: the far tail ends before.
        Number::Int(q) => {
            let (low, high) = (i128::from(i64::MIN) / q, i128::from(u64::MAX) / q);
            Value::Int((multiple as i128).clamp(low.min(high), high.max(low)).saturating_mul(q))
        }
        // The clamp keeps exp of a far tail finite; adding 0 drops the sign of zero.
        Number::Float(q) => Value::Float((multiple * q).clamp(f64::MIN, f64::MAX) + 0.0),
    }
}

impl Shape {
    /// The curve before quantisation, evaluated exactly as the language defines it.
    pub(super) fn curve(&self, u: f64) -> f64 {
        let even = |low: f64, high: f64| u * (high - low) + low;
        match *self {
            Self::Uniform { min, max } => even(min.as_f64(), max.as_f64()),
            Self::LogUniform { min, max } => even(min.as_f64(), max.as_f64()).exp(),
            Self::InvLogUniform { min, max } => {
                let (min, max) = (min.as_f64(), max.as_f64());
                (-((1.0 - u) * (max - min) + min)).exp()
            }
            Self::LogUniformValues { min, max } | Self::InvLogUniformValues { min, max } => {
                even(min.as_f64().ln(), max.as_f64().ln()).exp()
            }
            Self::Normal { mu, sigma } => normal(u, mu, sigma),
            Self::LogNormal { mu, sigma } => normal(u, mu, sigma).exp(),
            Self::Beta { a, b } => beta_quantile(u, a.as_f64(), b.as_f64()),
        }
    }

    /// The curve, without the last rounding error that would take it past its own bounds.
    fn bounded(&self, u: f64) -> f64 {
        let x = self.curve(u);
        let (low, high) = match *self {
            Self::Uniform { min, max }
            | Self::LogUniformValues { min, max }
            | Self::InvLogUniformValues { min, max } => (min.as_f64(), max.as_f64()),
            Self::LogUniform { min, max } => (min.as_f64().exp(), max.as_f64().exp()),
            Self::InvLogUniform { min, max } => ((-max.as_f64()).exp(), (-min.as_f64()).exp()),
            Self::Beta { .. } => (0.0, 1.0),
            Self::Normal { .. } | Self::LogNormal { .. } => (f64::MIN, f64::MAX),
        };
        x.max(low).min(high) + 0.0
    }
}

/// mu + sigma·Φ⁻¹(u); with sigma 0 the constant mu.
fn normal(u: f64, mu: Number, sigma: Number) -> f64 {
    let (mu, sigma) = (mu.as_f64(), sigma.as_f64());
    if sigma == 0.0 { mu } else { mu + sigma * normal_quantile(u) }
}

#[cfg(test)]
#[path = "quantile_tests.rs"]
mod tests;
