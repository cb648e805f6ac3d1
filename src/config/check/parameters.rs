//! `parameters:`: names, groups, conditions.

use std::collections::{HashMap, HashSet};

use super::allowed::AllowedValues;
use super::distribution;
use super::fields::{ConfigField, ConfigFields};
use super::traps;
use crate::config::finding::{Findings, KeyPlace};
use crate::config::suggest::did_you_mean;
use crate::config::yaml::{MappingEntry, NodeKind, YamlNode as Yaml, shorten};
use crate::space::{ConditionError, Conditions, Parameter, ParameterNode, Space, Value};

/// Most parameters of a sweep: conditions and hints compare each with each.
const MAX_PARAMETERS: usize = 2000;

/// The space, with the place of each parameter in enumeration order.
pub struct Parameters {
    /// The space.
    pub space: Space,
    /// Where each leaf stands in the file.
    pub places: Vec<KeyPlace>,
    /// The dotted paths of the leaves in the order of the file.
    pub order: Vec<String>,
}

/// Reads `parameters:`; `None` after an error.
pub fn check(field: &ConfigField<'_>, findings: &mut Findings) -> Option<Parameters> {
    let before = findings.errors.len();
    let mut places = Vec::new();
    let space = level(field, &mut Vec::new(), &mut places, findings)?;
    // Sorted by name as the space is, so that the two stay side by side.
    if places.len() > MAX_PARAMETERS {
        findings
            .error(&field.place, format!("there are more than {MAX_PARAMETERS} parameters"))
            .hint("a list or a mapping can be one `value`");
    }
    let order = places.iter().map(|(path, _)| path.join(".")).collect();
    places.sort_by(|a: &(Vec<String>, KeyPlace), b| a.0.cmp(&b.0));
    let places = places.into_iter().map(|(_, place)| place).collect();
    (findings.errors.len() == before).then_some(())?;
    let mut parameters = Parameters { space, places, order };
    conditions(&mut parameters, findings)?;
    Some(parameters)
}

type ParameterPlaces = Vec<(Vec<String>, KeyPlace)>;

/// The names of all parameters and groups as they are written, with their places, whether they are right or not.
pub fn written(fields: &ConfigFields<'_>) -> Vec<(String, KeyPlace, bool)> {
    fn walk(field: &ConfigField<'_>, prefix: &str, out: &mut Vec<(String, KeyPlace, bool)>) {
        let NodeKind::Mapping(entries) = &field.node.kind else { return };
        let fields = ConfigFields { place: field.key.clone(), entries };
        for entry in entries.iter().take(MAX_PARAMETERS) {
            let field = fields.field(entry);
            let name = format!("{prefix}{}", entry.key.name());
            let inner = match &entry.value.kind {
                NodeKind::Mapping(entries) => {
                    ConfigFields { place: field.key.clone(), entries }.get("parameters")
                }
                _ => None,
            };
            out.push((name.clone(), field.key, inner.is_none()));
            if let Some(inner) = inner {
                walk(&inner, &format!("{name}."), out);
            }
        }
    }
    let mut out = Vec::new();
    if let Some(field) = fields.get("parameters") {
        walk(&field, "", &mut out);
    }
    out.truncate(MAX_PARAMETERS);
    out
}

/// One level of the tree.
fn level(
    field: &ConfigField<'_>,
    path: &mut Vec<String>,
    places: &mut ParameterPlaces,
    findings: &mut Findings,
) -> Option<Space> {
    let fields = field.mapping(findings)?;
    if fields.entries.is_empty() {
        findings.error(&field.place, "there must be at least one parameter");
        return None;
    }
    let mut nodes = Vec::new();
    for entry in fields.entries {
        let field = fields.field(entry);
        let Some(name) = name(entry, &field, findings) else { continue };
        path.push(name.clone());
        if let Some(node) = node(&field, path, places, findings) {
            nodes.push((name, node));
        }
        path.pop();
    }
    nodes.sort_by(|a, b| a.0.cmp(&b.0));
    Some(Space { nodes })
}

/// The name of a parameter, where it may be one.
fn name(entry: &MappingEntry, field: &ConfigField<'_>, findings: &mut Findings) -> Option<String> {
    let Some(Value::Text(name)) = entry.key.scalar() else {
        let (read, written) = match &entry.key.kind {
            NodeKind::Scalar { value, text, .. } => (value.json_text(), text.as_str()),
            _ => (String::new(), ""),
        };
        let quoted = format!("\"{written}\"");
        let hint = match is_name(written) {
            true => format!("put it in quotes: {quoted}: …"),
            false => NAME_HINT.to_owned(),
        };
        findings
            .error(
                &field.key,
                format!("the name of a parameter must be text, and YAML reads this as `{read}`"),
            )
            .hint(hint);
        return None;
    };
    if is_name(name) {
        return Some(name.clone());
    }
    let hydra = [("++", "override"), ("+", "append")].into_iter().find_map(|(sign, word)| {
        let bare = name.strip_prefix(sign).filter(|bare| is_name(bare))?;
        Some(format!(
            "write `{bare}`, and `\"${{args_{word}_hydra}}\"` in the list of `command`: it passes `{sign}{bare}=…`"
        ))
    });
    findings
        .error(&field.key, format!("{} can't be the name of a parameter", shorten(name)))
        .hint(hydra.unwrap_or_else(|| NAME_HINT.to_owned()));
    None
}

