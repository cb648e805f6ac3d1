//! One parameter: which distribution its keys stand for, and whether their values fit.

use super::fields::{ConfigField, ConfigFields};
use super::foreign;
use crate::config::finding::{Findings, KeyPlace};
use crate::config::suggest::{did_you_mean, one_of};
use crate::space::{Distribution, Number, Shape, Value};

/// The keys that a distribution takes: those that must be there and those that may.
pub const FORMS: [(&str, &[&str], &[&str]); 18] = [
    ("constant", &["value"], &[]),
    ("categorical", &["values"], &[]),
    ("categorical_w_probabilities", &["values", "probabilities"], &[]),
    ("int_uniform", &["min", "max"], &[]),
    ("uniform", &["min", "max"], &[]),
    ("q_uniform", &["min", "max"], &["q"]),
    ("log_uniform", &["min", "max"], &[]),
    ("log_uniform_values", &["min", "max"], &[]),
    ("q_log_uniform", &["min", "max"], &["q"]),
    ("q_log_uniform_values", &["min", "max"], &["q"]),
    ("inv_log_uniform", &["min", "max"], &[]),
    ("inv_log_uniform_values", &["min", "max"], &[]),
    ("normal", &[], &["mu", "sigma"]),
    ("q_normal", &[], &["mu", "sigma", "q"]),
    ("log_normal", &[], &["mu", "sigma"]),
    ("q_log_normal", &[], &["mu", "sigma", "q"]),
    ("beta", &[], &["a", "b"]),
    ("q_beta", &[], &["a", "b", "q"]),
];

/// All keys of a parameter.
pub const KEYS: [&str; 14] = [
    "value",
    "values",
    "probabilities",
    "distribution",
    "min",
    "max",
    "q",
    "mu",
    "sigma",
    "a",
    "b",
    "when",
    "before",
    "parameters",
];

/// Words of other tools, and what they are called here.
const ALIASES: [(&str, &str); 14] = [
    ("loguniform", "log_uniform_values"),
    ("log-uniform", "log_uniform_values"),
    ("qloguniform", "q_log_uniform_values"),
    ("quniform", "q_uniform"),
    ("randint", "int_uniform"),
    ("int", "int_uniform"),
    ("integer", "int_uniform"),
    ("float", "uniform"),
    ("choice", "categorical"),
    ("lognormal", "log_normal"),
    ("q_lognormal", "q_log_normal"),
    ("gaussian", "normal"),
    ("fixed", "constant"),
    ("grid", "categorical"),
];

