//! A finite space as numbers: every combination has an index, in mixed radix, last name fastest.

use crate::config::{Config, Constraint};
use crate::space::{Conditions, Distribution, Listing, Point, Space, Value};

use super::StrategyError;

/// A finite space. Zipped parameters share a digit.
#[derive(Debug)]
pub(super) struct Finite {
    space: Space,
    leaves: Vec<Member>,
    /// Number of values of each digit, most significant first.
    radices: Vec<u128>,
    conditions: Conditions,
    constraints: Vec<Constraint>,
    size: u128,
}

#[derive(Debug)]
enum Member {
    Constant(Value),
    Varying { listing: Listing, digit: usize },
}

impl Finite {
    /// The combinations of a config's space; `list` gives the values of a parameter.
    pub fn new(config: &Config, list: fn(&Distribution) -> Option<Listing>) -> Result<Self, StrategyError> {
        let mut radices: Vec<u128> = Vec::new();
        let mut digits: Vec<Option<usize>> = vec![None; config.zip.len()];
        let mut members = Vec::new();
        let leaves = config.space.leaves();
        for leaf in &leaves {
            let distribution = &leaf.parameter.distribution;
            if let Distribution::Constant(value) = distribution {
                members.push(Member::Constant(value.clone()));
                continue;
            }
            let group = config.zip.iter().position(|group| group.contains(&leaf.name));
            let listing = match (group, distribution) {
                // Repeats must stay where positions are shared.
                (Some(_), Distribution::Categorical { values, .. }) => Some(Listing::Values(values.clone())),
                _ => list(distribution),
            }
            .ok_or_else(|| StrategyError::NotListable(leaf.name.clone()))?;
            let known = group.and_then(|group| digits.get(group).copied().flatten());
            let digit = known.unwrap_or(radices.len());
            if known.is_none() {
                radices.push(listing.count());
            }
            if let Some(slot) = group.and_then(|group| digits.get_mut(group)) {
                *slot = Some(digit);
            }
            members.push(Member::Varying { listing, digit });
        }
        let size = radices.iter().try_fold(1u128, |size, n| size.checked_mul(*n));
        let conditions = Conditions::resolve(&leaves).map_err(|_| StrategyError::Conditions)?;
        Ok(Self {
            leaves: members,
            radices,
            conditions,
            constraints: config.constraints.clone(),
            size: size.filter(|size| *size <= u128::MAX / 2).ok_or(StrategyError::TooLarge)?,
            space: config.space.clone(),
        })
    }

    /// How many combinations there are, before conditions and constraints.
    pub fn size(&self) -> u128 {
        self.size
    }

    /// Whether some combinations do not count.
    pub fn has_gaps(&self) -> bool {
        !self.conditions.is_empty() || !self.constraints.is_empty()
    }

    /// The point of an index; `None` where the combination does not count: a constraint fails, or a parameter
    /// that does not exist in it has another value than its first (the same point would come twice).
    pub fn point(&self, index: u128) -> Result<Option<Point>, StrategyError> {
        let mut digits = vec![0; self.radices.len()];
        let mut rest = index;
        for (digit, radix) in digits.iter_mut().zip(&self.radices).rev() {
            *digit = rest % radix;
            rest /= radix;
        }
        let mut values: Vec<Option<Value>> = self
            .leaves
            .iter()
            .map(|member| match member {
                Member::Constant(value) => Some(value.clone()),
                Member::Varying { listing, digit } => listing.get(digits.get(*digit).copied().unwrap_or(0)),
            })
            .collect();
        if !self.conditions.is_empty() {
            self.conditions.apply(&mut values);
            let mut exists = vec![false; digits.len()];
            for (member, value) in self.leaves.iter().zip(&values) {
                if let (Member::Varying { digit, .. }, Some(_)) = (member, value)
                    && let Some(flag) = exists.get_mut(*digit)
                {
                    *flag = true;
                }
            }
            if digits.iter().zip(&exists).any(|(digit, exists)| *digit > 0 && !exists) {
                return Ok(None);
            }
        }
        let point = self.space.assemble(values);
        for constraint in &self.constraints {
            if !constraint.holds(&point)? {
                return Ok(None);
            }
        }
        Ok(Some(point))
    }

    /// The index that a known run uses up; `None`: it lacks a parameter, or has a value that is not listed.
    /// Constants and whatever else the run holds are ignored.
    pub fn index_of(&self, point: &Point) -> Option<u128> {
        let found = self.space.values_in(point);
        let mut digits: Vec<Option<u128>> = vec![None; self.radices.len()];
        for (member, value) in self.leaves.iter().zip(&found) {
            let Member::Varying { listing, digit } = member else { continue };
            let slot = digits.get_mut(*digit)?;
            match (value, *slot) {
                (None, _) if !self.conditions.is_empty() => {}
                (None, _) => return None,
                (Some(value), None) => *slot = Some(listing.position(value)?),
                (Some(value), Some(at)) if listing.get(at).is_some_and(|item| item.same_as(value)) => {}
                // Zipped lists may repeat a value: look for the place where all of them agree.
                (Some(_), Some(_)) => *slot = Some(self.zipped(*digit, &found)?),
            }
        }
        let index = self
            .radices
            .iter()
            .zip(&digits)
            .fold(0, |index, (radix, digit)| index * radix + digit.unwrap_or(0));
        if self.conditions.is_empty() || self.agrees(index, &found) { Some(index) } else { None }
    }

    /// Whether a point is one of the combinations that count: also its constants are those of the space.
    pub fn holds(&self, point: &Point) -> bool {
        let found = self.space.values_in(point);
        let constants = self.leaves.iter().zip(&found).all(|(member, value)| match (member, value) {
            (Member::Constant(own), Some(value)) => own.same_as(value),
            (Member::Constant(_), None) => !self.conditions.is_empty(),
            (Member::Varying { .. }, _) => true,
        });
        let counts = |index| matches!(self.point(index), Ok(Some(_)));
        constants && self.index_of(point).is_some_and(counts)
    }

    fn zipped(&self, digit: usize, found: &[Option<&Value>]) -> Option<u128> {
        let members = || {
            self.leaves.iter().zip(found).filter_map(|(member, value)| match member {
                Member::Varying { listing, digit: own } if *own == digit => Some((listing, value)),
                _ => None,
            })
        };
        (0..*self.radices.get(digit)?).find(|at| {
            members().all(|(listing, value)| {
                value.is_none_or(|value| listing.get(*at).is_some_and(|item| item.same_as(value)))
            })
        })
    }

    /// Whether the point of an index has just the parameters that a run has.
    fn agrees(&self, index: u128, found: &[Option<&Value>]) -> bool {
        let Ok(Some(point)) = self.point(index) else { return false };
        let own = self.space.values_in(&point);
        self.leaves.iter().zip(own.iter().zip(found)).all(|(member, (own, value))| {
            match (member, own, value) {
                (Member::Constant(_), ..) | (_, None, _) => true,
                (_, Some(_), None) => false,
                (Member::Varying { listing, .. }, Some(own), Some(value)) => {
                    listing.position(own) == listing.position(value)
                }
            }
        })
    }
}
