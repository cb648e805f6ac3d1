//! Points of other sweeps in the space of this one.

use std::fmt;

use super::check::AllowedValues;
use super::model::Config;
use crate::space::{Conditions, Distribution, Leaf, Point, Value};

/// Why a point is none of a space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// It has no value for this parameter.
    Missing(String),
    /// It has a value that this parameter can't have.
    Outside(String),
    /// It does not satisfy this constraint.
    Constraint(String),
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "no `{name}`"),
            Self::Outside(name) => write!(f, "`{name}` outside the space"),
            Self::Constraint(text) => write!(f, "not `{text}`"),
        }
    }
}

/// Fits points into the space of a config.
pub struct Fitter<'a> {
    config: &'a Config,
    leaves: Vec<Leaf<'a>>,
    conditions: Conditions,
    allowed: Vec<AllowedValues>,
}

impl<'a> Fitter<'a> {
    /// For this config.
    #[must_use]
    pub fn new(config: &'a Config) -> Self {
        let leaves = config.space.leaves();
        let conditions = Conditions::resolve(&leaves).unwrap_or_default();
        let allowed = leaves.iter().map(|leaf| AllowedValues::of(&leaf.parameter.distribution)).collect();
        Self { config, leaves, conditions, allowed }
    }

    /// The point with the values as this space has them (whole numbers as such, a listed value as it is listed). What the
    /// space does not know is left out; a constant may be missing.
    ///
    /// # Errors
    /// Why it does not fit.
    pub fn fit(&self, point: &Point) -> Result<Point, Misfit> {
        let constant = |leaf: &Leaf<'_>| match &leaf.parameter.distribution {
            Distribution::Constant(value) => Some(value.clone()),
            _ => None,
        };
        let given: Vec<Option<Value>> = self
            .leaves
            .iter()
            .map(|leaf| point.get(&leaf.name).cloned().or_else(|| constant(leaf)))
            .collect();
        // What a condition looks at must be as the space has it.
        let fitted = self.leaves.iter().zip(&self.allowed).zip(&given);
        let mut values: Vec<Option<Value>> =
            fitted.map(|((leaf, allowed), value)| fit(leaf, allowed, value.as_ref()?)).collect();
        let mut existing: Vec<Option<Value>> =
            values.iter().map(|value| Some(value.clone().unwrap_or(Value::Null))).collect();
        self.conditions.apply(&mut existing);
        for ((leaf, given), (value, exists)) in
            self.leaves.iter().zip(&given).zip(values.iter().zip(&existing))
        {
            match (value, given, exists) {
                (None, None, Some(_)) => return Err(Misfit::Missing(leaf.name.clone())),
                (None, Some(_), Some(_)) => return Err(Misfit::Outside(leaf.name.clone())),
                _ => {}
            }
        }
        self.conditions.apply(&mut values);
        let point = self.config.space.assemble(values);
        match self.config.constraints.iter().find(|constraint| constraint.holds(&point) != Ok(true)) {
            Some(constraint) => Err(Misfit::Constraint(constraint.text.clone())),
            None => Ok(point),
        }
    }

    /// The point, with listed values as they are listed. JSON does not distinguish the text `NaN` from the number, so what was
    /// read from JSON may have lost that.
    #[must_use]
    pub fn as_listed(&self, point: Point) -> Point {
        fn replace(entries: &mut [(String, Value)], prefix: &str, leaves: &[Leaf<'_>]) {
            for (key, value) in entries {
                let name = format!("{prefix}{key}");
                let leaf = leaves.iter().find(|leaf| leaf.name == name);
                let listed = match leaf.map(|leaf| &leaf.parameter.distribution) {
                    Some(Distribution::Constant(own)) => std::slice::from_ref(own),
                    Some(Distribution::Categorical { values, .. }) => values.as_slice(),
                    _ => &[],
                };
                let written = value.to_json();
                if let Some(own) = listed.iter().find(|own| own.to_json() == written) {
                    value.clone_from(own);
                } else if let (None, Value::Map(inner)) = (leaf, value) {
                    replace(inner, &format!("{name}."), leaves);
                }
            }
        }
        let mut point = point;
        replace(&mut point.0, "", &self.leaves);
        point
    }

    /// The names in a point that the space does not know.
    #[must_use]
    pub fn unknown(&self, point: &Point) -> Vec<String> {
        let known = |name: &String| self.leaves.iter().any(|leaf| leaf.name == *name);
        point.leaves().into_iter().map(|(name, _)| name).filter(|name| !known(name)).collect()
    }
}

