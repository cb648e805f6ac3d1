//! The section on importances: what to make of them, the plot, the table.

use maud::{Markup, PreEscaped, html};

use super::super::SweepReport;
use super::super::text::clean;
use super::importance;
use crate::analysis::{Analysis, Correlation, ParameterAnalysis};

pub(super) fn importance_section(report: &SweepReport) -> Markup {
    let Some(analysis) = report.analysis else { return Markup::default() };
    html! {
        section {
            h2 { "Importance" }
            p { (clean(&analysis.used_sentence())) " " (clean(&analysis.trust_sentence().unwrap_or_default())) }
            ul.notes {
                @for note in &analysis.notes { li { (clean(note)) } }
            }
            (figure("importance", &importance(report, false)))
            (importances(analysis))
            (variance(analysis))
        }
    }
}

/// The table, the parameters without an effect folded where there are many.
fn importances(analysis: &Analysis) -> Markup {
    let (first, others) = analysis.parameters.split_at(analysis.told_apart());
    html! {
        @if !first.is_empty() { (table(first, analysis.has_forest())) }
        @if !others.is_empty() {
            details {
                summary { (others.len()) " others: no clear effect" }
                (table(others, analysis.has_forest()))
            }
        }
    }
}

fn table(parameters: &[ParameterAnalysis], forest: bool) -> Markup {
    let heads =
        ["Parameter", "Permutation importance", "Evidence", "Pearson", "Spearman", "eta²", "Impurity"];
    html! {
        div.scroll {
            table.importances {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for parameter in parameters { (row(parameter, forest)) } }
            }
        }
    }
}

/// The shares of the variance by the Gaussian process.
fn variance(analysis: &Analysis) -> Markup {
    let Some(shares) = &analysis.variance else { return Markup::default() };
    html! {
        p { (clean(&shares.heading())) }
        div.scroll {
            table.importances #variance {
                thead { tr { @for head in ["Parameter", "Alone", "With interactions"] { th scope="col" { (head) } } } }
                tbody {
                    @for parameter in &shares.parameters {
                        tr {
                            th scope="row" { (clean(&parameter.name)) }
                            td { (parameter.first.words()) }
                            td { (parameter.total.words()) }
                        }
                    }
                }
            }
        }
        @if let Some(pairs) = shares.pairs_sentence() { p { (clean(&pairs)) } }
    }
}

fn row(parameter: &ParameterAnalysis, forest: bool) -> Markup {
    let number = |x: Option<f64>| {
        x.filter(|x| x.is_finite()).map_or("–".to_owned(), |x| format!("{:.3}", no_minus_zero(x, 3)))
    };
    let permutation = parameter.permutation.filter(|e| forest && e.mean.is_finite());
    let permutation =
        permutation.map_or("–".to_owned(), |e| format!("{:.3} ± {:.3}", no_minus_zero(e.mean, 3), e.se));
    html! {
        tr title=[parameter.reason.as_deref().map(clean)] {
            th scope="row" {
                (clean(&parameter.name))
                @if parameter.log { " " small { "(log)" } }
            }
            td { (permutation) }
            td { (parameter.effect.word()) }
            td { (correlation(parameter.pearson_shown().as_ref())) }
            td { (correlation(parameter.spearman.as_ref())) }
            td { (number(parameter.eta_squared_shown())) }
            td { (number(parameter.importance.filter(|_| forest))) }
        }
    }
}

fn correlation(correlation: Option<&Correlation>) -> Markup {
    let two = |x: f64| format!("{:+.2}", no_minus_zero(x, 2));
    html! {
        @match correlation.filter(|correlation| correlation.r.is_finite()) {
            None => "–",
            Some(Correlation { r, interval, .. }) => {
                (two(*r))
                @if let Some([low, high]) = interval { " " small { "[" (two(*low)) ", " (two(*high)) "]" } }
            }
        }
    }
}

/// The number, or zero where rounding would leave a minus before zeros.
fn no_minus_zero(x: f64, decimals: i32) -> f64 {
    if x.abs() < 0.5 * 10_f64.powi(-decimals) { 0.0 } else { x }
}

/// A plot on the page.
pub(super) fn figure(id: &str, svg: &str) -> Markup {
    html! { figure.plot id=(id) { (PreEscaped(svg)) } }
}
