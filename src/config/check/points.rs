//! `points:`, explicit points that are tried first.

use super::allowed::AllowedValues;
use super::fields::{ConfigField, ConfigFields};
use super::parameters::Parameters;
use crate::config::finding::Findings;
use crate::config::suggest::did_you_mean;
use crate::config::yaml::shorten;
use crate::space::{Conditions, Leaf, Point, Value};

/// Reads the points. Constants may be left out, and so must be what does not exist under `when`.
pub fn check(fields: &ConfigFields<'_>, parameters: &Parameters, findings: &mut Findings) -> Vec<Point> {
    let Some(items) = fields.some("points").and_then(|field| field.list(findings)) else { return Vec::new() };
    let leaves = parameters.space.leaves();
    let conditions = Conditions::resolve(&leaves).unwrap_or_default();
    let allowed: Vec<AllowedValues> =
        leaves.iter().map(|leaf| AllowedValues::of(&leaf.parameter.distribution)).collect();
    let known = (&conditions, allowed.as_slice());
    items.iter().filter_map(|item| point(item, parameters, &leaves, known, findings)).collect()
}

fn point(
    item: &ConfigField<'_>,
    parameters: &Parameters,
    leaves: &[Leaf<'_>],
    (conditions, allowed): (&Conditions, &[AllowedValues]),
    findings: &mut Findings,
) -> Option<Point> {
    if findings.is_full() {
        return None;
    }
    let before = findings.errors.len();
    let fields = item.mapping(findings)?;
    let given =
        Point(fields.entries.iter().map(|entry| (entry.key.name(), entry.value.to_value())).collect());
    for entry in fields.entries {
        let name = entry.key.name();
        let below = |leaf: &Leaf<'_>| {
            leaf.name.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if !leaves.iter().any(below) {
            findings
                .error(&fields.field(entry).key, format!("{} is not a parameter", shorten(&name)))
                .maybe_hint(did_you_mean(&name, leaves.iter().map(|leaf| leaf.name.as_str())));
        }
    }
    let constant = |leaf: &Leaf<'_>| match &leaf.parameter.distribution {
        crate::space::Distribution::Constant(value) => Some(value.clone()),
        // A point that was written before the parameter was added.
        _ => leaf.parameter.before.clone(),
    };
    let values: Vec<Option<Value>> =
        leaves.iter().map(|leaf| given.get(&leaf.name).cloned().or_else(|| constant(leaf))).collect();
    // Whether a parameter exists is decided with all of them present.
    let mut existing: Vec<Option<Value>> =
        values.iter().map(|v| Some(v.clone().unwrap_or(Value::Null))).collect();
    conditions.apply(&mut existing);
    for (((leaf, allowed), value), exists) in leaves.iter().zip(allowed).zip(&values).zip(&existing) {
        match (value, exists) {
            (None, Some(_)) => {
                findings.error(&item.place, format!("this point has no value for `{}`", leaf.name));
            }
            (Some(value), Some(_)) if !allowed.holds(value) && !leaf.parameter.distribution.is_constant() => {
                let message =
                    format!("`{}` is {}, which the parameter does not allow", leaf.name, value.text());
                findings.warn("point-outside", &item.place, message).hint("it will be tried all the same");
            }
            _ => {}
        }
    }
    if findings.errors.len() > before {
        return None;
    }
    let mut values = values;
    conditions.apply(&mut values);
    Some(parameters.space.assemble(values))
}
