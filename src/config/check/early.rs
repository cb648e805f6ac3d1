//! `early_terminate:` and `budget:`.

use super::fields::{ConfigField, ConfigFields};
use crate::config::command::{EXTRA_NAMES, MACROS};
use crate::config::finding::Findings;
use crate::config::yaml::{NodeKind, shorten};
use crate::config::{Budget, EarlyTerminate};
use crate::space::{Number, Space};

#[derive(Clone, Copy)]
enum Type {
    Hyperband,
    Asha,
    Median,
    Patience,
    IEpoch,
}

const TYPES: [(&str, Type); 5] = [
    ("hyperband", Type::Hyperband),
    ("asha", Type::Asha),
    ("median", Type::Median),
    ("patience", Type::Patience),
    ("i_epoch", Type::IEpoch),
];

/// Reads `early_terminate:`.
pub fn check(field: &ConfigField<'_>, findings: &mut Findings) -> Option<EarlyTerminate> {
    let before = findings.errors.len();
    let fields = field.mapping(findings)?;
    let Some(kind) = fields.get("type") else {
        findings
            .error(&fields.place.below("type"), "`type` is missing")
            .hint("add `type: hyperband`, `asha`, `i_epoch`, `median` or `patience`");
        return None;
    };
    let rule = match kind.word(&TYPES, findings)? {
        Type::Hyperband => hyperband(&fields, findings),
        Type::Asha => asha(&fields, findings),
        Type::Median => median(&fields, findings),
        Type::Patience => patience(&fields, findings),
        Type::IEpoch => i_epoch(&fields, findings),
    };
    rule.filter(|_| findings.errors.len() == before)
}

