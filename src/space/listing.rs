//! The values of a parameter as a list that a grid can count, without holding it in memory.

use std::collections::HashSet;

use super::{Distribution, Number, Shape, Value};

/// The distinct values of a finite parameter, in grid order.
#[derive(Debug, Clone, PartialEq)]
pub enum Listing {
    /// Written out; repeats are gone.
    Values(Vec<Value>),
    /// `first`, `first + 1`, …
    Ints {
        /// Item 0.
        first: i128,
        /// How many.
        count: u128,
    },
    /// Item 0 is `first`, item i is `first + i·step`.
    Steps {
        /// Item 0.
        first: f64,
        /// Distance of neighbours.
        step: f64,
        /// How many.
        count: u128,
    },
    /// The same in whole numbers.
    WholeSteps {
        /// Item 0.
        first: i128,
        /// Distance of neighbours, above 0.
        step: i128,
        /// How many.
        count: u128,
    },
    /// Multiples `k·q` for k from `low`.
    Multiples {
        /// The smallest k.
        low: i128,
        /// The quantum.
        q: Number,
        /// How many.
        count: u128,
    },
}

impl Distribution {
    /// The values that a grid tries; `None` for a form that a grid can't list.
    #[must_use]
    pub(crate) fn grid(&self) -> Option<Listing> {
        match self {
            Self::Constant(value) => Some(Listing::Values(vec![value.clone()])),
            Self::Categorical { values, probabilities: None } => Some(Listing::Values(distinct(values))),
            Self::IntUniform { min, max } => Some(Listing::Ints {
                first: *min,
                count: max.wrapping_sub(*min).cast_unsigned().saturating_add(1),
            }),
            Self::Continuous { shape: Shape::Uniform { min, max }, q: Some(q) } => {
                Some(steps(*min, *max, *q))
            }
            _ => None,
        }
    }

    /// The values that a draw can give, for a form with finitely many equally wanted ones: what random search
    /// without repeats runs through. `None` for the others.
    #[must_use]
    pub(crate) fn support(&self) -> Option<Listing> {
        match self {
            Self::Continuous { shape: Shape::Uniform { min, max }, q: Some(q) } => {
                let low = (min.as_f64() / q.as_f64()).round_ties_even();
                let high = (max.as_f64() / q.as_f64()).round_ties_even();
                let count = ((high - low).max(0.0) as u128).saturating_add(1);
                Some(Listing::Multiples { low: low as i128, q: *q, count })
            }
            other => other.grid(),
        }
    }
}

/// The half-open range from `min` to below `max` in steps of `q`.
fn steps(min: Number, max: Number, q: Number) -> Listing {
    if let (Number::Int(first), Number::Int(max), Number::Int(step)) = (min, max, q) {
        let span = max.checked_sub(first).unwrap_or(i128::MAX).cast_unsigned();
        return Listing::WholeSteps { first, step, count: span.div_ceil(step.unsigned_abs().max(1)) };
    }
    let (low, high, by) = (min.as_f64(), max.as_f64(), q.as_f64());
    Listing::Steps { first: low, step: (low + by) - low, count: ((high - low) / by).ceil().max(0.0) as u128 }
}

fn distinct(values: &[Value]) -> Vec<Value> {
    let mut seen = HashSet::new();
    values.iter().filter(|value| seen.insert(value.identity())).cloned().collect()
}

impl Listing {
    /// How many values it has.
    #[must_use]
    pub fn count(&self) -> u128 {
        match self {
            Self::Values(values) => values.len() as u128,
            Self::Ints { count, .. }
            | Self::Steps { count, .. }
            | Self::WholeSteps { count, .. }
            | Self::Multiples { count, .. } => *count,
        }
    }

    /// The value at `index`; `None` past the end.
    #[must_use]
    pub fn get(&self, index: u128) -> Option<Value> {
        if index >= self.count() {
            return None;
        }
        Some(match self {
            Self::Values(values) => values.get(usize::try_from(index).ok()?)?.clone(),
            Self::Ints { first, .. } => Value::Int(first.wrapping_add(index.cast_signed())),
            Self::Steps { first, step, .. } => {
                let x = if index == 0 { *first } else { first + index as f64 * step };
                Value::Float(x + 0.0)
            }
            Self::WholeSteps { first, step, .. } => {
                Value::Int(first.saturating_add(index.cast_signed().saturating_mul(*step)))
            }
            Self::Multiples { low, q, .. } => {
                let k = low.wrapping_add(index.cast_signed());
                match q {
                    Number::Int(q) => Value::Int(k.saturating_mul(*q)),
                    Number::Float(q) => Value::Float(k as f64 * q + 0.0),
                }
            }
        })
    }

