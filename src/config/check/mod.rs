//! Checking a file whole: all errors at once, each with its place.

mod allowed;
mod combine;
mod command;
mod distribution;
mod early;
mod fields;
mod foreign;
mod form;
mod hooks;
mod macros;
mod metric;
mod parameters;
mod pasted;
mod plan;
mod points;
mod report_metric;
mod several;
mod source;
mod traps;

pub(super) use allowed::AllowedValues;
pub use fields::parse_duration;
pub use parameters::is_name as is_parameter_name;

use fields::{ConfigFields, whole_file};
use form::is_mlflow_form;

pub(super) use distribution::FORMS;

use super::finding::{CheckedConfig, Findings, KeyPlace};
use super::yaml::{self, MappingEntry, NodeKind};
use super::{Config, Method, Optimizer};
use crate::space::Value;

/// Every key of the top level.
pub(super) const KEYS: [&str; 38] = [
    "command",
    "program",
    "method",
    "metric",
    "parameters",
    "run_cap",
    "early_terminate",
    "experiment_name",
    "sweep_name",
    "name",
    "description",
    "project",
    "entity",
    "controller",
    "apiVersion",
    "kind",
    "job",
    "image_uri",
    "settings",
    "seed",
    "points",
    "zip",
    "constraints",
    "order",
    "replace",
    "trial_timeout",
    "max_duration",
    "env",
    "retries",
    "grace",
    "workdir",
    "budget",
    "optimizer",
    "git_diff",
    "hooks",
    "metrics",
    "report_metric",
    // Known, and refused with a reason.
    "scheduler",
];

/// Those of [`KEYS`] that are known and refused with a reason.
pub(super) const UNSUPPORTED: [&str; 1] = ["scheduler"];

const METHODS: [(&str, Method); 5] = [
    ("grid", Method::Grid),
    ("random", Method::Random),
    ("bayes", Method::Bayes),
    ("sobol", Method::Sobol),
    ("successive_halving", Method::SuccessiveHalving),
];

/// Checks the bytes of a sweep file.
#[must_use]
pub fn check(bytes: &[u8]) -> CheckedConfig {
    let mut findings = Findings::default();
    let config = read(bytes, &mut findings);
    findings.sort();
    let config = config.filter(|_| findings.errors.is_empty());
    CheckedConfig { config, errors: findings.errors, warnings: findings.warnings, notes: findings.notes }
}

fn read(bytes: &[u8], findings: &mut Findings) -> Option<Config> {
    let unreadable = |span| KeyPlace { path: "<yaml>".to_owned(), span };
    let document = match yaml::read(bytes) {
        Ok(document) => document,
        Err(error) => {
            findings.error(&unreadable(error.span), error.message).maybe_hint(error.hint);
            return None;
        }
    };
    let entries = match document.root.as_ref().map(|root| &root.kind) {
        Some(NodeKind::Mapping(entries)) if !entries.is_empty() => entries,
        None | Some(NodeKind::Scalar { value: Value::Null, .. }) => {
            findings
                .error(&unreadable(whole_file()), "the file is empty")
                .hint("a sweep needs at least `command`, `method` and `parameters`");
            return None;
        }
        Some(kind) => {
            let span = document.root.as_ref().map(|root| root.span).unwrap_or_default();
            let message = match kind {
                NodeKind::Mapping(_) => "the file is an empty mapping",
                _ => "the file must be a mapping of keys such as `command:` and `parameters:`",
            };
            findings.error(&unreadable(span), message);
            return None;
        }
    };
    let fields = ConfigFields { place: KeyPlace { path: String::new(), span: whole_file() }, entries: &[] };
    // Keys of the author's own, such as anchors that parameters share.
    let own = |entry: &MappingEntry| matches!(entry.key.scalar(), Some(Value::Text(name)) if name.starts_with("x-"));
    let entries: Vec<MappingEntry> = entries.iter().filter(|entry| !own(entry)).cloned().collect();
    let fields = ConfigFields { entries: &entries, ..fields };
    if foreign::refuse(&fields, findings) {
        return None;
    }
    if let Some(root) = &document.root {
        traps::remarks(root, &document.remarks, findings);
        traps::whole_numbers(&fields, findings);
    }
    let source = String::from_utf8_lossy(bytes);
    let config = top(&fields, findings);
    command::traps(&fields, config.as_ref(), &source, findings);
    config
}

