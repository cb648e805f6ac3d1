//! The table of trials: its first page as markup.

use std::collections::HashMap;

use super::super::SweepReport;
use super::super::facts::{finite, trial_label};
use super::super::numbers::{float_text, significant};
use super::super::text::{clean, duration_text, escape, moment_text};
use super::super::values::flatten;
use super::links::run_link;
use crate::config::Goal;
use crate::trial::Trial;

/// Rows of a page of the script.
pub(super) const PAGE: usize = 100;

/// Rows that are there without it.
const STATIC: usize = 25;

/// Columns before the parameters.
pub(super) const FIXED: usize = 5;

/// The section with the table's first page.
pub(super) fn section(report: &SweepReport) -> String {
    let heads = heads(report);
    let head: String = heads
        .iter()
        .map(|head| format!("<th scope=\"col\"><button type=\"button\">{}</button></th>", escape(head)))
        .collect();
    let paths = report.parameter_paths();
    let rows: String =
        best_first(report).into_iter().take(STATIC).map(|trial| static_row(report, trial, &paths)).collect();
    let left = report.trials.len().saturating_sub(STATIC);
    let more = if left == 0 {
        String::new()
    } else {
        format!("<noscript><p>{left} more trials are shown where scripts may run.</p></noscript>\n")
    };
    format!(
        "<section id=\"trials\"><h2>Trials</h2>\n\
         <div class=\"bar\" hidden><input id=\"filter\" type=\"search\" placeholder=\"Filter: text, or a condition such as lr &lt; 0.01\" \
         aria-label=\"Filter\"><select id=\"status\" aria-label=\"Status\"></select>\
         <span class=\"pages\"><button type=\"button\" id=\"back\">‹</button> <span id=\"shown\"></span> \
         <button type=\"button\" id=\"on\">›</button></span>\
         <button type=\"button\" id=\"csv\" title=\"The rows that the filter keeps, as a CSV file\">CSV</button></div>\n\
         <div class=\"scroll\"><table class=\"trials\"><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n\
         {more}<p><small>Rounded for reading; the exact values are in trials.csv beside this report.</small></p></section>\n"
    )
}

/// The trials that count, the best first, then the others by index; all by index without a goal. The script sorts alike.
fn best_first<'a>(report: &SweepReport<'a>) -> Vec<&'a Trial> {
    let mut trials: Vec<&Trial> = in_order(report).into_iter().map(|at| &report.trials[at]).collect();
    if let Some(goal) = report.objective.and_then(|objective| objective.goal) {
        let value = |trial: &Trial| finite(trial).filter(|_| trial.counts());
        trials.sort_by(|a, b| match (value(a), value(b)) {
            (Some(a), Some(b)) if goal == Goal::Minimize => a.total_cmp(&b),
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
    }
    trials
}

/// The places of the trials in the order of their indices.
pub(super) fn in_order(report: &SweepReport) -> Vec<usize> {
    let mut order: Vec<(usize, &Trial)> = report.trials.iter().enumerate().collect();
    order.sort_by_key(|(_, trial)| (trial.index, trial.attempt));
    order.into_iter().map(|(at, _)| at).collect()
}

pub(super) fn heads(report: &SweepReport) -> Vec<String> {
    let metric = report.objective.map_or("Metric", |objective| objective.name);
    let mut heads: Vec<String> =
        ["Trial", "Status", metric, "Start", "Duration"].iter().map(|&head| clean(head)).collect();
    heads.extend(report.parameter_paths().iter().map(|path| clean(path)));
    if report.has_agents() {
        heads.push("Agent".to_owned());
    }
    heads.push("Run".to_owned());
    heads
}

fn static_row(report: &SweepReport, trial: &Trial, paths: &[String]) -> String {
    let status = trial.status.as_str();
    let mut cells: Vec<(String, String)> = cells(report, trial, paths)
        .into_iter()
        .map(|cell| match &cell {
            HtmlCell::Text(text) => (escape(text), String::new()),
            HtmlCell::Number { shown, exact } => {
                (escape(shown), format!(" class=\"n\" title=\"{}\"", escape(exact)))
            }
        })
        .collect();
    if let Some((text, class)) = cells.get_mut(1) {
        (*text, *class) = (format!("<span class=\"status status-{status}\">{status}</span>"), String::new());
    }
    if let (Some((text, _)), Some(_)) = (cells.last_mut(), report.runs_at) {
        *text = run_link(report, &trial.run_id);
    }
    let cells: String = cells.iter().map(|(text, class)| format!("<td{class}>{text}</td>")).collect();
    let best = report.best().is_some_and(|(best, _)| best.run_id == trial.run_id);
    let class = if best { " class=\"first\"" } else { "" };
    format!("<tr{class}>{cells}</tr>\n")
}

/// A cell as it is shown, with what it sorts by.
enum HtmlCell {
    Text(String),
    Number { shown: String, exact: String },
}

impl HtmlCell {
    fn of_text(text: String) -> Self {
        let plain = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e');
        match text.parse::<f64>() {
            Ok(x) if x.is_finite() && text.chars().all(plain) => {
                let shown = if text.len() > 8 { significant(x, 6) } else { text.clone() };
                Self::Number { shown, exact: text }
            }
            _ => Self::Text(clean(&text)),
        }
    }
}

/// A trial's cells in the order of the heads.
fn cells(report: &SweepReport, trial: &Trial, paths: &[String]) -> Vec<HtmlCell> {
    let started = trial.start_time > 0;
    let length = report.end_of(trial).saturating_sub(trial.start_time);
    let number = |shown: String, exact: String| HtmlCell::Number { shown, exact };
    let blank = || HtmlCell::Text(String::new());
    let mut cells = Vec::with_capacity(paths.len() + FIXED + 1);
    cells.push(number(trial_label(trial), trial.index.to_string()));
    cells.push(HtmlCell::Text(trial.status.as_str().to_owned()));
    cells.push(trial.metric.map_or_else(blank, |metric| HtmlCell::of_text(float_text(metric))));
    cells.push(if started {
        number(
            moment_text(trial.start_time).trim_end_matches(" UTC").to_owned(),
            trial.start_time.to_string(),
        )
    } else {
        blank()
    });
    cells.push(if started { number(duration_text(length), length.to_string()) } else { blank() });
    let mut values: HashMap<String, String> = flatten(&trial.point).into_iter().collect();
    for path in paths {
        cells.push(values.remove(path).map_or_else(blank, HtmlCell::of_text));
    }
    if report.has_agents() {
        cells.push(trial.agent.as_deref().map_or_else(blank, |agent| HtmlCell::Text(clean(agent))));
    }
    cells.push(HtmlCell::Text(clean(&trial.run_id)));
    cells
}
