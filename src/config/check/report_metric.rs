//! `report_metric:`, a metric that is recorded beside and never decides anything.

use super::fields::{ConfigField, ConfigFields};
use super::metric::{CheckedMetrics, GOALS, pattern};
use crate::config::ReportMetric;
use crate::config::finding::Findings;
use crate::config::yaml::shorten;
use crate::space::Value;

const KEYS: [&str; 3] = ["name", "goal", "from_output"];

/// Reads it: a name, which has the direction of the sweep's metric, or a mapping.
pub fn check(
    fields: &ConfigFields<'_>,
    metrics: &CheckedMetrics,
    findings: &mut Findings,
) -> Option<ReportMetric> {
    let field = fields.some("report_metric")?;
    if !metrics.given {
        findings
            .error(&field.key, "`report_metric` is recorded beside `metric`, and there is none")
            .hint("add `metric: {name: …, goal: minimize}` with the key by which trials are chosen");
        return None;
    }
    let first = metrics.metrics.first();
    let read = match field.node.scalar() {
        Some(Value::Text(name)) if !name.is_empty() => {
            let goal = first?.goal;
            ReportMetric { name: name.clone(), goal, from_output: None }
        }
        Some(_) => {
            field
                .wrong("the name of a metric, or a mapping with `name` and `goal`", findings)
                .hint("such as `report_metric: test_acc`");
            return None;
        }
        None => mapping(&field, first?.goal, findings)?,
    };
    refuse_deciding(&field, &read, metrics, findings)?;
    Some(read)
}

fn mapping(
    field: &ConfigField<'_>,
    goal: crate::config::Goal,
    findings: &mut Findings,
) -> Option<ReportMetric> {
    let inner = field.mapping(findings)?;
    inner.refuse_unknown(&KEYS, "`report_metric`", findings);
    let name = match inner.get("name") {
        Some(field) => field.text(findings).filter(|name| !name.is_empty()),
        None => {
            findings
                .error(&inner.place.below("name"), "`name` is missing: the key of the metric")
                .hint("add `name:` with the key that the script logs");
            None
        }
    };
    let goal = inner.some("goal").map_or(Some(goal), |field| field.word(&GOALS, findings));
    let from_output = inner.some("from_output").and_then(|field| pattern(&field, findings));
    Some(ReportMetric { name: name?, goal: goal?, from_output })
}

/// A metric that decides is not only recorded.
fn refuse_deciding(
    field: &ConfigField<'_>,
    read: &ReportMetric,
    metrics: &CheckedMetrics,
    findings: &mut Findings,
) -> Option<()> {
    let name = shorten(&read.name);
    if metrics.metrics.iter().any(|metric| metric.name == read.name) {
        findings.error(&field.place, format!("{name} is a metric by which trials are chosen")).hint(
            "`report_metric` is another one, such as that of a test set: it is recorded and never optimised",
        );
        return None;
    }
    if metrics.limits.iter().any(|limit| limit.metric == read.name) {
        findings
            .error(&field.place, format!("{name} decides in `subject_to` which trials may be the best"))
            .hint("remove the limit, or `report_metric`: what is reported must not decide");
        return None;
    }
    Some(())
}
