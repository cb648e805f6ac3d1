//! The rest of the top level: caps, seeds, durations, labels, and what shapes the order of points.

use std::time::Duration;

use super::combine;
use super::fields::ConfigFields;
use super::form::is_mlflow_form;
use super::parameters::Parameters;
use crate::config::constraint::Constraint;
use crate::config::finding::{Findings, KeyPlace};
use crate::config::yaml::{NodeKind, shorten};
use crate::config::{Config, Method, Optimizer};
use crate::space::{Conditions, Distribution, Leaf, Point, Value};

/// What stands at the top level and concerns no other key.
#[derive(Debug, Default)]
pub struct TopLevelSettings {
    /// `run_cap`
    pub run_cap: Option<u64>,
    /// `seed`
    pub seed: Option<u64>,
    /// `order: shuffled`
    pub shuffled: bool,
    /// `replace`
    pub replace: bool,
    /// `trial_timeout`
    pub trial_timeout: Option<Duration>,
    /// `max_duration`
    pub max_duration: Option<Duration>,
    /// `env`
    pub env: Vec<(String, String)>,
    /// `workdir`
    pub workdir: Option<String>,
    /// `retries`
    pub retries: u32,
    /// `grace`
    pub grace: Option<Duration>,
    /// `optimizer`
    pub optimizer: Option<Optimizer>,
    /// `git_diff`
    pub git_diff: bool,
}

/// What shapes the order of points.
pub struct Plan {
    /// `points`
    pub points: Vec<Point>,
    /// `zip`
    pub zip: Vec<Vec<String>>,
    /// `constraints`
    pub constraints: Vec<Constraint>,
}

/// Keys of W&B that are understood and can't be honoured.
pub fn unsupported(fields: &ConfigFields<'_>, findings: &mut Findings) {
    if let Some(field) = fields.get("scheduler") {
        findings
            .error(&field.key, "`scheduler` is not supported")
            .hint("the methods are `grid`, `random`, `bayes`, `sobol` and `successive_halving`");
    }
    for (key, reason) in [
        ("entity", "sweep has no accounts"),
        ("controller", "every agent decides for itself"),
        ("job", "a trial is started from its command"),
        ("image_uri", "a trial is started from its command"),
        ("settings", "these are settings of another program"),
    ] {
        if let Some(field) = fields.some(key) {
            findings
                .note("no-effect", &field.key, format!("`{key}` has no effect here: {reason}"))
                .hint("it can stay");
        }
    }
    if let Some(field) = fields.some("controller")
        && let Some(inner) = field.mapping(findings)
        && let Some(kind) = inner.get("type")
    {
        kind.word(&[("local", ()), ("cloud", ())], findings);
    }
    if let Some(field) = fields.some("kind") {
        field.word(&[("sweep", ())], findings);
    }
    fields.some("apiVersion").and_then(|field| field.label(findings));
}

/// The first of some keys that is given; all that are given must be single values.
pub fn label(fields: &ConfigFields<'_>, keys: &[&str], findings: &mut Findings) -> Option<String> {
    let mut texts = keys.iter().filter_map(|key| fields.some(key)).filter_map(|field| field.label(findings));
    let first = texts.next();
    texts.for_each(drop);
    first
}

