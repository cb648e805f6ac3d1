//! One axis of the search: a parameter, or a group of parameters that move together.

use crate::space::{Distribution, Listing, Number, Shape, Value};

/// The coordinate of a parameter that does not exist in a point.
pub const ABSENT: f64 = -1.0;
/// How near to the ends of an unbounded curve points are proposed.
const TAIL: f64 = 1e-3;
/// The ends of a rounded curve have no space beyond this.
const EDGE: f64 = 1e-9;

/// An axis. Its coordinates are numbers: u in \[0, 1\] where there is an order, an index where there is none.
#[derive(Debug, Clone)]
pub struct SearchAxis {
    /// What it looks like.
    pub kind: AxisKind,
    /// Whether it may be absent.
    pub conditional: bool,
}

/// What an axis looks like.
#[derive(Debug, Clone)]
pub enum AxisKind {
    /// Any u between the two.
    Real {
        /// Smallest u.
        low: f64,
        /// Largest u.
        high: f64,
        /// The curve.
        distribution: Distribution,
    },
    /// Ordered levels.
    Steps(Levels),
    /// Values without an order; those that are never drawn are left out.
    Choice {
        /// Number of values.
        count: usize,
        /// Their shares, where they are not even.
        shares: Option<Vec<f64>>,
    },
}

/// Where ordered levels stand.
#[derive(Debug, Clone)]
pub enum Levels {
    /// So many at even distances.
    Even(u128),
    /// Multiples of `q` under a curve.
    Rounded {
        /// The curve.
        distribution: Distribution,
        /// The multiples.
        listing: Listing,
    },
}

impl Levels {
    /// The multiples that a rounded curve can give.
    pub fn rounded(distribution: &Distribution, q: Number) -> Self {
        let tail = if distribution.is_open_at_zero() { TAIL } else { EDGE };
        let multiple =
            |u: f64| (distribution.quantile(u).as_f64().unwrap_or(0.0) / q.as_f64()).round() as i128;
        let (low, high) = (multiple(tail), multiple(1.0 - tail));
        let count = high.checked_sub(low).and_then(|span| u128::try_from(span).ok()).unwrap_or(0);
        let listing = Listing::Multiples { low, q, count: count.saturating_add(1) };
        Self::Rounded { distribution: distribution.clone(), listing }
    }

    /// How many there are.
    pub fn count(&self) -> u128 {
        match self {
            Self::Even(count) => *count,
            Self::Rounded { listing, .. } => listing.count(),
        }
    }

    /// Where level `k` stands.
    pub fn place(&self, k: u128) -> f64 {
        match self {
            Self::Even(count) => (k as f64 + 0.5) / *count as f64,
            Self::Rounded { distribution, listing } => {
                let value = listing.get(k).unwrap_or(Value::Null);
                distribution.coordinate(&value).unwrap_or(0.5).clamp(EDGE, 1.0 - EDGE)
            }
        }
    }

    /// The level whose share holds `u`.
    pub fn at(&self, u: f64) -> u128 {
        let last = self.count().saturating_sub(1);
        match self {
            Self::Even(count) => ((u.max(0.0) * *count as f64) as u128).min(last),
            Self::Rounded { distribution, listing } => {
                let tail = if distribution.is_open_at_zero() { TAIL } else { EDGE };
                let value = distribution.quantile(u.clamp(tail, 1.0 - tail));
                listing.position(&value).unwrap_or(0).min(last)
            }
        }
    }
}

impl AxisKind {
    /// The axis of a parameter that varies on its own. Numbers in a list have their order.
    pub fn of(distribution: &Distribution) -> (Self, Vec<Value>) {
        match distribution {
            Distribution::Constant(_) => (Self::Choice { count: 1, shares: None }, Vec::new()),
            Distribution::Categorical { values, probabilities } => {
                categories(values, probabilities.as_deref())
            }
            Distribution::IntUniform { min, max } => {
                let count = max.wrapping_sub(*min).cast_unsigned().saturating_add(1);
                (Self::Steps(Levels::Even(count)), Vec::new())
            }
            Distribution::Continuous { q: Some(q), .. } => {
                (Self::Steps(Levels::rounded(distribution, *q)), Vec::new())
            }
            Distribution::Continuous { shape, q: None } => {
                let unbounded = matches!(shape, Shape::Normal { .. } | Shape::LogNormal { .. });
                let tail = if unbounded { TAIL } else { 0.0 };
                let kind = Self::Real { low: tail, high: 1.0 - tail, distribution: distribution.clone() };
                (kind, Vec::new())
            }
        }
    }

