//! The note of a sweep's parent run, in Markdown: what MLflow's own page shows of a finalized sweep.

use std::fmt::Write;

use itertools::Itertools as _;

use super::facts::trial_label;
use super::numbers::significant;
use super::text::clean;
use super::{ReportFront, ReportFrontTrial, SweepReport};
use crate::analysis::{Analysis, Correlation, ParameterAnalysis};
use crate::record::NOTE_MARK as MARK;

/// Most characters of a tag in MLflow are 8,000; a longer one is cut.
const AVAILABLE: usize = 7_900;

/// How many parameters, of the table and of the best trial, are tried in turn until the note fits.
const SHOWN: [usize; 6] = [60, 30, 15, 8, 3, 0];

/// The note of the parent run: what stood in it before the part that an earlier call wrote, then the line that pages show
/// without unfolding, the table and the best trial.
#[must_use]
pub fn parent_note(report: &SweepReport, before: Option<&str>, headline: &str) -> String {
    let before = before.unwrap_or_default();
    let kept = before.split_once(MARK).map_or(before, |(kept, _)| kept).trim_end();
    let head = if kept.is_empty() { format!("{MARK}\n") } else { format!("{kept}\n\n{MARK}\n") };
    let head = format!("{head}{headline}\n\n");
    let available = AVAILABLE.saturating_sub(head.chars().count());
    let fits = |body: &String| body.chars().count() <= available;
    let body = SHOWN.iter().map(|shown| body(report, *shown, true)).find(fits);
    let body = body.or_else(|| Some(body_without_command(report)).filter(fits));
    head + &body.unwrap_or_default()
}

fn body_without_command(report: &SweepReport) -> String {
    body(report, 0, false)
}

fn body(report: &SweepReport, shown: usize, command: bool) -> String {
    let mut out = String::new();
    if let (Some(objective), Some(analysis)) = (report.objective, report.analysis) {
        let goal = objective.goal.map(|goal| format!(" ({})", goal.as_str())).unwrap_or_default();
        let _ = writeln!(out, "### Which parameters mattered for {}{goal}\n", code(objective.name));
        let trust = analysis.trust_sentence().unwrap_or_default();
        let _ = writeln!(out, "{} {trust}\n", analysis.used_sentence());
        table(&mut out, analysis, shown);
        for note in analysis.notes.iter().take(8) {
            let _ = writeln!(out, "- {}", plain(note));
        }
        out.push('\n');
    }
    best(&mut out, report, shown, command);
    for group in report.failures.groups.iter().take(3) {
        let _ = writeln!(out, "- {}", plain(&group.sentence()));
    }
    let mut statuses = report.by_status().into_iter().map(|(status, n)| report.status_words(status, n));
    let _ = writeln!(
        out,
        "Trials: {} in all ({}). More among the artifacts: `report.html`, `plots/`, `trials.csv`, `analysis.json`.",
        report.trials.len(),
        statuses.join(", ")
    );
    out
}

fn table(out: &mut String, analysis: &Analysis, shown: usize) {
    if analysis.parameters.is_empty() || shown == 0 {
        return;
    }
    out.push_str(
        "| Parameter | Importance | Permutation importance | Pearson | Spearman | eta² | Evidence |\n",
    );
    out.push_str("|:--|--:|--:|--:|--:|--:|:--|\n");
    for parameter in analysis.parameters.iter().take(shown) {
        out.push_str(&row(parameter, analysis.has_forest()));
    }
    let more = analysis.parameters.len().saturating_sub(shown);
    if more > 0 {
        let _ = writeln!(out, "\n{more} more are in `analysis.json`.");
    }
    out.push('\n');
}

fn row(parameter: &ParameterAnalysis, forest: bool) -> String {
    let dash = || "–".to_owned();
    let number = |x: Option<f64>| x.filter(|x| x.is_finite()).map_or_else(dash, |x| format!("{x:.2}"));
    let permutation = parameter.permutation.filter(|estimate| forest && estimate.mean.is_finite());
    let log = if parameter.log { " (log)" } else { "" };
    let evidence = parameter.effect.word();
    format!(
        "| {}{log} | {} | {} | {} | {} | {} | {evidence} |\n",
        plain(&parameter.name),
        number(parameter.importance.filter(|_| forest)),
        permutation.map_or_else(dash, |drop| format!("{:.2} ± {:.2}", drop.mean, drop.se)),
        correlation(parameter.pearson_shown()),
        correlation(parameter.spearman),
        number(parameter.eta_squared_shown()),
    )
}

fn correlation(correlation: Option<Correlation>) -> String {
    match correlation.filter(|correlation| correlation.r.is_finite()) {
        None => "–".to_owned(),
        Some(Correlation { r, interval: Some([low, high]), .. }) => {
            format!("{r:+.2} [{low:+.2}, {high:+.2}]")
        }
        Some(Correlation { r, .. }) => format!("{r:+.2}"),
    }
}

/// The front, a line a trial.
fn front_list(out: &mut String, front: &ReportFront, shown: usize) {
    let goals = front.metrics.iter().map(|(name, goal)| format!("{} {}", goal.as_str(), plain(name)));
    let on_front: Vec<&ReportFrontTrial> = front.trials.iter().filter(|trial| trial.on_front).collect();
    let limits = front.limits.iter().map(|limit| format!("; {}", plain(limit))).join("");
    let _ = writeln!(
        out,
        "### Front\n\n{} of {} trials that no other one beats ({}{limits})\n",
        on_front.len(),
        front.trials.len(),
        goals.into_iter().join(", ")
    );
    if shown == 0 || on_front.is_empty() {
        return;
    }
    let names: Vec<String> = front.metrics.iter().map(|(name, _)| plain(name)).collect();
    let _ = writeln!(out, "| Trial | {} |\n|--:|{}", names.join(" | "), "--:|".repeat(names.len()));
    for trial in on_front.iter().take(shown) {
        let values = trial.values.iter().map(|value| significant(*value, 6)).join(" | ");
        let _ = writeln!(out, "| {} | {values} |", trial.trial);
    }
    out.push('\n');
}

fn best(out: &mut String, report: &SweepReport, shown: usize, command: bool) {
    if let Some(front) = report.front {
        return front_list(out, front, shown);
    }
    let Some((trial, value)) = report.best() else { return };
    let metric = report.objective.map_or("metric", |objective| objective.name);
    let _ = writeln!(
        out,
        "### Best trial\n\n**{} {}** in trial {} (run `{}`)\n",
        plain(metric),
        significant(value, 6),
        trial_label(trial),
        clean(&trial.run_id)
    );
    let values = report.parameters(trial);
    for (name, value) in values.iter().take(shown) {
        let _ = writeln!(out, "- {}: {}", plain(name), code(value));
    }
    if !values.is_empty() && shown > 0 {
        out.push('\n');
    }
    if let Some(text) = report.best_command.filter(|_| command) {
        let fence = "`".repeat(longest_run(text).max(2) + 1);
        let _ = writeln!(out, "{fence}\n{}\n{fence}\n", text.trim_end());
    }
}

/// Text that Markdown and HTML read as nothing but text.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// Text as inline code, whatever backticks it holds (`CommonMark`, section 6.1).
fn code(text: &str) -> String {
    let text = clean(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty() {
        return format!("{fence} {text} {fence}");
    }
    format!("{fence}{text}{fence}")
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