/// Reads the settings.
pub fn settings(
    fields: &ConfigFields<'_>,
    method: Option<Method>,
    findings: &mut Findings,
) -> TopLevelSettings {
    let run_cap = match fields.get("run_cap") {
        Some(field) if field.node.scalar() == Some(&Value::Null) => None,
        Some(field) => field.whole(1, findings),
        None => is_mlflow_form(fields).then_some(10),
    };
    let mut duration = |key: &str| {
        let field = fields.some(key)?;
        let duration = field.duration(findings)?;
        if duration.is_zero() && key != "grace" {
            field.wrong("a duration above 0", findings);
        }
        Some(duration)
    };
    let (trial_timeout, max_duration, grace) =
        (duration("trial_timeout"), duration("max_duration"), duration("grace"));
    let retries = fields.some("retries").and_then(|field| {
        let retries = field.whole(0, findings)?;
        u32::try_from(retries).ok().or_else(|| {
            field.wrong("a smaller number", findings);
            None
        })
    });
    let words = [("auto", Optimizer::Auto), ("tpe", Optimizer::Tpe), ("gp", Optimizer::Gp)];
    let settings = TopLevelSettings {
        run_cap,
        seed: fields.some("seed").and_then(|field| field.whole(0, findings)),
        shuffled: fields
            .some("order")
            .is_some_and(|field| field.word(&[("shuffled", ())], findings).is_some()),
        replace: fields.some("replace").and_then(|field| field.boolean(findings)).unwrap_or(true),
        trial_timeout,
        max_duration,
        env: fields.some("env").map(|field| environment(&field, findings)).unwrap_or_default(),
        workdir: fields.some("workdir").and_then(|field| workdir(&field, findings)),
        retries: retries.unwrap_or(0),
        grace,
        optimizer: fields.some("optimizer").and_then(|field| field.word(&words, findings)),
        git_diff: fields.some("git_diff").and_then(|field| field.boolean(findings)).unwrap_or(true),
    };
    without_meaning(fields, method, findings);
    settings
}

/// `workdir:`. Whether it exists only the machine knows on which an agent runs.
fn workdir(field: &super::fields::ConfigField<'_>, findings: &mut Findings) -> Option<String> {
    let text = field.text(findings)?;
    if text.trim().is_empty() || text.contains('\0') {
        field
            .wrong("the path of a directory", findings)
            .hint("such as `workdir: training` or `workdir: /home/me/training`");
        return None;
    }
    if text.contains("${") {
        field.wrong("a path without `${…}`", findings).hint("it is the same for all trials");
        return None;
    }
    Some(text)
}

/// Keys that belong to another method.
fn without_meaning(fields: &ConfigFields<'_>, method: Option<Method>, findings: &mut Findings) {
    let Some(method) = method else { return };
    for (key, owner, word) in [
        ("order", Method::Grid, "grid"),
        ("replace", Method::Random, "random"),
        ("optimizer", Method::Bayes, "bayes"),
        ("budget", Method::SuccessiveHalving, "successive_halving"),
    ] {
        if let Some(field) = fields.some(key).filter(|_| method != owner) {
            findings
                .warn("no-effect", &field.key, format!("`{key}` has an effect only with `method: {word}`"))
                .hint(format!("remove it, or change the method to `{word}`"));
        }
    }
    let metric = fields.get("metric").map(|field| (field.key, &field.node.kind));
    if let Some((place, NodeKind::Mapping(entries))) = metric
        && method != Method::Bayes
    {
        let metric = ConfigFields { place, entries };
        for field in ["impute", "impute_while_running"].iter().filter_map(|key| metric.some(key)) {
            let message = format!("`{}` has an effect only with `method: bayes`", field.key.path);
            findings.note("no-effect", &field.key, message).hint("it can stay");
        }
    }
    if method == Method::SuccessiveHalving && fields.some("budget").is_none() {
        findings
            .error(&fields.place.below("budget"), "`method: successive_halving` needs a `budget`")
            .hint("such as `budget: {parameter: epochs, min: 1, max: 27}`");
    }
}

/// `env:`. Values are taken as they were written: `yes` stays `yes`.
fn environment(field: &super::fields::ConfigField<'_>, findings: &mut Findings) -> Vec<(String, String)> {
    let Some(fields) = field.mapping(findings) else { return Vec::new() };
    let mut env = Vec::new();
    for entry in fields.entries {
        let field = fields.field(entry);
        let NodeKind::Scalar { text: name, .. } = &entry.key.kind else { continue };
        if name.is_empty() || name.contains(['=', '\0']) {
            findings
                .error(&field.key, format!("{} can't be the name of an environment variable", shorten(name)));
        }
        match &entry.value.kind {
            NodeKind::Scalar { text, .. } if text.contains('\0') => {
                findings.error(&field.place, "an environment variable can't hold a NUL character");
            }
            NodeKind::Scalar { value: Value::Null, .. } => env.push((name.clone(), String::new())),
            NodeKind::Scalar { text, .. } => env.push((name.clone(), text.clone())),
            _ => {
                field.wrong("a single value", findings);
            }
        }
    }
    env
}

