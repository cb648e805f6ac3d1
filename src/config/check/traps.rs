//! Warnings about a single parameter or scalar: what works, and may not be meant.

use super::fields::Fields;
use crate::config::finding::{Findings, Place};
use crate::config::yaml::{Entry, Kind, Node, Remark};
use crate::space::{Distribution, Shape, Value};

/// Warnings about one parameter.
pub fn parameter(fields: &Fields<'_>, distribution: &Distribution, findings: &mut Findings) {
    let at = |key: &str| fields.get(key).map_or_else(|| fields.place.clone(), |field| field.place);
    match distribution {
        Distribution::Continuous { shape: Shape::LogUniform { min, max }, .. } => {
            exponents(&at("min"), min.as_f64().exp(), max.as_f64().exp(), distribution, findings);
        }
        Distribution::Continuous { shape: Shape::InvLogUniform { min, max }, .. } => {
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

fn exponents(place: &Place, low: f64, high: f64, distribution: &Distribution, findings: &mut Findings) {
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

/// Warnings about scalars that YAML 1.1 reads in an unexpected way, and about repeated keys.
pub fn remarks(root: &Node, remarks: &[Remark], findings: &mut Findings) {
    for remark in remarks {
        let path = path_to(root, remark).unwrap_or_default();
        let place = Place { path, span: remark.span };
        let text = &remark.text;
        match remark.code {
            "duplicate-key" => findings
                .warn(
                    remark.code,
                    &place,
                    format!("the key `{text}` stands here twice; this last one counts"),
                )
                .hint("remove one of the two"),
            "yaml11-bool" => findings
                .warn(remark.code, &place, format!("YAML reads `{text}` as {}", remark.value.json_text()))
                .hint(format!("write \"{text}\" if it is meant as text")),
            "yaml11-exponent" => findings
                .warn(
                    remark.code,
                    &place,
                    format!(
                        "`{text}` is read as the number {}; other YAML readers take it as text",
                        remark.value
                    ),
                )
                .hint(format!("write {} to have it read the same everywhere", portable(text))),
            _ => findings
                .warn(remark.code, &place, format!("YAML reads `{text}` as {}", remark.value))
                .hint(format!("write \"{text}\" if it is meant as text")),
        };
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
fn path_to(root: &Node, remark: &Remark) -> Option<String> {
    fn walk(node: &Node, path: &mut Vec<String>, remark: &Remark) -> bool {
        match &node.kind {
            Kind::Scalar { .. } => node.span == remark.span,
            Kind::Sequence(items) => items.iter().any(|item| walk(item, path, remark)),
            Kind::Mapping(entries) => entries.iter().any(|Entry { key, value }| {
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
