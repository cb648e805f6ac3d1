//! Warnings about a single parameter or scalar: what works, and may not be meant.

use super::fields::ConfigFields;
use crate::config::finding::{Findings, KeyPlace};
use crate::config::yaml::{MappingEntry, NodeKind, Remark, YamlNode};
use crate::space::{Distribution, Shape, Value};

/// Warnings about one parameter.
pub fn parameter(fields: &ConfigFields<'_>, distribution: &Distribution, findings: &mut Findings) {
    let at = |key: &str| fields.get(key).map_or_else(|| fields.place.clone(), |field| field.place);
    match distribution {
        Distribution::Continuous { shape: Shape::LogUniform { min, max }, .. } if min.as_f64() > 0.0 => {
            exponents(&at("min"), min.as_f64().exp(), max.as_f64().exp(), distribution, findings);
        }
        Distribution::Continuous { shape: Shape::InvLogUniform { min, max }, .. } if min.as_f64() > 0.0 => {
            exponents(&at("min"), (-max.as_f64()).exp(), (-min.as_f64()).exp(), distribution, findings);
        }
        Distribution::Continuous { shape: Shape::Uniform { .. }, q: None } => {
            let is_int = |key| matches!(fields.get(key).and_then(|f| f.node.scalar()), Some(Value::Int(_)));
            if fields.get("distribution").is_none() && is_int("min") != is_int("max") {
                findings
                    .warn(
                        "mixed-bounds",
                        &at("min"),
                        "one bound is a whole number and one is not: values will be fractions",
                    )
                    .hint("write both with a decimal point, or both without one for whole numbers");
            }
        }
        _ => {}
    }
}

/// A bound at or below 0 can only be an exponent: then there is nothing to warn of.
fn exponents(place: &KeyPlace, low: f64, high: f64, distribution: &Distribution, findings: &mut Findings) {
    let name = distribution.name();
    let message = format!(
        "the bounds of `{name}` are natural-log exponents: values will lie between {} and {}",
        short(low),
        short(high)
    );
    findings
        .warn("exponent-bounds", place, message)
        .hint(format!("if the bounds are meant as values, write `distribution: {}`", values_form(name)));
}

fn values_form(name: &str) -> String {
    format!("{name}_values")
}

/// A number with four digits.
fn short(x: f64) -> String {
    if x == 0.0 || (1e-3..1e5).contains(&x) {
        let digits = (3 - x.abs().max(1e-9).log10().floor() as i32).max(0);
        let scale = 10f64.powi(digits);
        return ((x * scale).round() / scale).to_string();
    }
    format!("{x:.3e}")
}

/// Warnings about scalars that YAML 1.1 reads in an unexpected way, and about repeated keys. What may not be meant is
/// one finding a place; what is only spelt in a way that other readers do not share is one for all.
pub fn remarks(root: &YamlNode, remarks: &[Remark], findings: &mut Findings) {
    let is_spelling = |remark: &&Remark| remark.code == "yaml11-exponent";
    spellings(root, &remarks.iter().filter(is_spelling).collect::<Vec<_>>(), findings);
    for remark in remarks.iter().filter(|remark| !is_spelling(remark)) {
        let path = path_to(root, remark).unwrap_or_default();
        let place = KeyPlace { path, span: remark.span };
        let text = &remark.text;
        match remark.code {
            "duplicate-key" => findings
                .warn(remark.code, &place, format!("duplicate key `{text}`; the last one is used"))
                .hint("remove one of the two"),
            "yaml11-bool" => findings
                .warn(remark.code, &place, format!("YAML reads `{text}` as {}", remark.value.json_text()))
                .hint(format!("write \"{text}\" if it is meant as text")),
            _ => findings
                .warn(remark.code, &place, format!("YAML reads `{text}` as {}", remark.value))
                .hint(format!("write \"{text}\" if it is meant as text")),
        };
    }
}

/// Numbers such as `1e-4`.
fn spellings(root: &YamlNode, remarks: &[&Remark], findings: &mut Findings) {
    let Some(first) = remarks.first() else { return };
    let place = KeyPlace { path: path_to(root, first).unwrap_or_default(), span: first.span };
    let others = match remarks.len() - 1 {
        0 => String::new(),
        1 => ", and one more like it".to_owned(),
        more => format!(", and {more} more like it"),
    };
    let message = format!(
        "`{}` is read as the number {}{others}; other YAML readers take it as text",
        first.text, first.value
    );
    let hint = format!("write {} to have it read the same everywhere", portable(&first.text));
    findings.warn(first.code, &place, message).hint(hint);
}

/// Whole numbers that JSON, and so the tags of a run, can't hold.
pub fn whole_numbers(fields: &ConfigFields<'_>, findings: &mut Findings) {
    fn walk(node: &YamlNode, path: &str, findings: &mut Findings) {
        match &node.kind {
            NodeKind::Scalar { value: Value::Int(x), .. }
                if *x > i128::from(u64::MAX) || *x < i128::from(i64::MIN) =>
            {
                let place = KeyPlace { path: path.to_owned(), span: node.span };
                findings
                    .error(&place, "this whole number has more than 64 bits")
                    .hint("put it in quotes if it is meant as text, or write it with a decimal point");
            }
            NodeKind::Scalar { .. } => {}
            NodeKind::Sequence(items) => items.iter().for_each(|item| walk(item, path, findings)),
            NodeKind::Mapping(entries) => {
                for entry in entries {
                    walk(&entry.value, &format!("{path}.{}", entry.key.name()), findings);
                }
            }
        }
    }
    for field in ["parameters", "points"].into_iter().filter_map(|key| fields.get(key)) {
        walk(field.node, &field.place.path, findings);
    }
}

/// `1e-4` as YAML 1.1 knows it: with a dot and a sign.
fn portable(text: &str) -> String {
    let lower = text.to_lowercase();
    let Some((mantissa, exponent)) = lower.split_once('e') else { return lower };
    let dot = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
    format!("{mantissa}{dot}e{sign}{exponent}")
}

/// The dotted path of the key under which a remarked scalar stands.
fn path_to(root: &YamlNode, remark: &Remark) -> Option<String> {
    fn walk(node: &YamlNode, path: &mut Vec<String>, remark: &Remark) -> bool {
        match &node.kind {
            NodeKind::Scalar { .. } => node.span == remark.span,
            NodeKind::Sequence(items) => items.iter().any(|item| walk(item, path, remark)),
            NodeKind::Mapping(entries) => entries.iter().any(|MappingEntry { key, value }| {
                path.push(key.name());
                let found = key.span == remark.span || walk(value, path, remark);
                if !found {
                    path.pop();
                }
                found
            }),
        }
    }
    let mut path = Vec::new();
    walk(root, &mut path, remark).then(|| path.join("."))
}