/// The top level.
fn top(fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<Config> {
    fields.refuse_others(&KEYS, "a sweep", &foreign::advice, findings);
    plan::unsupported(fields, findings);
    let method = method(fields, findings);
    let metrics = metric::check(fields, findings);
    let parameters = match fields.get("parameters") {
        Some(field) => parameters::check(&field, findings),
        None if fields.misspelt("parameters", &KEYS) => None,
        None => {
            findings
                .error(&fields.place.below("parameters"), "`parameters` is missing: it lists what is varied")
                .hint("add `parameters:` with a name and its values");
            None
        }
    };
    let early = fields.some("early_terminate").and_then(|field| early::check(&field, findings));
    let budget = fields.some("budget").and_then(|field| early::budget(&field, findings));
    let hooks = fields.some("hooks").and_then(|field| hooks::check(&field, metrics.given, findings));
    needs_metric(fields, method, metrics.given, findings);
    let early_metric = several::check(fields, method, &metrics, findings);
    let report_metric = report_metric::check(fields, &metrics, findings);
    let (command, program) = command::check(fields, findings);
    let settings = plan::settings(fields, method, findings);
    let parameters = parameters?;
    early::budget_name(fields, budget.as_ref(), &parameters.space, findings);
    let plan = plan::check(fields, &parameters, method?, &settings, findings);
    let mut config = Config {
        command: command?,
        program,
        experiment_name: plan::label(fields, &["experiment_name", "project"], findings)
            .unwrap_or_else(|| "Default".to_owned()),
        sweep_name: plan::label(fields, &["sweep_name", "name"], findings),
        description: plan::label(fields, &["description"], findings),
        method: method?,
        metric: metrics.metrics.first().cloned(),
        further_metrics: metrics.metrics.iter().skip(1).cloned().collect(),
        limits: metrics.limits,
        report_metric,
        space: parameters.space,
        order: parameters.order,
        run_cap: settings.run_cap,
        seed: settings.seed,
        points: Vec::new(),
        shuffled: settings.shuffled,
        replace: settings.replace,
        zip: Vec::new(),
        constraints: Vec::new(),
        trial_timeout: settings.trial_timeout,
        max_duration: settings.max_duration,
        env: settings.env,
        workdir: settings.workdir,
        retries: settings.retries,
        grace: settings.grace,
        early_terminate: early,
        early_metric,
        budget,
        optimizer: settings.optimizer.unwrap_or(Optimizer::Auto),
        git_diff: settings.git_diff,
        hooks: hooks.unwrap_or_default(),
    };
    hooks::refuse_params(fields, &config.parameter_names(), findings);
    let plan = plan?;
    (config.points, config.zip, config.constraints) = (plan.points, plan.zip, plan.constraints);
    plan::traps(fields, &config, findings);
    Some(config)
}

fn method(fields: &ConfigFields<'_>, findings: &mut Findings) -> Option<Method> {
    match fields.some("method") {
        Some(field) if field.node.scalar() == Some(&Value::Text("custom".into())) => {
            findings
                .error(&field.place, "`method: custom` is not supported")
                .hint("the methods are `grid`, `random`, `bayes`, `sobol` and `successive_halving`");
            None
        }
        Some(field) => field.word(&METHODS, findings),
        None if is_mlflow_form(fields) => Some(Method::Random),
        None if fields.misspelt("method", &KEYS) => None,
        None => {
            findings
                .error(&fields.place.below("method"), "`method` is missing: it says how points are chosen")
                .hint("add `method: random`, `grid` or `bayes`");
            None
        }
    }
}

/// `bayes`, `successive_halving` and `early_terminate` can't work without a metric.
fn needs_metric(fields: &ConfigFields<'_>, method: Option<Method>, given: bool, findings: &mut Findings) {
    if given {
        return;
    }
    let reason = match method {
        Some(Method::Bayes) => "`method: bayes`",
        Some(Method::SuccessiveHalving) => "`method: successive_halving`",
        _ if fields.some("early_terminate").is_some() => "`early_terminate`",
        _ => return,
    };
    let key = if reason.contains("early") { "early_terminate" } else { "method" };
    let place = fields.get(key).map_or(whole_file(), |field| field.key.span);
    findings
        .error(&KeyPlace { path: "metric".to_owned(), span: place }, format!("{reason} needs a `metric`"))
        .hint("add `metric: {name: …, goal: minimize}` with the key that the script logs");
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

#[cfg(test)]
mod foreign_tests;

#[cfg(test)]
mod language_tests;
