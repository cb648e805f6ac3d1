//! The space as the model sees it: from points to coordinates and back.

use std::collections::HashSet;

use crate::config::{Config, Constraint, ConstraintError};
use crate::gaussian::axis::{ABSENT, AxisKind, Levels, SearchAxis};
use crate::space::{Distribution, Point, Space, Value};

/// The axes of a config's space, its conditions and its constraints.
#[derive(Debug)]
pub(super) struct Axes {
    /// The axes; constants have none.
    pub axes: Vec<SearchAxis>,
    space: Space,
    leaves: Vec<ParameterRole>,
    /// Leaves with conditions, each after those that it depends on.
    order: Vec<usize>,
    constraints: Vec<Constraint>,
}

/// What a parameter is to the model.
#[derive(Debug)]
struct ParameterRole {
    place: AxisPlace,
    /// The leaves that it depends on, and the values that they must have.
    when: Vec<(usize, Vec<Value>)>,
}

#[derive(Debug)]
enum AxisPlace {
    Constant(Value),
    /// On this axis, with these values by index; no list: the value is computed.
    On {
        axis: usize,
        values: Vec<Value>,
        distribution: Distribution,
    },
}

/// A point in coordinates, one for each axis.
pub(super) type Coordinates = Vec<f64>;

impl Axes {
    /// The axes of a config.
    pub fn new(config: &Config) -> Self {
        let leaves = config.space.leaves();
        let mut axes: Vec<SearchAxis> = Vec::new();
        let mut groups: Vec<Option<usize>> = vec![None; config.zip.len()];
        let mut roles = Vec::with_capacity(leaves.len());
        for leaf in &leaves {
            let distribution = &leaf.parameter.distribution;
            let conditional = !leaf.parameter.when.is_empty();
            let group = config.zip.iter().position(|group| group.contains(&leaf.name));
            let place = if let Distribution::Constant(value) = distribution {
                AxisPlace::Constant(value.clone())
            } else if let Some(group) = group {
                let members = leaves.iter().filter(|other| config.zip[group].contains(&other.name));
                let axis = *groups[group].get_or_insert_with(|| {
                    axes.push(SearchAxis {
                        kind: shared(members.map(|leaf| &leaf.parameter.distribution)),
                        conditional: false,
                    });
                    axes.len() - 1
                });
                axes[axis].conditional |= conditional;
                let values = match distribution {
                    Distribution::Categorical { values, .. } => values.clone(),
                    _ => Vec::new(),
                };
                AxisPlace::On { axis, values, distribution: distribution.clone() }
            } else {
                let (kind, values) = AxisKind::of(distribution);
                axes.push(SearchAxis { kind, conditional });
                AxisPlace::On { axis: axes.len() - 1, values, distribution: distribution.clone() }
            };
            let position = |name: &str| leaves.iter().position(|other| other.name == name);
            let when = leaf.parameter.when.iter();
            let when = when.filter_map(|(name, values)| Some((position(name)?, values.clone()))).collect();
            roles.push(ParameterRole { place, when });
        }
        let order = order(&roles);
        Self {
            axes,
            leaves: roles,
            order,
            space: config.space.clone(),
            constraints: config.constraints.clone(),
        }
    }

    /// Whether some parameters may be absent.
    pub fn has_conditions(&self) -> bool {
        !self.order.is_empty()
    }

    /// Whether some points are refused.
    pub fn has_constraints(&self) -> bool {
        !self.constraints.is_empty()
    }

    /// The point of coordinates, snapped to levels first.
    pub fn point(&self, x: &[f64]) -> Point {
        let exists = self.existing(x);
        let values = self
            .leaves
            .iter()
            .zip(exists)
            .map(|(role, exists)| if exists { role.place.value(&self.axes, x) } else { None });
        self.space.assemble(values.collect())
    }

