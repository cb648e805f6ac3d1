//! An analysis for programs: as JSON, and its table as CSV.

use serde_json::{Value as Json, json};

use super::ReportObjective;
use super::numbers::float_text;
use crate::analysis::{Analysis, Correlation, FailureAnalysis, FailureGroup, ParameterAnalysis};
use crate::text::{CRLF, csv_table};
use crate::trial::RunStatus;

/// The columns of [`analysis_csv`].
const COLUMNS: [&str; 17] = [
    "name",
    "kind",
    "log",
    "importance",
    "permutation_importance",
    "permutation_std",
    "pearson",
    "pearson_low",
    "pearson_high",
    "pearson_p",
    "spearman",
    "spearman_low",
    "spearman_high",
    "spearman_p",
    "eta2",
    "clear",
    "reason",
];

/// An analysis as one JSON object. `statuses` are those of all runs that were looked at: they say which of the runs
/// that had not finished failed.
///
/// What is undefined is null. `permutation_std` is a standard error.
#[must_use]
pub fn analysis_json(
    (analysis, failures): (&Analysis, &FailureAnalysis),
    objective: ReportObjective,
    statuses: impl Iterator<Item = RunStatus>,
) -> Json {
    let statuses: Vec<RunStatus> = statuses.collect();
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    json!({
        "metric": objective.name,
        "goal": objective.goal_word(),
        "trials_used": analysis.n_used,
        "trials_left_out": {
            "failed": count(RunStatus::Failed),
            "killed": count(RunStatus::Killed),
            "running": count(RunStatus::Running),
            "scheduled": count(RunStatus::Scheduled),
            "no_metric": analysis.dropped.metric_absent,
            "nan": analysis.dropped.metric_nan,
            "infinite": analysis.dropped.metric_inf,
        },
        "oob_r2": analysis.oob_r2,
        "parameters": analysis.parameters.iter().map(parameter_json).collect::<Vec<_>>(),
        "variance": analysis.variance,
        "notes": analysis.notes,
        "failures": failures,
    })
}

fn parameter_json(parameter: &ParameterAnalysis) -> Json {
    let r = |correlation: &Option<Correlation>| correlation.map(|correlation| correlation.r);
    let p = |correlation: &Option<Correlation>| correlation.map(|correlation| correlation.p);
    json!({
        "name": parameter.name,
        "importance": parameter.importance,
        "permutation_importance": parameter.permutation.map(|estimate| estimate.mean),
        "permutation_std": parameter.permutation.map(|estimate| estimate.se),
        "pearson": r(&parameter.pearson),
        "pearson_p": p(&parameter.pearson),
        "spearman": r(&parameter.spearman),
        "spearman_p": p(&parameter.spearman),
        "eta2": parameter.eta_squared,
        "clear": parameter.effect.is_clear(),
        "effect": parameter.effect,
        "pearson_of_ranks": r(&parameter.on_ranks.and_then(|ranks| ranks.pearson)),
        "eta2_of_ranks": parameter.on_ranks.and_then(|ranks| ranks.eta_squared),
    })
}

/// The table of an analysis as CSV, a row a parameter in the order of the analysis. What is undefined is an empty cell.
#[must_use]
pub fn analysis_csv(analysis: &Analysis) -> String {
    let header = COLUMNS.map(str::to_owned).to_vec();
    csv_table(std::iter::once(header).chain(analysis.parameters.iter().map(row)), CRLF)
}

/// Where trials fail as CSV, a row a group.
#[must_use]
pub fn failures_csv(found: &FailureAnalysis) -> String {
    let header = ["rule", "trials", "failed", "reason", "last_line"].map(str::to_owned).to_vec();
    let row = |group: &FailureGroup| {
        vec![
            group.rule(),
            group.trials.to_string(),
            group.failed.to_string(),
            group.reasons.first().map(|first| first.reason.clone()).unwrap_or_default(),
            group.last_line.clone().unwrap_or_default(),
        ]
    };
    csv_table(std::iter::once(header).chain(found.groups.iter().map(row)), CRLF)
}

fn row(parameter: &ParameterAnalysis) -> Vec<String> {
    let number = |x: Option<f64>| x.map_or_else(String::new, float_text);
    let [pearson, spearman] = [parameter.pearson, parameter.spearman].map(|correlation| {
        let interval = correlation.and_then(|correlation| correlation.interval);
        [
            number(correlation.map(|correlation| correlation.r)),
            number(interval.map(|[low, _]| low)),
            number(interval.map(|[_, high]| high)),
            number(correlation.map(|correlation| correlation.p)),
        ]
    });
    let kind = match parameter.kind {
        crate::analysis::ParameterKind::Bool => "bool",
        crate::analysis::ParameterKind::Numeric => "numeric",
        crate::analysis::ParameterKind::Categorical => "categorical",
    };
    let mut row = vec![
        parameter.name.clone(),
        kind.to_owned(),
        parameter.log.to_string(),
        number(parameter.importance),
        number(parameter.permutation.map(|estimate| estimate.mean)),
        number(parameter.permutation.map(|estimate| estimate.se)),
    ];
    row.extend(pearson);
    row.extend(spearman);
    let reason = parameter.excluded.as_ref().or(parameter.reason.as_ref());
    row.extend([
        number(parameter.eta_squared),
        parameter.effect.is_clear().to_string(),
        reason.cloned().unwrap_or_default(),
    ]);
    row
}
