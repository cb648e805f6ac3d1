//! `metric:`, `metrics:` and the limits that they hold.

use super::fields::{ConfigField, ConfigFields};
use crate::config::finding::Findings;
use crate::config::yaml::shorten;
use crate::config::{Goal, Impute, MetricConfig, MetricLimit, MetricSummary, OutputPattern};
use crate::space::{Number, Value};

const KEYS: [&str; 9] = [
    "name",
    "goal",
    "target",
    "impute",
    "impute_while_running",
    "summary",
    "from_output",
    "limit",
    "subject_to",
];
/// More metrics make a front of everything.
const MOST_METRICS: usize = 8;
pub(super) const GOALS: [(&str, Goal); 2] = [("minimize", Goal::Minimize), ("maximize", Goal::Maximize)];
const IMPUTES: [(&str, Impute); 3] =
    [("worst", Impute::Worst), ("best", Impute::Best), ("latest", Impute::Latest)];
const SUMMARIES: [(&str, MetricSummary); 5] = [
    ("last", MetricSummary::Last),
    ("min", MetricSummary::Min),
    ("max", MetricSummary::Max),
    ("best", MetricSummary::Best),
    ("mean", MetricSummary::Mean),
];

/// The metrics of a file, and the limits that stand in them.
#[derive(Debug, Default)]
pub struct CheckedMetrics {
    /// In their order; none where something is wrong with one.
    pub metrics: Vec<MetricConfig>,
    /// All limits.
    pub limits: Vec<MetricLimit>,
    /// Whether the file names any metric, right or wrong.
    pub given: bool,
}

/// Reads `metric:` or `metrics:`.
pub fn check(fields: &ConfigFields<'_>, findings: &mut Findings) -> CheckedMetrics {
    let mut checked = CheckedMetrics::default();
    let one = fields.some("metric");
    let Some(list) = fields.some("metrics") else {
        checked.given = one.is_some();
        checked.metrics.extend(one.and_then(|field| read(&field, &mut checked.limits, findings)));
        return checked;
    };
    checked.given = true;
    if one.is_some() {
        findings
            .error(&list.key, "`metric` and `metrics` exclude each other")
            .hint("write all of them in `metrics`, or one in `metric`");
        return checked;
    }
    let Some(items) = list.list(findings) else { return checked };
    if items.is_empty() || items.len() > MOST_METRICS {
        let what = format!("a list of 1 to {MOST_METRICS} metrics");
        list.wrong(&what, findings)
            .hint("such as `metrics: [{name: acc, goal: maximize}, {name: ms, goal: minimize}]`");
        return checked;
    }
    let read: Vec<Option<MetricConfig>> =
        items.iter().map(|item| read(item, &mut checked.limits, findings)).collect();
    for (place, (item, metric)) in items.iter().zip(&read).enumerate() {
        let Some(metric) = metric else { continue };
        if read.iter().take(place).flatten().any(|other| other.name == metric.name) {
            findings
                .error(&item.key, format!("{} is named twice in `metrics`", shorten(&metric.name)))
                .hint("remove one of the two");
        }
    }
    checked.metrics = read.into_iter().collect::<Option<_>>().unwrap_or_default();
    checked
}

/// Reads one metric; its limits are added to `limits`.
fn read(
    field: &ConfigField<'_>,
    limits: &mut Vec<MetricLimit>,
    findings: &mut Findings,
) -> Option<MetricConfig> {
    let before = findings.errors.len();
    if let Some(Value::Text(name)) = field.node.scalar() {
        let hint = format!("write it as a mapping: `metric: {{name: {name}, goal: minimize}}`");
        field.wrong("a mapping with `name` and `goal`", findings).hint(hint);
        return None;
    }
    let fields = field.mapping(findings)?;
    fields.refuse_unknown(&KEYS, "`metric`", findings);
    let name = match fields.get("name") {
        Some(field) => field.text(findings).filter(|name| !name.is_empty()),
        None => {
            findings
                .error(&fields.place.below("name"), "`name` is missing: the key of the metric")
                .hint("add `name:` with the key that the script logs");
            None
        }
    };
    let goal = match fields.some("goal") {
        Some(field) => field.word(&GOALS, findings),
        None => {
            findings
                .warn("metric-goal", &fields.place, "the metric has no goal: it will be minimised")
                .hint("add `goal: minimize` or `goal: maximize`");
            Some(Goal::Minimize)
        }
    };
    let target = fields.some("target").and_then(|field| field.number(findings)).map(Number::as_f64);
    let impute = fields.some("impute").map_or(Some(Impute::Worst), |field| field.word(&IMPUTES, findings));
    let running = fields.some("impute_while_running").and_then(|field| while_running(&field, findings));
    let summary =
        fields.some("summary").map_or(Some(MetricSummary::Last), |field| field.word(&SUMMARIES, findings));
    let from_output = fields.some("from_output").and_then(|field| pattern(&field, findings));
    let limit = fields.some("limit").and_then(|field| field.number(findings)).map(Number::as_f64);
    let subject_to = fields.some("subject_to").map(|field| subject_to(&field, findings));
    if findings.errors.len() > before {
        return None;
    }
    if let (Some(name), Some(side), Some(bound)) = (name.clone(), goal, limit) {
        limits.push(MetricLimit { metric: name, side, bound, strict: false });
    }
    limits.extend(subject_to.into_iter().flatten());
    Some(MetricConfig {
        name: name?,
        goal: goal?,
        target,
        impute: impute?,
        impute_while_running: running,
        summary: summary?,
        from_output,
    })
}

/// Bounds on other metrics: a text, or a list of texts.
fn subject_to(field: &ConfigField<'_>, findings: &mut Findings) -> Vec<MetricLimit> {
    let items = match field.node.scalar() {
        Some(Value::Text(_)) => vec![field.clone()],
        _ => field.list(findings).unwrap_or_default(),
    };
    let mut limits = Vec::new();
    for item in items {
        let Some(text) = item.text(findings) else { continue };
        match MetricLimit::parse(&text) {
            Ok(limit) => limits.push(limit),
            Err(why) => {
                findings
                    .error(&item.place, format!("{} is not a limit: {why}", shorten(&text)))
                    .hint("such as \"mem_gb <= 16\": the name of a metric, one of `<= < >= >`, a number");
            }
        }
    }
    limits
}

/// `"false"`, `false` or a word of `impute`.
fn while_running(field: &ConfigField<'_>, findings: &mut Findings) -> Option<Impute> {
    if field.node.scalar() == Some(&Value::Bool(false)) {
        return None;
    }
    let mut words: Vec<(&str, Option<Impute>)> = vec![("false", None)];
    words.extend(IMPUTES.iter().map(|(word, impute)| (*word, Some(*impute))));
    field.word(&words, findings).flatten()
}

/// A pattern with exactly one place for the number.
pub(super) fn pattern(field: &ConfigField<'_>, findings: &mut Findings) -> Option<OutputPattern> {
    let text = field.text(findings)?;
    match regex::Regex::new(&text) {
        Ok(pattern) if pattern.captures_len() == 2 => Some(OutputPattern(pattern)),
        Ok(_) => {
            findings
                .error(
                    &field.place,
                    "`from_output` needs exactly one group in parentheses, around the number",
                )
                .hint("such as \"loss=([0-9.e+-]+)\"");
            None
        }
        Err(error) => {
            let reason = error.to_string();
            let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            findings
                .error(&field.place, format!("`from_output` is not a regular expression: {last}"))
                .hint("such as \"loss=([0-9.e+-]+)\"");
            None
        }
    }
}