/// Reads one parameter; `None` after an error was reported.
pub fn check(fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<Distribution> {
    let before = findings.errors.len();
    fields.refuse_others(&KEYS, "a parameter", &foreign::advice_of_parameter, findings);
    let name = match fields.get("distribution") {
        Some(field) => named(&field, findings),
        None => inferred(fields, findings, before),
    }?;
    let (_, required, optional) = FORMS.iter().find(|(form, ..)| *form == name)?;
    for entry in fields.entries {
        let key = entry.key.name();
        let fits = required.contains(&key.as_str()) || optional.contains(&key.as_str());
        if !fits
            && KEYS.contains(&key.as_str())
            && !["distribution", "when", "before"].contains(&key.as_str())
        {
            let mut place = fields.field(entry).key;
            if fields.get("distribution").is_none() {
                // Which of the keys is the wrong one is not known.
                place.path.clone_from(&fields.place.path);
            }
            findings.error(&place, misfit(name, &key)).hint(misfit_hint(name, &key, required, optional));
        }
    }
    // A key that does not fit was most likely meant as the missing one.
    let misfits = findings.errors.len() > before;
    for key in *required {
        if fields.get(key).is_none() && !misfits {
            findings.error(
                &fields.place.below(key),
                format!("`{key}` is missing: `{name}` needs {}", one_and(required)),
            );
        }
    }
    if findings.errors.len() > before {
        return None;
    }
    build(name, fields, findings).filter(|_| findings.errors.len() == before)
}

fn misfit(name: &str, key: &str) -> String {
    format!("`{key}` does not belong to the distribution `{name}`")
}

fn misfit_hint(name: &str, key: &str, required: &[&str], optional: &[&str]) -> String {
    match (name, key) {
        ("categorical", "probabilities") => {
            "leave `distribution` out, or name it `categorical_w_probabilities`".to_owned()
        }
        ("uniform" | "log_uniform" | "log_uniform_values" | "normal" | "log_normal" | "beta", "q") => {
            format!("for rounded values write `distribution: q_{name}`")
        }
        ("int_uniform", "q") => "for steps write `distribution: q_uniform`".to_owned(),
        _ => {
            let all: Vec<&str> = required.iter().chain(optional).copied().collect();
            format!("`{name}` takes {}", one_and(&all))
        }
    }
}

/// Words as a list for a sentence: `a`, `b` and `c`.
fn one_and(words: &[&str]) -> String {
    one_of(words).replace(" or ", " and ")
}

/// The distribution that is named.
fn named(field: &ConfigField<'_>, findings: &mut Findings) -> Option<&'static str> {
    let Some(Value::Text(word)) = field.node.scalar() else {
        field.wrong("the name of a distribution", findings);
        return None;
    };
    let found = Distribution::NAMES.into_iter().find(|name| name == word);
    if found.is_none() {
        let lower = word.to_lowercase();
        let alias = ALIASES.iter().find(|(other, _)| *other == lower).map(|(_, name)| *name);
        let hint = match alias {
            Some("log_uniform_values") => {
                "did you mean `log_uniform_values` (bounds are values) or `log_uniform` (bounds are exponents)?".to_owned()
            }
            Some(name) => format!("did you mean `{name}`?"),
            None => did_you_mean(word, Distribution::NAMES)
                .unwrap_or_else(|| format!("known: {}", Distribution::NAMES.join(", "))),
        };
        findings.error(&field.place, format!("unknown distribution `{word}`")).hint(hint);
    }
    found
}

/// The distribution that the keys stand for where none is named.
fn inferred(fields: &ConfigFields<'_>, findings: &mut Findings, before: usize) -> Option<&'static str> {
    let has = |key| fields.get(key).is_some();
    if has("value") {
        return Some("constant");
    }
    if has("values") {
        return Some(if has("probabilities") { "categorical_w_probabilities" } else { "categorical" });
    }
    if has("min") || has("max") {
        if let Some(q) = fields.get("q") {
            findings
                .error(&q.key, "`q` needs a `distribution` that rounds")
                .hint("add `distribution: q_uniform` or `distribution: q_log_uniform_values`");
            return None;
        }
        let is_int = |key| matches!(fields.get(key).and_then(|f| f.node.scalar()), Some(Value::Int(_)));
        return Some(if is_int("min") && is_int("max") { "int_uniform" } else { "uniform" });
    }
    let (key, message, hint) = if has("mu") || has("sigma") {
        (
            "distribution",
            "`mu` and `sigma` need a `distribution`",
            "add `distribution: normal` or `log_normal`",
        )
    } else if has("a") || has("b") {
        ("", "`a` and `b` need a `distribution`", "add `distribution: beta`")
    } else if has("probabilities") {
        ("values", "`probabilities` need `values`", "add a list `values:` of the same length")
    } else if findings.errors.len() > before {
        return None;
    } else {
        return {
            findings
                .error(&fields.place, "this parameter does not say which values it takes")
                .hint("give it `value`, `values`, `min` and `max`, or a `distribution`");
            None
        };
    };
    let place = if key.is_empty() { fields.place.clone() } else { fields.place.below(key) };
    findings.error(&place, message).hint(hint);
    None
}

fn build(name: &str, fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<Distribution> {
    match name {
        "constant" => fields.get("value").map(|field| Distribution::Constant(field.node.to_value())),
        "categorical" | "categorical_w_probabilities" => categorical(fields, findings),
        "int_uniform" => int_uniform(fields, findings),
        _ => {
            let shape = shape(name, fields, findings);
            let q = if name.starts_with("q_") { quantum(fields, findings) } else { Some(None) };
            Some(Distribution::Continuous { shape: shape?, q: q? })
        }
    }
}

/// `q`, 1.0 where it is left out.
fn quantum(fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<Option<Number>> {
    match fields.get("q") {
        None => Some(Some(Number::Float(1.0))),
        Some(field) => {
            let q = field.number(findings)?;
            if q.as_f64() <= 0.0 {
                field.wrong("a number greater than 0", findings);
                return None;
            }
            Some(Some(q))
        }
    }
}

fn categorical(fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<Distribution> {
    let field = fields.get("values")?;
    let values: Vec<Value> = field.list(findings)?.iter().map(|item| item.node.to_value()).collect();
    if values.is_empty() {
        findings.error(&field.place, "`values` is empty: a parameter needs at least one value");
        return None;
    }
    let probabilities = match fields.get("probabilities") {
        Some(field) => Some(probabilities(&field, values.len(), findings)?),
        None => None,
    };
    Some(Distribution::Categorical { values, probabilities })
}

fn probabilities(field: &ConfigField<'_>, count: usize, findings: &mut Findings) -> Option<Vec<f64>> {
    let items = field.list(findings)?;
    if items.len() != count {
        let message = format!("there are {count} values and {} probabilities", items.len());
        findings.error(&field.place, message).hint("give one probability for each value");
        return None;
    }
    let numbers: Vec<Option<Number>> = items.iter().map(|item| item.number(findings)).collect();
    let numbers: Vec<f64> =
        numbers.into_iter().collect::<Option<Vec<_>>>()?.into_iter().map(Number::as_f64).collect();
    if let Some((item, p)) = items.iter().zip(&numbers).find(|(_, p)| **p < 0.0) {
        findings.error(&item.place, format!("a probability can't be negative, and this is {p}"));
        return None;
    }
    let sum: f64 = numbers.iter().sum();
    // The reference compares with numpy.isclose(sum, 1, atol=1e-8, rtol=1e-5).
    if (sum - 1.0).abs() > 1e-5 + 1e-8 {
        findings
            .error(&field.place, format!("the probabilities sum to {}, not to 1", (sum * 1e6).round() / 1e6))
            .hint("change them so that they sum to 1");
        return None;
    }
    Some(numbers)
}

fn int_uniform(fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<Distribution> {
    let mut bound = |key| {
        let field = fields.get(key)?;
        match field.node.scalar() {
            Some(Value::Int(x)) => Some(*x),
            Some(Value::Float(x)) => {
                let hint = match x.fract() == 0.0 && x.abs() < 1e15 {
                    true => format!("write {x:.0}"),
                    false => "for fractions write `distribution: uniform`".to_owned(),
                };
                field.wrong("a whole number for `int_uniform`", findings).hint(hint);
                None
            }
            _ => {
                field.wrong("a whole number", findings);
                None
            }
        }
    };
    let (min, max) = (bound("min"), bound("max"));
    let (min, max) = (min?, max?);
    if min >= max {
        return empty_range(fields, findings);
    }
    Some(Distribution::IntUniform { min, max })
}

fn empty_range<T>(fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<T> {
    let place = fields.get("min").map_or_else(|| fields.place.below("min"), |field| field.place);
    let number = |key: &str| fields.get(key).and_then(|field| field.node.scalar().and_then(Value::as_f64));
    let hint =
        if number("min") > number("max") { "swap the two" } else { "for a single value write `value: …`" };
    findings.error(&place, "`min` must be less than `max`").hint(hint);
    None
}

fn shape(name: &str, fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<Shape> {
    let base = name.strip_prefix("q_").unwrap_or(name);
    let mut or = |key, default| fields.get(key).map_or(Some(default), |field| field.number(findings));
    match base {
        "normal" | "log_normal" => {
            let (mu, sigma) = (or("mu", Number::Float(0.0)), or("sigma", Number::Float(1.0)));
            let (mu, sigma) = (mu?, sigma?);
            at_least_zero(fields, "sigma", sigma, true, findings)?;
            if base == "log_normal" && mu.as_f64().exp().is_infinite() {
                too_large(&fields.place.below("mu"), fields.get("mu"), findings);
                return None;
            }
            Some(if base == "normal" { Shape::Normal { mu, sigma } } else { Shape::LogNormal { mu, sigma } })
        }
        "beta" => {
            let (a, b) = (or("a", Number::Int(1)), or("b", Number::Int(1)));
            let (a, b) = (a?, b?);
            let fits = [
                at_least_zero(fields, "a", a, false, findings),
                at_least_zero(fields, "b", b, false, findings),
            ];
            fits.iter().all(Option::is_some).then_some(Shape::Beta { a, b })
        }
        _ => range(base, fields, findings),
    }
}

fn at_least_zero(
    fields: &ConfigFields<'_>,
    key: &str,
    x: Number,
    zero: bool,
    findings: &mut Findings,
) -> Option<()> {
    let fits = if zero { x.as_f64() >= 0.0 } else { x.as_f64() > 0.0 };
    if let (false, Some(field)) = (fits, fields.get(key)) {
        field.wrong(if zero { "0 or more" } else { "a number greater than 0" }, findings);
        return None;
    }
    Some(())
}

fn too_large(fallback: &KeyPlace, field: Option<ConfigField<'_>>, findings: &mut Findings) {
    let place = field.map_or_else(|| fallback.clone(), |field| field.place);
    findings
        .error(
            &place,
            "the values would be infinite: this is a natural-log exponent, and exp of it overflows",
        )
        .hint("if it is meant as a value, use the distribution with `_values`");
}

fn range(base: &str, fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<Shape> {
    let mut bound = |key| fields.get(key).and_then(|field| field.number(findings));
    let (min, max) = (bound("min"), bound("max"));
    let (min, max) = (min?, max?);
    let (low, high) = (min.as_f64(), max.as_f64());
    if base.ends_with("_values") && low <= 0.0 {
        fields.get("min")?.wrong("a number greater than 0 on a log scale", findings);
        return None;
    }
    if low >= high {
        return empty_range(fields, findings);
    }
    if base == "uniform" && !(high - low).is_finite() {
        findings.error(&fields.place, "the range from `min` to `max` is too wide for floating-point numbers");
        return None;
    }
    if base == "log_uniform" && high.exp().is_infinite() {
        too_large(&fields.place, fields.get("max"), findings);
        return None;
    }
    if base == "inv_log_uniform" && (-low).exp().is_infinite() {
        too_large(&fields.place, fields.get("min"), findings);
        return None;
    }
    Some(match base {
        "log_uniform" => Shape::LogUniform { min, max },
        "inv_log_uniform" => Shape::InvLogUniform { min, max },
        "log_uniform_values" => Shape::LogUniformValues { min, max },
        "inv_log_uniform_values" => Shape::InvLogUniformValues { min, max },
        _ => Shape::Uniform { min, max },
    })
}

#[cfg(test)]
#[path = "distribution_tests.rs"]
mod tests;
