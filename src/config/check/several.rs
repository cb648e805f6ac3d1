//! What several metrics do not go together with, and which of them early stopping watches.

use super::fields::ConfigFields;
use super::metric::CheckedMetrics;
use crate::config::finding::Findings;
use crate::config::suggest::did_you_mean;
use crate::config::yaml::{NodeKind, shorten};
use crate::config::{Method, MetricConfig};

/// Checks it; returns `early_terminate.metric`.
pub fn check(
    fields: &ConfigFields<'_>,
    method: Option<Method>,
    metrics: &CheckedMetrics,
    findings: &mut Findings,
) -> Option<String> {
    let metrics = &metrics.metrics;
    if metrics.len() > 1 {
        refuse(fields, method, findings);
    }
    early_metric(fields, metrics, findings)
}

fn refuse(fields: &ConfigFields<'_>, method: Option<Method>, findings: &mut Findings) {
    if method == Some(Method::SuccessiveHalving)
        && let Some(field) = fields.get("method")
    {
        findings
            .error(&field.place, "`method: successive_halving` compares trials by one metric")
            .hint("name it in `metric`, with limits on the others in `subject_to`; or use `method: bayes`");
    }
    if let Some(hooks) = fields.some("hooks")
        && let NodeKind::Mapping(entries) = &hooks.node.kind
    {
        let inner = ConfigFields { place: hooks.key.clone(), entries };
        if let Some(field) = inner.some("on_best") {
            findings
                .error(&field.key, "with several metrics no trial is the best, and `on_best` would never run")
                .hint("use `on_trial_end`, or one `metric` with limits on the others in `subject_to`");
        }
    }
}

fn early_metric(
    fields: &ConfigFields<'_>,
    metrics: &[MetricConfig],
    findings: &mut Findings,
) -> Option<String> {
    let early = fields.some("early_terminate")?;
    let NodeKind::Mapping(entries) = &early.node.kind else { return None };
    let inner = ConfigFields { place: early.key.clone(), entries };
    let names = || metrics.iter().map(|metric| metric.name.as_str());
    let Some(field) = inner.some("metric") else {
        if metrics.len() > 1 {
            let first = names().next().unwrap_or_default();
            let message = format!("`early_terminate` watches the first of the metrics, {}", shorten(first));
            findings
                .warn("watched-metric", &inner.place, message)
                .hint(format!("name the one that it is to watch: `metric: {first}`"));
        }
        return None;
    };
    let name = field.text(findings)?;
    if !metrics.is_empty() && !names().any(|known| known == name) {
        let known: Vec<String> = names().map(shorten).collect();
        findings
            .error(&field.place, format!("{} is not a metric of this sweep", shorten(&name)))
            .hint(did_you_mean(&name, names()).unwrap_or_else(|| format!("it has {}", known.join(", "))));
        return None;
    }
    Some(name)
}