/// A value as the parameter would have given it.
fn fit(leaf: &Leaf<'_>, allowed: &AllowedValues, value: &Value) -> Option<Value> {
    match &leaf.parameter.distribution {
        Distribution::Constant(own) => listed(std::slice::from_ref(own), value),
        Distribution::Categorical { values, .. } => listed(values, value),
        Distribution::IntUniform { .. } => {
            let number = value.as_f64().filter(|x| x.fract() == 0.0)?;
            #[allow(clippy::cast_possible_truncation)]
            let whole = if let Value::Int(x) = value { *x } else { number as i128 };
            Some(Value::Int(whole)).filter(|whole| allowed.holds(whole))
        }
        Distribution::Continuous { q: None, .. } => {
            value.as_f64().map(Value::Float).filter(|number| allowed.holds(number))
        }
        Distribution::Continuous { .. } => Some(value.clone()).filter(|value| allowed.holds(value)),
    }
}

/// The listed value that it is, or whose text it is: a table holds texts only.
fn listed(values: &[Value], value: &Value) -> Option<Value> {
    let same = values.iter().find(|listed| listed.same_as(value));
    same.or_else(|| values.iter().find(|listed| listed.text() == value.text())).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::check;

    const CONFIG: &str = "\
command: 'true'
method: random
parameters:
  lr: {min: 0.001, max: 1.0}
  depth: {min: 1, max: 8}
  opt: {values: [adam, '1', 2]}
  momentum: {min: 0.0, max: 1.0, when: {opt: adam}}
  fixed: {value: 3}
constraints: ['lr * depth < 4']
";

    fn fit(pairs: &[(&str, Value)]) -> Result<String, Misfit> {
        let config = check(CONFIG.as_bytes()).config.unwrap();
        let point = Point(pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
        Fitter::new(&config).fit(&point).map(|point| point.to_json().to_string())
    }

    #[test]
    fn values_become_those_of_the_space() {
        let text = |text: &str| Value::Text(text.to_owned());
        let float = Value::Float;
        let base = [("lr", Value::Int(1)), ("depth", float(3.0)), ("opt", Value::Int(1))];
        assert_eq!(fit(&base).unwrap(), r#"{"depth":3,"fixed":3,"lr":1.0,"opt":"1"}"#);
        let with = |name: &'static str, value: Value| {
            let mut pairs = base.to_vec();
            pairs.retain(|(known, _)| *known != name);
            pairs.push((name, value));
            fit(&pairs)
        };
        assert_eq!(with("batch", float(1.0)), fit(&base), "what the space does not know is left out");
        assert_eq!(with("momentum", float(9.0)), fit(&base), "it does not exist there");
        for (name, value) in [
            ("lr", float(2.0)),
            ("lr", float(f64::NAN)),
            ("depth", float(2.5)),
            ("depth", Value::Int(9)),
            ("opt", text("sgd")),
            ("fixed", Value::Int(4)),
        ] {
            assert_eq!(with(name, value), Err(Misfit::Outside(name.into())));
        }
        assert_eq!(with("opt", text("adam")), Err(Misfit::Missing("momentum".into())));
        assert_eq!(with("depth", Value::Int(4)), Err(Misfit::Constraint("lr * depth < 4".into())));
        assert_eq!(fit(&base[1..]), Err(Misfit::Missing("lr".into())));
    }
}