    /// Whether coordinates have no order.
    pub fn is_choice(&self) -> bool {
        matches!(self, Self::Choice { .. })
    }

    /// The coordinate of an even draw.
    pub fn drawn(&self, u: f64) -> f64 {
        match self {
            Self::Real { low, high, .. } => u.clamp(*low, *high),
            Self::Steps(levels) => levels.place(levels.at(u)),
            Self::Choice { count, shares: None } => {
                ((u * *count as f64) as usize).min(count.saturating_sub(1)) as f64
            }
            Self::Choice { count, shares: Some(shares) } => {
                let mut sum = 0.0;
                let found = shares.iter().position(|share| {
                    sum += share;
                    u < sum
                });
                found.unwrap_or(count.saturating_sub(1)) as f64
            }
        }
    }

    /// The coordinate of a level or of a u that the axis has.
    pub fn snap(&self, x: f64) -> f64 {
        if self.is_choice() { x } else { self.drawn(x) }
    }

    /// How many coordinates there are; `None`: any number.
    pub fn count(&self) -> Option<u128> {
        match self {
            Self::Real { .. } => None,
            Self::Steps(levels) => Some(levels.count()),
            Self::Choice { count, .. } => Some(*count as u128),
        }
    }

    /// The squared distance of two coordinates, absent ones included. It is that of points in a Euclidean space: an
    /// absent parameter stands beside the middle of the axis, so that the kernel stays positive definite.
    pub fn squared_distance(&self, a: f64, b: f64) -> f64 {
        if self.is_choice() {
            return if a == b { 0.0 } else { 1.0 };
        }
        match (a < 0.0, b < 0.0) {
            (true, true) => 0.0,
            (false, false) => (a - b) * (a - b),
            (true, false) => aside(b),
            (false, true) => aside(a),
        }
    }
}

/// How far an absent parameter is from one at `u`, squared.
fn aside(u: f64) -> f64 {
    (u - 0.5) * (u - 0.5) + 0.0625
}

/// A list of values: distinct, without those of probability 0, and in order where all are numbers.
fn categories(values: &[Value], probabilities: Option<&[f64]>) -> (AxisKind, Vec<Value>) {
    let mut kept: Vec<Value> = Vec::new();
    let mut shares: Vec<f64> = Vec::new();
    for (i, value) in values.iter().enumerate() {
        let share = probabilities.map_or(1.0 / values.len() as f64, |p| p.get(i).copied().unwrap_or(0.0));
        if share <= 0.0 {
            continue;
        }
        match kept.iter().position(|other| other.same_as(value)) {
            Some(at) => shares[at] += share,
            None => {
                kept.push(value.clone());
                shares.push(share);
            }
        }
    }
    let number = |value: &Value| value.as_f64().filter(|x| x.is_finite());
    if kept.len() > 2 && kept.iter().all(|value| number(value).is_some()) {
        kept.sort_by(|a, b| number(a).unwrap_or(0.0).total_cmp(&number(b).unwrap_or(0.0)));
        return (AxisKind::Steps(Levels::Even(kept.len() as u128)), kept);
    }
    let even = shares.iter().all(|share| (share - shares[0]).abs() < 1e-12);
    let shares = if even { None } else { Some(shares) };
    (AxisKind::Choice { count: kept.len(), shares }, kept)
}

/// The values of a finite parameter, also those with probabilities and those of rounded curves that end.
pub fn listing(distribution: &Distribution) -> Option<Listing> {
    match distribution {
        Distribution::Categorical { values, probabilities } => {
            Some(Listing::Values(categories(values, probabilities.as_deref()).1))
        }
        Distribution::Continuous { q: Some(q), .. } if !distribution.is_open_at_zero() => {
            match Levels::rounded(distribution, *q) {
                Levels::Rounded { listing, .. } => Some(listing),
                Levels::Even(_) => None,
            }
        }
        other => other.support(),
    }
}
