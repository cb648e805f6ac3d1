//! The section on importances: what to make of them, the plot, the table.

use super::super::SweepReport;
use super::super::text::escape;
use super::importance;
use crate::analysis::{Analysis, Correlation, ParameterAnalysis};

pub(super) fn importance_section(report: &SweepReport) -> String {
    let Some(analysis) = report.analysis else {
        return String::new();
    };
    let notes = analysis.notes.iter().map(|note| format!("<li>{}</li>\n", escape(note)));
    format!(
        "<section><h2>Importance</h2>\n<p>{} {}</p>\n<ul class=\"notes\">\n{}</ul>\n{}{}</section>\n",
        escape(&analysis.used_sentence()),
        escape(&analysis.trust_sentence().unwrap_or_default()),
        notes.collect::<String>(),
        figure("importance", &importance(report, false)),
        table(analysis),
    )
}

fn table(analysis: &Analysis) -> String {
    if analysis.parameters.is_empty() {
        return String::new();
    }
    let heads =
        ["Parameter", "Permutation importance", "Evidence", "Pearson", "Spearman", "eta²", "Impurity"];
    let head: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    let rows = |parameters: &[ParameterAnalysis]| -> String {
        parameters.iter().map(|parameter| row(parameter, analysis.has_forest())).collect()
    };
    let table = |rows: String| {
        format!(
            "<div class=\"scroll\"><table class=\"importances\"><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
        )
    };
    let (first, others) = analysis.parameters.split_at(analysis.told_apart());
    let folded = match others.len() {
        0 => String::new(),
        n => format!(
            "<details><summary>{n} others: no clear effect</summary>\n{}</details>\n",
            table(rows(others))
        ),
    };
    table(rows(first)) + &folded
}

fn row(parameter: &ParameterAnalysis, forest: bool) -> String {
    let number = |x: Option<f64>| {
        x.filter(|x| x.is_finite()).map_or("–".to_owned(), |x| format!("{:.3}", no_minus_zero(x, 3)))
    };
    let permutation = parameter.permutation.filter(|e| forest && e.mean.is_finite());
    let permutation =
        permutation.map_or("–".to_owned(), |e| format!("{:.3} ± {:.3}", no_minus_zero(e.mean, 3), e.se));
    let log = if parameter.log { " <small>(log)</small>" } else { "" };
    let why =
        parameter.reason.as_deref().map(|why| format!(" title=\"{}\"", escape(why))).unwrap_or_default();
    let cells = [
        permutation,
        parameter.effect.word().to_owned(),
        correlation(parameter.pearson_shown().as_ref()),
        correlation(parameter.spearman.as_ref()),
        number(parameter.eta_squared_shown()),
        number(parameter.importance.filter(|_| forest)),
    ];
    let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
    format!("<tr{why}><th scope=\"row\">{}{log}</th>{cells}</tr>\n", escape(&parameter.name))
}

fn correlation(correlation: Option<&Correlation>) -> String {
    let two = |x: f64| format!("{:+.2}", no_minus_zero(x, 2));
    match correlation.filter(|correlation| correlation.r.is_finite()) {
        None => "–".to_owned(),
        Some(Correlation { r, interval: Some([low, high]), .. }) => {
            format!("{} <small>[{}, {}]</small>", two(*r), two(*low), two(*high))
        }
        Some(Correlation { r, .. }) => two(*r),
    }
}

/// The number, or zero where rounding would leave a minus before zeros.
fn no_minus_zero(x: f64, decimals: i32) -> f64 {
    if x.abs() < 0.5 * 10_f64.powi(-decimals) { 0.0 } else { x }
}

/// A plot on the page.
pub(super) fn figure(id: &str, svg: &str) -> String {
    format!("<figure class=\"plot\" id=\"{id}\">\n{svg}</figure>\n")
}