    /// Where a value stands; `None` where it is not in the list.
    #[must_use]
    pub fn position(&self, value: &Value) -> Option<u128> {
        let guess = match self {
            Self::Values(values) => return position_among(values, value),
            Self::Ints { first, .. } => match value {
                Value::Int(x) => x.checked_sub(*first)?,
                other => (other.as_f64()? - *first as f64) as i128,
            },
            Self::WholeSteps { first, step, .. } => match value {
                Value::Int(x) => x.checked_sub(*first)?.checked_div(*step)?,
                other => ((other.as_f64()? - *first as f64) / *step as f64).round() as i128,
            },
            Self::Steps { first, step, .. } => ((value.as_f64()? - first) / step).round() as i128,
            Self::Multiples { low, q, .. } => {
                ((value.as_f64()? / q.as_f64()).round() as i128).saturating_sub(*low)
            }
        };
        // The quotient may be off by a rounding: try the neighbours as well.
        [0, -1, 1]
            .into_iter()
            .filter_map(|by| u128::try_from(guess.checked_add(by)?).ok())
            .find(|index| self.get(*index).is_some_and(|item| item.same_as(value)))
    }
}

/// Keys that occur in none of the mappings among `values` do not count: scripts add such.
fn position_among(values: &[Value], value: &Value) -> Option<u128> {
    let trimmed = match value {
        Value::Map(entries) => {
            let known: HashSet<&str> = values
                .iter()
                .filter_map(|v| if let Value::Map(entries) = v { Some(entries) } else { None })
                .flatten()
                .map(|(key, _)| key.as_str())
                .collect();
            Value::Map(entries.iter().filter(|(key, _)| known.contains(key.as_str())).cloned().collect())
        }
        other => other.clone(),
    };
    values.iter().position(|item| item.same_as(&trimmed)).map(|at| at as u128)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn q_uniform(min: Number, max: Number, q: Number) -> Distribution {
        Distribution::Continuous { shape: Shape::Uniform { min, max }, q: Some(q) }
    }

    #[test]
    fn a_listing_finds_each_of_its_own_values() {
        for distribution in [
            q_uniform(Number::Float(1.0), Number::Float(1.3), Number::Float(0.1)),
            q_uniform(Number::Int(0), Number::Int(100), Number::Int(25)),
            Distribution::IntUniform { min: -3, max: 4 },
        ] {
            for listing in [distribution.grid().unwrap(), distribution.support().unwrap()] {
                for i in 0..listing.count() {
                    assert_eq!(listing.position(&listing.get(i).unwrap()), Some(i));
                }
                assert_eq!(listing.get(listing.count()), None);
                assert_eq!(listing.position(&Value::Text("x".into())), None);
            }
        }
    }

    #[test]
    fn whole_steps_are_exact_beyond_the_floats() {
        let min = 9_007_199_254_740_993;
        let listing = q_uniform(Number::Int(min), Number::Int(min + 9), Number::Int(2)).grid().unwrap();
        assert_eq!(listing.count(), 5);
        assert_eq!(listing.get(3), Some(Value::Int(min + 6)));
    }

    #[test]
    fn the_half_open_range_can_let_its_end_through() {
        let listing = q_uniform(Number::Int(1), Number::Float(1.3), Number::Float(0.1)).grid().unwrap();
        assert_eq!(listing.count(), 4);
        assert_eq!(listing.get(3), Some(Value::Float(1.300_000_000_000_000_3)));
    }

    #[test]
    fn a_grid_of_astronomic_size_is_listed_at_once() {
        let listing = Distribution::IntUniform { min: i128::MIN, max: i128::MAX }.grid().unwrap();
        assert_eq!(listing.get(5), Some(Value::Int(i128::MIN + 5)));
    }
}
