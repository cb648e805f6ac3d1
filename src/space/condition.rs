//! Conditional parameters: which leaves exist, given the values of the others.

use super::{Leaf, Value};

/// The conditions of a space, with every name resolved to the index of a leaf.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// For each leaf: the leaves it depends on and the identities of the values they must have.
    of: Vec<Vec<(usize, Vec<String>)>>,
    /// Leaves with conditions, each after the leaves it depends on.
    order: Vec<usize>,
}

/// Why conditions can't be resolved.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionError {
    /// `when` of a leaf (first) names no parameter (second).
    Unknown(usize, String),
    /// The leaf depends on itself, directly or through others.
    Cycle(usize),
}

impl Conditions {
    /// Resolves the names in the `when`s of `leaves`.
    ///
    /// # Errors
    /// A name that is no parameter, or a parameter that depends on itself.
    pub fn resolve(leaves: &[Leaf<'_>]) -> Result<Self, ConditionError> {
        let mut of = Vec::with_capacity(leaves.len());
        for (i, leaf) in leaves.iter().enumerate() {
            let mut conditions = Vec::new();
            for (name, values) in &leaf.parameter.when {
                let at = leaves
                    .iter()
                    .position(|other| other.name == *name)
                    .ok_or_else(|| ConditionError::Unknown(i, name.clone()))?;
                conditions.push((at, values.iter().map(Value::identity).collect()));
            }
            of.push(conditions);
        }
        let mut done: Vec<bool> = of.iter().map(Vec::is_empty).collect();
        let mut order = Vec::new();
        while let Some(waiting) = done.iter().position(|d| !d) {
            let ready: Vec<usize> = (waiting..of.len())
                .filter(|i| done.get(*i) == Some(&false))
                .filter(|i| of.get(*i).is_some_and(|c| c.iter().all(|(at, _)| done.get(*at) == Some(&true))))
                .collect();
            if ready.is_empty() {
                return Err(ConditionError::Cycle(waiting));
            }
            for i in ready {
                if let Some(flag) = done.get_mut(i) {
                    *flag = true;
                }
                order.push(i);
            }
        }
        Ok(Self { of, order })
    }

    /// Whether every leaf always exists.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Takes away the values of the leaves that do not exist under the others' values.
    pub fn apply(&self, values: &mut [Option<Value>]) {
        for &i in &self.order {
            let holds = self.of.get(i).is_some_and(|conditions| {
                conditions.iter().all(|(at, allowed)| {
                    values
                        .get(*at)
                        .and_then(Option::as_ref)
                        .is_some_and(|value| allowed.contains(&value.identity()))
                })
            });
            if let (false, Some(slot)) = (holds, values.get_mut(i)) {
                *slot = None;
            }
        }
    }
}