/// A ratio above 1.
fn eta(fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<f64> {
    let Some(field) = fields.some("eta") else { return Some(3.0) };
    let eta = field.number(findings)?.as_f64();
    if eta <= 1.0 {
        field.wrong("a number greater than 1", findings);
        return None;
    }
    Some(eta)
}

fn whole(fields: &ConfigFields<'_>, key: &str, low: u64, findings: &mut Findings) -> Option<u64> {
    fields.some(key).and_then(|field| field.whole(low, findings))
}

fn boolean(fields: &ConfigFields<'_>, key: &str, default: bool, findings: &mut Findings) -> Option<bool> {
    fields.some(key).map_or(Some(default), |field| field.boolean(findings))
}

fn hyperband(fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<EarlyTerminate> {
    fields.refuse_unknown(
        &["type", "metric", "min_iter", "max_iter", "s", "eta", "strict"],
        "`type: hyperband`",
        findings,
    );
    let before = findings.errors.len();
    let eta = eta(fields, findings);
    let strict = boolean(fields, "strict", true, findings);
    let mut min_iter = whole(fields, "min_iter", 1, findings);
    let mut max_iter = whole(fields, "max_iter", 1, findings);
    let s = whole(fields, "s", 1, findings);
    if findings.errors.len() > before {
        return None;
    }
    let at = |key: &str| fields.get(key).map_or_else(|| fields.place.below(key), |field| field.key);
    match (min_iter, max_iter, s) {
        (Some(_), Some(_), Some(_)) => {
            findings
                .warn(
                    "min-iter-ignored",
                    &at("min_iter"),
                    "`min_iter` has no effect beside `max_iter` and `s`",
                )
                .hint("remove it, or remove `max_iter` and `s`");
            min_iter = None;
        }
        (Some(_), Some(_), None) => {
            findings
                .warn("max-iter-ignored", &at("max_iter"), "`max_iter` has no effect without `s`")
                .hint("remove it, or add `s`, the number of bands");
            max_iter = None;
        }
        (None, Some(_), None) => {
            findings
                .error(&fields.place.below("s"), "`max_iter` needs `s`, the number of bands")
                .hint("add `s: 2`, or give `min_iter` instead");
        }
        (None, None, _) => {
            findings
                .error(&fields.place.below("min_iter"), "hyperband needs `min_iter`, or `max_iter` with `s`")
                .hint("`min_iter` is the report at which a trial is first compared");
        }
        _ => {}
    }
    let eta = eta?;
    // The first band is max_iter/eta, unrounded; with none from 1 on nothing would ever be stopped.
    if let (Some(max), Some(_)) = (max_iter, s)
        && (max as f64) / eta < 1.0
    {
        findings
            .error(&at("max_iter"), format!("no band: `max_iter` {max} divided by `eta` {eta} is below 1"))
            .hint("make `max_iter` the number of reports of a full run");
    }
    Some(EarlyTerminate::Hyperband { min_iter, max_iter, s, eta, strict: strict? })
}

fn asha(fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<EarlyTerminate> {
    const KEYS: [&str; 7] = ["type", "metric", "min_iter", "max_iter", "eta", "min_trials", "stop_on_nan"];
    fields.refuse_unknown(&KEYS, "`type: asha`", findings);
    let eta = eta(fields, findings);
    let min_iter = fields.some("min_iter").map_or(Some(1), |field| field.whole(1, findings));
    let max_iter = whole(fields, "max_iter", 2, findings);
    let min_trials = whole(fields, "min_trials", 0, findings).unwrap_or(0);
    let stop_on_nan = boolean(fields, "stop_on_nan", true, findings);
    if let (Some(min), Some(max), Some(field)) = (min_iter, max_iter, fields.get("max_iter"))
        && max <= min
    {
        field.wrong("a number greater than `min_iter`", findings);
    }
    Some(EarlyTerminate::Asha {
        min_iter: min_iter?,
        max_iter,
        eta: eta?,
        min_trials,
        stop_on_nan: stop_on_nan?,
    })
}

fn median(fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<EarlyTerminate> {
    fields.refuse_unknown(
        &["type", "metric", "warmup", "min_trials", "stop_on_nan"],
        "`type: median`",
        findings,
    );
    let warmup = whole(fields, "warmup", 0, findings).unwrap_or(0);
    let min_trials = whole(fields, "min_trials", 1, findings).unwrap_or(5);
    let stop_on_nan = boolean(fields, "stop_on_nan", true, findings);
    Some(EarlyTerminate::Median { warmup, min_trials, stop_on_nan: stop_on_nan? })
}

fn patience(fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<EarlyTerminate> {
    const KEYS: [&str; 5] = ["type", "metric", "patience", "min_delta", "stop_on_nan"];
    fields.refuse_unknown(&KEYS, "`type: patience`", findings);
    let Some(field) = fields.some("patience") else {
        findings
            .error(
                &fields.place.below("patience"),
                "`patience` is missing: after how many reports without progress?",
            )
            .hint("add `patience: 10`");
        return None;
    };
    let patience = field.whole(1, findings);
    let min_delta = fields.some("min_delta").map_or(Some(0.0), |field| {
        let x = field.number(findings).map(Number::as_f64)?;
        if x < 0.0 {
            field.wrong("0 or more", findings);
        }
        Some(x)
    });
    let stop_on_nan = boolean(fields, "stop_on_nan", true, findings);
    Some(EarlyTerminate::Patience { patience: patience?, min_delta: min_delta?, stop_on_nan: stop_on_nan? })
}

fn i_epoch(fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<EarlyTerminate> {
    fields.refuse_unknown(&["type", "metric", "iter", "keep", "stop_on_nan"], "`type: i_epoch`", findings);
    let iter = fields.some("iter").map_or(Some(1), |field| field.whole(1, findings));
    let keep = fields.some("keep").map_or(Some(5), |field| field.whole(1, findings));
    let stop_on_nan = boolean(fields, "stop_on_nan", true, findings);
    Some(EarlyTerminate::IEpoch { iter: iter?, keep: keep?, stop_on_nan: stop_on_nan? })
}

/// Reads `budget:`.
pub fn budget(field: &ConfigField<'_>, findings: &mut Findings) -> Option<Budget> {
    let before = findings.errors.len();
    let fields = field.mapping(findings)?;
    fields.refuse_unknown(&["parameter", "min", "max", "eta"], "`budget`", findings);
    let parameter = fields.some("parameter").map_or(Some("budget".to_owned()), |field| field.text(findings));
    let min = fields.some("min").map_or(Some(1), |field| field.whole(1, findings));
    let Some(max) = fields.some("max") else {
        findings
            .error(&fields.place.below("max"), "`max` is missing: how much may a full trial spend?")
            .hint("such as `budget: {parameter: epochs, min: 1, max: 27}`");
        return None;
    };
    let most = max.whole(2, findings);
    let eta = eta(&fields, findings);
    let (min, most) = (min?, most?);
    if most <= min {
        max.wrong("a number greater than `min`", findings);
    }
    let budget = Budget { parameter: parameter?, min, max: most, eta: eta? };
    (findings.errors.len() == before).then_some(budget)
}

/// Holds that the budget has a name of its own: a point carries it like a parameter.
pub fn budget_name(
    fields: &ConfigFields<'_>,
    budget: Option<&Budget>,
    space: &Space,
    findings: &mut Findings,
) {
    let Some((field, budget)) = fields.get("budget").zip(budget) else { return };
    let NodeKind::Mapping(entries) = &field.node.kind else { return };
    let inner = ConfigFields { place: field.key.clone(), entries };
    let place = inner.get("parameter").map_or_else(|| field.key.clone(), |name| name.place);
    let name = budget.parameter.as_str();
    let is_parameter = space.nodes.iter().any(|(node, _)| node == name)
        || space.leaves().iter().any(|leaf| leaf.name == name || leaf.name.starts_with(&format!("{name}.")));
    if name.is_empty() {
        findings.error(&place, "the budget needs a name").hint("such as `parameter: epochs`");
    } else if is_parameter {
        findings
            .error(&place, format!("{} is the name of a parameter, and the budget's, too", shorten(name)))
            .hint("the method decides on the budget: remove the parameter, or give the budget another name");
    } else if MACROS.contains(&name) || EXTRA_NAMES.contains(&name) {
        findings
            .error(&place, format!("{} means something else in a command", shorten(name)))
            .hint("give the budget another name, such as `parameter: epochs`");
    }
}