/// Reads what needs the space.
pub fn check(
    fields: &ConfigFields<'_>,
    parameters: &Parameters,
    method: Method,
    settings: &TopLevelSettings,
    findings: &mut Findings,
) -> Option<Plan> {
    let before = findings.errors.len();
    let leaves = parameters.space.leaves();
    for (leaf, place) in leaves.iter().zip(&parameters.places) {
        listable(leaf, place, method, settings, findings);
    }
    if leaves.iter().all(|leaf| leaf.parameter.distribution.is_constant()) && method == Method::Bayes {
        let place = fields.get("parameters").map_or_else(|| fields.place.clone(), |field| field.key);
        findings
            .error(&place, "every parameter is constant: there is nothing for `bayes` to search")
            .hint("give at least one parameter a range or several values");
    }
    let zip = combine::zip(fields, &leaves, findings);
    let constraints = combine::constraints(fields, parameters, findings);
    let points = super::points::check(fields, parameters, findings);
    (findings.errors.len() == before).then_some(Plan { points, zip, constraints })
}

/// Whether the method can list the values of a parameter, where it has to.
fn listable(
    leaf: &Leaf<'_>,
    place: &KeyPlace,
    method: Method,
    settings: &TopLevelSettings,
    findings: &mut Findings,
) {
    let distribution = &leaf.parameter.distribution;
    if method == Method::Grid && distribution.grid().is_none() {
        let name = distribution.name();
        let (message, hint) = match distribution {
            Distribution::Categorical { .. } => {
                ("a grid tries every value once: probabilities have no meaning in it".to_owned(), "remove `probabilities`, or use `method: random`".to_owned())
            }
            Distribution::Continuous { q: None, .. } => {
                (format!("a grid can't list the continuous range of `{name}`"), "write the values out (`values: [...]`), give steps (`distribution: q_uniform` with `q`), or use `method: random`".to_owned())
            }
            _ => (format!("a grid can't list the values of `{name}`"), "write the values out: `values: [...]`".to_owned()),
        };
        findings.error(place, message).hint(hint);
    }
    if method == Method::Random && !settings.replace && distribution.support().is_none() {
        let message = format!(
            "`replace: false` needs finitely many equally likely values, and `{}` has not",
            leaf.name
        );
        findings
            .error(&KeyPlace { path: "replace".to_owned(), span: place.span }, message)
            .hint("remove `replace: false`, or write the values out: `values: [...]`");
    }
}

/// Traps that concern the config as a whole.
pub fn traps(fields: &ConfigFields<'_>, config: &Config, findings: &mut Findings) {
    if config.method != Method::Grid {
        return;
    }
    let Some(cap) = config.run_cap else { return };
    let leaves = config.space.leaves();
    let conditional = Conditions::resolve(&leaves).is_ok_and(|c| !c.is_empty());
    if conditional || !config.constraints.is_empty() {
        return;
    }
    let zipped =
        |name: &String| config.zip.iter().any(|group| group.iter().skip(1).any(|other| other == name));
    let size = leaves
        .iter()
        .filter(|leaf| !zipped(&leaf.name))
        .filter_map(|leaf| leaf.parameter.distribution.grid())
        .try_fold(1u128, |size, listing| size.checked_mul(listing.count()));
    if size.is_none_or(|size| size > u128::from(cap)) {
        let shown = size.map_or("astronomically many".to_owned(), |size| size.to_string());
        let place = fields.get("run_cap").map_or_else(
            || KeyPlace {
                path: "run_cap".to_owned(),
                ..fields.get("method").map_or(fields.place.clone(), |f| f.place)
            },
            |field| field.place,
        );
        let message = if fields.get("run_cap").is_some() {
            format!("the grid has {shown} points, and `run_cap` stops it after {cap}")
        } else {
            format!(
                "the grid has {shown} points, and the default `run_cap` of this form stops it after {cap}"
            )
        };
        findings
            .warn("grid-over-cap", &place, message)
            .hint("raise `run_cap`, or write `run_cap: null` for no cap");
    }
}
