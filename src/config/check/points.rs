//! `points:`, explicit points that are tried first.

use super::fields::{Field, Fields};
use super::parameters::Parameters;
use crate::config::finding::Findings;
use crate::config::suggest::did_you_mean;
use crate::config::yaml::shorten;
use crate::space::{Conditions, Leaf, Point, Value};

/// Reads the points. Constants may be left out, and so must be what does not exist under `when`.
pub fn check(fields: &Fields<'_>, parameters: &Parameters, findings: &mut Findings) -> Vec<Point> {
    let Some(items) = fields.some("points").and_then(|field| field.list(findings)) else { return Vec::new() };
    let leaves = parameters.space.leaves();
    let conditions = Conditions::resolve(&leaves).unwrap_or_default();
    items.iter().filter_map(|item| point(item, parameters, &leaves, &conditions, findings)).collect()
}

fn point(
    item: &Field<'_>,
    parameters: &Parameters,
    leaves: &[Leaf<'_>],
    conditions: &Conditions,
    findings: &mut Findings,
) -> Option<Point> {
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
                .error(&fields.field(entry).key, format!("{} is no parameter", shorten(&name)))
                .maybe_hint(did_you_mean(&name, leaves.iter().map(|leaf| leaf.name.as_str())));
        }
    }
    let constant = |leaf: &Leaf<'_>| match &leaf.parameter.distribution {
        crate::space::Distribution::Constant(value) => Some(value.clone()),
        _ => None,
    };
    let values: Vec<Option<Value>> =
        leaves.iter().map(|leaf| given.get(&leaf.name).cloned().or_else(|| constant(leaf))).collect();
    // Whether a parameter exists is decided with all of them present.
    let mut existing: Vec<Option<Value>> =
        values.iter().map(|v| Some(v.clone().unwrap_or(Value::Null))).collect();
    conditions.apply(&mut existing);
    for ((leaf, value), exists) in leaves.iter().zip(&values).zip(&existing) {
        match (value, exists) {
            (None, Some(_)) => {
                findings.error(&item.place, format!("this point has no value for `{}`", leaf.name));
            }
            (Some(value), Some(_)) => outside(leaf, value, item, findings),
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

/// Warns of a value that the parameter itself would never give.
fn outside(leaf: &Leaf<'_>, value: &Value, item: &Field<'_>, findings: &mut Findings) {
    let distribution = &leaf.parameter.distribution;
    let fields = distribution.fields();
    let bound = |key: &str| fields.iter().find(|(k, _)| *k == key).and_then(|(_, v)| v.as_f64());
    let in_range = match (distribution.name().ends_with("log_uniform"), bound("min"), bound("max")) {
        (false, Some(min), Some(max)) => value.as_f64().is_some_and(|x| min <= x && x <= max),
        _ => distribution.is_constant() || distribution.coordinate(value).is_some(),
    };
    if !in_range {
        findings
            .warn(
                "point-outside",
                &item.place,
                format!("`{}` is {}, which the parameter does not allow", leaf.name, value.text()),
            )
            .hint("it will be tried all the same");
    }
}
