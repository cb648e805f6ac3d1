//! What a finalized sweep leaves among the artifacts of its parent run.

use serde_json::{Value as Json, json};

use crate::analysis::{Analysis, ParameterAnalysis};
use crate::exchange::TrialsTable;
use crate::query::Reported;
use crate::report::{self, ReportFront, SweepReport, analysis_json};
use crate::text::CRLF;
use crate::trial::{RunStatus, Trial};

/// What goes to the parent run's artifacts: path and text.
pub fn result_files(report: &SweepReport<'_>, deleted: u64) -> Vec<(&'static str, String)> {
    let mut details = summary_json(report, deleted);
    if let (Json::Object(entries), Some(analysis)) = (&mut details, report.analysis) {
        // Everything that the analysis found: intervals, kinds, reasons.
        entries.insert("details".to_owned(), json!(analysis));
    }
    let mut files = report::plots(report);
    files.extend([
        ("report.html", report::report_html(report)),
        ("trials.csv", trials_csv(report)),
        ("analysis.json", format!("{details:#}\n")),
    ]);
    files
}

fn trials_csv(report: &SweepReport<'_>) -> String {
    let metric = report.objective.map(|objective| objective.name);
    TrialsTable { trials: report.trials, metric, order: report.order }.csv(CRLF)
}

/// A sweep and what came out of it, as JSON; `deleted` results have lost their runs.
pub fn summary_json(report: &SweepReport<'_>, deleted: u64) -> Json {
    let stopped_early = report.trials.iter().filter(|trial| trial.stopped_early).count();
    // The analysis counts them among the finished ones.
    let status_that_counts = |trial: &Trial| if trial.counts() { RunStatus::Finished } else { trial.status };
    let count = |status| report.trials.iter().filter(|trial| trial.status == status).count();
    let best = report.best().map(|(trial, value)| {
        json!({
            "trial": trial.index.0,
            "run_id": trial.run_id,
            "metric": value,
            "params": trial.point.to_json(),
            "command": report.best_command,
        })
    });
    let analysis = report.objective.zip(report.analysis).map(|(objective, analysis)| {
        analysis_json((analysis, report.failures), objective, report.trials.iter().map(status_that_counts))
    });
    json!({
        "sweep_id": report.sweep_id,
        "sweep_name": report.sweep_name,
        "method": report.method,
        "metric": report.objective.map(|objective| objective.name),
        "goal": report.objective.and_then(|objective| objective.goal_word()),
        "trials": {
            "finished": count(RunStatus::Finished),
            "failed": count(RunStatus::Failed),
            "stopped_early": stopped_early,
            "killed": count(RunStatus::Killed) - stopped_early,
            "running": count(RunStatus::Running),
            "deleted": deleted,
        },
        "best": best,
        "front": report.front.map(front_json),
        "noise": report.noise,
        "report_metric": report.reported.map(Reported::json),
        "analysis": analysis,
    })
}

/// The trials of the front with their values, in the order of `metrics`.
fn front_json(front: &ReportFront) -> Json {
    let metrics: Vec<Json> =
        front.metrics.iter().map(|(name, goal)| json!({ "name": name, "goal": goal.as_str() })).collect();
    let trials: Vec<Json> = front
        .trials
        .iter()
        .filter(|trial| trial.on_front)
        .map(|trial| json!({ "trial": trial.trial.0, "run_id": trial.run_id, "values": trial.values }))
        .collect();
    json!({ "metrics": metrics, "limits": front.limits, "candidates": front.trials.len(), "trials": trials })
}

/// The names of the parameters, the most important first, so that tables show these where space is short.
pub fn by_importance(analysis: &Analysis) -> String {
    /// More do not fit on any terminal, and a tag has an end.
    const MOST: usize = 40;
    // Without a forest nothing is known, and what an earlier analysis knew does not hold any more.
    let known = analysis.parameters.iter().filter(|_| analysis.has_forest());
    let mut parameters: Vec<_> = known.collect();
    let importance = |parameter: &ParameterAnalysis| {
        parameter
            .permutation
            .map(|estimate| estimate.mean)
            .or(parameter.importance)
            .unwrap_or(f64::NEG_INFINITY)
    };
    parameters.sort_by(|a, b| importance(b).total_cmp(&importance(a)));
    let names: Vec<&str> = parameters.iter().take(MOST).map(|parameter| parameter.name.as_str()).collect();
    json!(names).to_string()
}