    /// The coordinates of a point that was run; `None`: it does not fit the space.
    pub fn coordinates(&self, point: &Point) -> Option<Coordinates> {
        let found = self.space.values_in(point);
        let mut x = vec![ABSENT; self.axes.len()];
        for (axis, slot) in x.iter_mut().enumerate() {
            let members = self.leaves.iter().zip(&found).filter_map(|(role, value)| match &role.place {
                AxisPlace::On { axis: own, .. } if *own == axis => Some((&role.place, *value)),
                _ => None,
            });
            let present: Vec<(&AxisPlace, &Value)> =
                members.filter_map(|(place, value)| Some((place, value?))).collect();
            if !present.is_empty() {
                *slot = self.coordinate(axis, &present)?;
            }
        }
        let exists = self.existing(&x);
        for ((role, value), exists) in self.leaves.iter().zip(&found).zip(&exists) {
            let varies = matches!(role.place, AxisPlace::On { .. });
            if varies && *exists && value.is_none() {
                return None;
            }
        }
        self.hide(&mut x, &exists);
        Some(x)
    }

    /// The coordinate at which all members of an axis have their values.
    fn coordinate(&self, axis: usize, members: &[(&AxisPlace, &Value)]) -> Option<f64> {
        let kind = &self.axes[axis].kind;
        if let [(AxisPlace::On { values, distribution, .. }, value)] = members
            && values.is_empty()
            && !matches!(distribution, Distribution::IntUniform { .. })
        {
            return on_curve(kind, distribution, value);
        }
        let index = |place: &AxisPlace, value: &Value| match place {
            AxisPlace::On { values, distribution: Distribution::IntUniform { min, max }, .. }
                if values.is_empty() =>
            {
                let x = whole(value)?;
                if x < *min || x > *max { None } else { Some(x.wrapping_sub(*min).cast_unsigned()) }
            }
            AxisPlace::On { values, .. } => {
                values.iter().position(|item| item.same_as(value)).map(|at| at as u128)
            }
            AxisPlace::Constant(_) => None,
        };
        let (first, rest) = members.split_first()?;
        let mut k = index(first.0, first.1)?;
        if rest.iter().any(|(place, value)| index(place, value) != Some(k)) {
            // Lists that move together may repeat a value: look for the place where all of them agree.
            let agree = |k: usize| {
                members.iter().all(|(place, value)| match place {
                    AxisPlace::On { values, .. } if !values.is_empty() => {
                        values.get(k).is_some_and(|item| item.same_as(value))
                    }
                    other => index(other, value) == Some(k as u128),
                })
            };
            let count = usize::try_from(kind.count()?).ok()?.min(1_000_000);
            k = (0..count).find(|k| agree(*k))? as u128;
        }
        match kind {
            AxisKind::Steps(levels) => Some(levels.place(k)),
            _ => Some(k as f64),
        }
    }

    /// Which parameters exist at coordinates.
    fn existing(&self, x: &[f64]) -> Vec<bool> {
        let mut exists = vec![true; self.leaves.len()];
        for &leaf in &self.order {
            let holds = self.leaves[leaf].when.iter().all(|(on, allowed)| {
                exists[*on]
                    && self.leaves[*on]
                        .place
                        .value(&self.axes, x)
                        .is_some_and(|value| allowed.iter().any(|item| item.same_as(&value)))
            });
            exists[leaf] = holds;
        }
        exists
    }

    /// Marks the axes whose parameters do not exist.
    pub fn settle(&self, x: &mut [f64]) {
        if self.has_conditions() {
            let exists = self.existing(x);
            self.hide(x, &exists);
        }
    }

    fn hide(&self, x: &mut [f64], exists: &[bool]) {
        let mut present = vec![false; x.len()];
        for (role, exists) in self.leaves.iter().zip(exists) {
            if let AxisPlace::On { axis, .. } = role.place {
                present[axis] |= exists;
            }
        }
        for (x, present) in x.iter_mut().zip(present) {
            if !present {
                *x = ABSENT;
            }
        }
    }

    /// The coordinates of even draws, before conditions: every axis has one.
    pub fn drawn_at(&self, units: &[f64]) -> Coordinates {
        self.axes.iter().zip(units).map(|(axis, u)| axis.kind.drawn(*u)).collect()
    }