const NAME_HINT: &str =
    "a name starts with a letter or `_`, followed by letters, digits, `_`, `.`, `-`, and single `/`";

/// Whether MLflow, command lines and placeholders can all have it as a name. `/` may only stand between parts that are
/// no `.` or `..`: MLflow takes such names alone.
pub fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let part = |part: &str| !matches!(part, "" | "." | "..") && part.chars().all(good);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.split('/').all(part)
}

fn node(
    field: &ConfigField<'_>,
    path: &mut Vec<String>,
    places: &mut ParameterPlaces,
    findings: &mut Findings,
) -> Option<ParameterNode> {
    let NodeKind::Mapping(_) = &field.node.kind else {
        not_a_mapping(field, findings);
        return None;
    };
    let fields = field.mapping(findings)?;
    if let Some(inner) = fields.get("parameters") {
        for entry in fields.entries.iter().filter(|entry| entry.key.name() != "parameters") {
            findings
                .error(&fields.field(entry).key, "a group of parameters takes the single key `parameters`")
                .hint("move this key to one of the parameters inside");
        }
        return level(&inner, path, places, findings).map(ParameterNode::Group);
    }
    let when = fields.get("when").map(|field| when(&field, findings)).unwrap_or_default();
    let distribution = distribution::check(&fields, findings)?;
    traps::parameter(&fields, &distribution, findings);
    places.push((path.clone(), field.key.clone()));
    let before = fields.get("before").and_then(|field| before(&field, findings));
    Some(ParameterNode::Leaf(Parameter { distribution, when, before }))
}

fn not_a_mapping(field: &ConfigField<'_>, findings: &mut Findings) {
    let name = field.key.path.rsplit('.').next().unwrap_or_default();
    let hint = match &field.node.kind {
        NodeKind::Sequence(_) => Some(format!("write `{name}: {{values: [...]}}`")),
        NodeKind::Scalar { text, value, .. } if *value != Value::Null => {
            Some(format!("for a single value write `{name}: {{value: {text}}}`"))
        }
        _ => Some("give it `value`, `values`, or `min` and `max`".to_owned()),
    };
    field.wrong("a mapping", findings).maybe_hint(hint);
}

/// `before: VALUE`, of a parameter that was added to a running sweep.
fn before(field: &ConfigField<'_>, findings: &mut Findings) -> Option<Value> {
    match field.node.kind {
        NodeKind::Mapping(_) => {
            field.wrong("the value that earlier trials had", findings);
            None
        }
        _ => Some(field.node.to_value()),
    }
}

/// `when: {name: value or list of values}`.
fn when(field: &ConfigField<'_>, findings: &mut Findings) -> Vec<(String, Vec<Value>)> {
    let Some(fields) = field.mapping(findings) else { return Vec::new() };
    if fields.entries.is_empty() {
        field.wrong("a mapping of a parameter's name to one or more values", findings);
    }
    let values = |node: &Yaml| match &node.kind {
        NodeKind::Sequence(items) => items.iter().map(Yaml::to_value).collect(),
        _ => vec![node.to_value()],
    };
    fields.entries.iter().map(|entry| (entry.key.name(), values(&entry.value))).collect()
}

/// Resolves the names in `when`: a sibling in the same group first, then a dotted path from the top.
fn conditions(parameters: &mut Parameters, findings: &mut Findings) -> Option<()> {
    let names: HashSet<String> = parameters.space.leaves().into_iter().map(|leaf| leaf.name).collect();
    absolute(&mut parameters.space, "", &names);
    let leaves = parameters.space.leaves();
    let mut allowed: HashMap<String, AllowedValues> = HashMap::new();
    for (leaf, place) in leaves.iter().zip(&parameters.places) {
        for (name, values) in &leaf.parameter.when {
            if findings.is_full() {
                return None;
            }
            let place = place.below("when");
            let Some(other) = leaves.iter().find(|other| other.name == *name) else {
                findings
                    .error(&place, format!("`when` names {}, which is not a parameter", shorten(name)))
                    .maybe_hint(did_you_mean(name, names.iter().map(String::as_str)));
                continue;
            };
            let possible = allowed
                .entry(name.clone())
                .or_insert_with(|| AllowedValues::of(&other.parameter.distribution));
            if !values.iter().any(|value| possible.holds(value)) {
                let message = format!("`{name}` never has the value that `when` asks for");
                findings.error(&place, message).hint("the parameter would never exist");
            }
        }
    }
    match Conditions::resolve(&leaves) {
        Ok(_) => Some(()),
        Err(ConditionError::Cycle(at)) => {
            let place = parameters.places.get(at)?.below("when");
            findings.error(&place, "this parameter depends on itself through `when`");
            None
        }
        Err(ConditionError::Unknown(..)) => None,
    }
}

fn absolute(space: &mut Space, prefix: &str, names: &HashSet<String>) {
    for (name, node) in &mut space.nodes {
        match node {
            ParameterNode::Group(inner) => absolute(inner, &format!("{prefix}{name}."), names),
            ParameterNode::Leaf(parameter) => {
                for (target, _) in &mut parameter.when {
                    let sibling = format!("{prefix}{target}");
                    if names.contains(&sibling) {
                        *target = sibling;
                    }
                }
            }
        }
    }
}
