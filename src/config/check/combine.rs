//! `zip:` and `constraints:`, what ties parameters together.

use super::fields::ConfigFields;
use super::parameters::Parameters;
use crate::config::constraint::{Constraint, ConstraintError};
use crate::config::finding::Findings;
use crate::config::suggest::did_you_mean;
use crate::config::yaml::shorten;
use crate::space::{Distribution, Leaf};

fn names<'a>(leaves: &'a [Leaf<'a>]) -> impl Iterator<Item = &'a str> {
    leaves.iter().map(|leaf| leaf.name.as_str())
}

/// `zip:`, groups of parameters that move together.
pub fn zip(fields: &ConfigFields<'_>, leaves: &[Leaf<'_>], findings: &mut Findings) -> Vec<Vec<String>> {
    let Some(items) = fields.some("zip").and_then(|field| field.list(findings)) else { return Vec::new() };
    let mut groups: Vec<Vec<String>> = Vec::new();
    for item in items {
        if findings.is_full() {
            break;
        }
        let Some(members) = item.list(findings) else { continue };
        let mut group: Vec<String> = Vec::new();
        let mut sizes = Vec::new();
        for member in members {
            let Some(name) = member.text(findings).filter(|_| !findings.is_full()) else { continue };
            let Some(leaf) = leaves.iter().find(|leaf| leaf.name == name) else {
                findings
                    .error(&member.place, format!("`zip` names {}, which is not a parameter", shorten(&name)))
                    .maybe_hint(did_you_mean(&name, names(leaves)));
                continue;
            };
            if group.contains(&name) || groups.iter().any(|other| other.contains(&name)) {
                findings.error(&member.place, format!("`{name}` is in `zip` twice"));
            }
            match &leaf.parameter.distribution {
                Distribution::Categorical { values, probabilities: None } => {
                    sizes.push((name.clone(), values.len() as u128));
                }
                Distribution::IntUniform { min, max } => {
                    sizes.push((name.clone(), max.wrapping_sub(*min).cast_unsigned().saturating_add(1)));
                }
                other => {
                    findings
                        .error(
                            &member.place,
                            format!("`{name}` can't be zipped: `{}` is not a list of values", other.name()),
                        )
                        .hint("give it `values`, without `probabilities`");
                }
            }
            group.push(name);
        }
        if group.len() < 2 {
            findings.error(&item.place, "a group of `zip` needs at least two parameters");
        }
        if let [(first, size), rest @ ..] = sizes.as_slice()
            && let Some((other, different)) = rest.iter().find(|(_, n)| n != size)
        {
            findings
                .error(
                    &item.place,
                    format!(
                        "`{first}` has {size} values and `{other}` has {different}: they can't move together"
                    ),
                )
                .hint("give both the same number of values");
        }
        groups.push(group);
    }
    groups
}

/// `constraints:`, expressions over parameters.
pub fn constraints(
    fields: &ConfigFields<'_>,
    parameters: &Parameters,
    findings: &mut Findings,
) -> Vec<Constraint> {
    let Some(items) = fields.some("constraints").and_then(|field| field.list(findings)) else {
        return Vec::new();
    };
    let leaves = parameters.space.leaves();
    let values = leaves.iter().map(|leaf| Some(leaf.parameter.distribution.quantile(0.5))).collect();
    let example = parameters.space.assemble(values);
    let mut constraints = Vec::new();
    for item in items {
        if findings.is_full() {
            break;
        }
        let Some(text) = item.text(findings) else { continue };
        let constraint = match Constraint::parse(&text) {
            Ok(constraint) => constraint,
            Err(error) => {
                findings
                    .error(&item.place, format!("this constraint can't be read: {error}"))
                    .hint("such as \"min_lr < max_lr\"");
                continue;
            }
        };
        let unknown: Vec<&String> =
            constraint.names().iter().filter(|name| example.get(name).is_none()).collect();
        for name in &unknown {
            findings
                .error(
                    &item.place,
                    format!("the constraint names {}, which is not a parameter", shorten(name)),
                )
                .maybe_hint(
                    did_you_mean(name, names(&leaves))
                        .or(Some("a text must be in quotes: \"optimizer == 'sgd'\"".to_owned())),
                );
        }
        if constraint.names().is_empty() {
            findings.error(&item.place, "the constraint names no parameter");
        }
        if unknown.is_empty()
            && let Err(ConstraintError::Type(message)) = constraint.holds(&example)
        {
            findings.error(&item.place, format!("this constraint can't be computed: {message}"));
        }
        constraints.push(constraint);
    }
    constraints
}
