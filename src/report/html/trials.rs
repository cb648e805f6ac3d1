//! The table of trials: its first page as markup.

use std::collections::HashMap;

use maud::{Markup, html};

use super::super::SweepReport;
use super::super::facts::{finite, trial_label};
use super::super::numbers::{float_text, significant};
use super::super::text::{clean, duration_text, moment_text};
use super::super::values::flatten;
use super::links::run_link;
use crate::trial::Trial;

/// Rows of a page of the script.
pub(super) const PAGE: usize = 100;

/// Rows that are there without it.
const STATIC: usize = 25;

/// Columns before the parameters.
pub(super) const FIXED: usize = 5;

/// The section with the table's first page.
pub(super) fn section(report: &SweepReport) -> Markup {
    let paths = report.parameter_paths();
    let left = report.trials.len().saturating_sub(STATIC);
    html! {
        section #trials {
            h2 { "Trials" }
            (bar())
            div.scroll {
                table.trials {
                    thead {
                        tr { @for head in heads(report) { th scope="col" { button type="button" { (head) } } } }
                    }
                    tbody {
                        @for trial in best_first(report).into_iter().take(STATIC) {
                            (static_row(report, trial, &paths))
                        }
                    }
                }
            }
            @if left > 0 {
                noscript { p { (left) " more trials are shown where scripts may run." } }
            }
            p { small { "Rounded for reading; the exact values are in trials.csv beside this report." } }
        }
    }
}

/// What only the script can do: it shows this.
fn bar() -> Markup {
    html! {
        div.bar hidden {
            input #filter type="search" aria-label="Filter"
                placeholder="Filter: text, or a condition such as lr < 0.01";
            select #status aria-label="Status" {}
            span.pages {
                button #back type="button" { "‹" } " "
                span #shown {} " "
                button #on type="button" { "›" }
            }
            button #csv type="button" title="The rows that the filter keeps, as a CSV file" { "CSV" }
        }
    }
}

/// The trials that count, the best first, then the others by index; all by index without a goal. The script sorts alike.
fn best_first<'a>(report: &SweepReport<'a>) -> Vec<&'a Trial> {
    let mut trials: Vec<&Trial> = in_order(report).into_iter().map(|at| &report.trials[at]).collect();
    if let Some(goal) = report.objective.and_then(|objective| objective.goal) {
        let value = |trial: &Trial| finite(trial).filter(|_| trial.counts());
        trials.sort_by(|a, b| match (value(a), value(b)) {
            (Some(a), Some(b)) => goal.best_first(a, b),
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

fn static_row(report: &SweepReport, trial: &Trial, paths: &[String]) -> Markup {
    let status = trial.status.as_str();
    let best = report.best().is_some_and(|(best, _)| best.run_id == trial.run_id);
    let cells = cells(report, trial, paths);
    let last = cells.len() - 1;
    html! {
        tr class=[best.then_some("first")] {
            @for (place, cell) in cells.into_iter().enumerate() {
                @match cell {
                    _ if place == 1 => td { span class={ "status status-" (status) } { (status) } },
                    _ if place == last && report.runs_at.is_some() => td { (run_link(report, &trial.run_id)) },
                    HtmlCell::Text(text) => td { (text) },
                    HtmlCell::Number { shown, exact } => td.n title=(exact) { (shown) },
                }
            }
        }
    }
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