    /// Whether the constraints hold.
    ///
    /// # Errors
    /// A constraint that can't be computed.
    pub fn allowed(&self, x: &[f64]) -> Result<bool, ConstraintError> {
        if self.constraints.is_empty() {
            return Ok(true);
        }
        let point = self.point(x);
        for constraint in &self.constraints {
            if !constraint.holds(&point)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What makes two settled points the same.
pub(super) fn key(x: &[f64]) -> Vec<u64> {
    x.iter().map(|x| (x + 0.0).to_bits()).collect()
}

/// Keys of points that are taken.
pub(super) type TakenKeys = HashSet<Vec<u64>>;

impl AxisPlace {
    fn value(&self, axes: &[SearchAxis], x: &[f64]) -> Option<Value> {
        let (axis, values, distribution) = match self {
            Self::Constant(value) => return Some(value.clone()),
            Self::On { axis, values, distribution } => (*axis, values, distribution),
        };
        let at = *x.get(axis)?;
        if at < 0.0 {
            return None;
        }
        let k = match &axes.get(axis)?.kind {
            AxisKind::Real { low, high, distribution } => {
                return Some(distribution.quantile(at.clamp(*low, *high)));
            }
            AxisKind::Steps(levels @ Levels::Rounded { listing, .. }) => return listing.get(levels.at(at)),
            AxisKind::Steps(levels) => levels.at(at),
            AxisKind::Choice { .. } => at as u128,
        };
        match distribution {
            Distribution::IntUniform { min, .. } if values.is_empty() => {
                Some(Value::Int(min.wrapping_add(k.cast_signed())))
            }
            _ => values.get(usize::try_from(k).ok()?).cloned(),
        }
    }
}

/// The coordinate of a number under a curve; `None` beyond its ends.
fn on_curve(kind: &AxisKind, distribution: &Distribution, value: &Value) -> Option<f64> {
    let number = value.as_f64().filter(|x| x.is_finite())?;
    if let AxisKind::Steps(levels @ Levels::Rounded { listing, .. }) = kind
        && let Some(k) = listing.position(value)
    {
        return Some(levels.place(k));
    }
    let end = |u: f64| distribution.quantile(u).as_f64();
    let slack = 1e-9 * number.abs();
    let outside = end(0.0).is_some_and(|low| number < low - slack)
        || end(1.0).is_some_and(|high| number > high + slack);
    if outside { None } else { distribution.coordinate(&Value::Float(number)) }
}

/// The axis of parameters that move together.
fn shared<'a>(members: impl Iterator<Item = &'a Distribution>) -> AxisKind {
    let mut ordered = true;
    let mut count: u128 = 1;
    for member in members {
        match member {
            Distribution::Categorical { values, .. } => {
                ordered = false;
                count = values.len() as u128;
            }
            Distribution::IntUniform { min, max } => {
                count = max.wrapping_sub(*min).cast_unsigned().saturating_add(1);
            }
            _ => {}
        }
    }
    match usize::try_from(count) {
        Ok(count) if !ordered => AxisKind::Choice { count, shares: None },
        _ => AxisKind::Steps(Levels::Even(count)),
    }
}

/// The whole number that a value is.
fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Int(x) => Some(*x),
        Value::Float(x) if x.fract() == 0.0 && x.abs() < 1e30 => Some(*x as i128),
        _ => None,
    }
}

/// Leaves with conditions, each after those that it depends on.
fn order(roles: &[ParameterRole]) -> Vec<usize> {
    let mut done: Vec<bool> = roles.iter().map(|role| role.when.is_empty()).collect();
    let mut order = Vec::new();
    loop {
        let before = order.len();
        for (i, role) in roles.iter().enumerate() {
            if !done[i] && role.when.iter().all(|(on, _)| done[*on]) {
                done[i] = true;
                order.push(i);
            }
        }
        if order.len() == before {
            return order;
        }
    }
}
