//! `metric:` and what depends on it.

use super::fields::ConfigField;
use crate::config::finding::Findings;
use crate::config::{Goal, Impute, MetricConfig, MetricSummary, OutputPattern};
use crate::space::{Number, Value};

const KEYS: [&str; 7] =
    ["name", "goal", "target", "impute", "impute_while_running", "summary", "from_output"];
const GOALS: [(&str, Goal); 2] = [("minimize", Goal::Minimize), ("maximize", Goal::Maximize)];
const IMPUTES: [(&str, Impute); 3] =
    [("worst", Impute::Worst), ("best", Impute::Best), ("latest", Impute::Latest)];
const SUMMARIES: [(&str, MetricSummary); 5] = [
    ("last", MetricSummary::Last),
    ("min", MetricSummary::Min),
    ("max", MetricSummary::Max),
    ("best", MetricSummary::Best),
    ("mean", MetricSummary::Mean),
];

/// Reads `metric:`.
pub fn check(field: &ConfigField<'_>, findings: &mut Findings) -> Option<MetricConfig> {
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
    if findings.errors.len() > before {
        return None;
    }
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
fn pattern(field: &ConfigField<'_>, findings: &mut Findings) -> Option<OutputPattern> {
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
