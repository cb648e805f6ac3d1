//! What a person sees of a sweep once it has run: plots, the HTML report, the table of trials.
//!
//! Owns the drawing: pure functions from a [`SweepReport`] to text. Refuses files, stores and clocks:
//! where "now" matters it is passed in.
//!
//! Plots are SVG of their own, for white pages; the HTML report recolours them for dark ones. Axes and
//! grids are drawn by plotters; marks are added by `svg.rs`, because plotters writes an element of
//! some 90 bytes at whole pixels for each, and a sweep may have thousands.

mod answer;
mod curves;
mod dimension;
mod facts;
mod frame;
mod front;
mod history;
mod html;
mod importance;
mod methods;
mod model;
mod note;
mod numbers;
mod palette;
mod parallel;
mod plot;
mod png;
mod scale;
mod slices;
mod svg;
mod text;
mod timeline;
mod values;

pub use answer::{analysis_csv, analysis_json, failures_csv};
pub use curves::curves_svg;
pub use front::front_svg;
pub use history::history_svg;
pub use html::report_html;
pub use importance::importance_svg;
pub use methods::{methods_markdown, methods_text};
pub use model::{ReportFront, ReportFrontTrial, ReportObjective, SweepReport};
pub use note::parent_note;
pub use parallel::parallel_svg;
pub use png::png;
pub use slices::slices_svg;
pub use timeline::timeline_svg;

pub use crate::query::MetricCurve;

use plot::{MarkBox, Plot};

/// The plots that are kept on their own: path and SVG document.
#[must_use]
pub fn plots(report: &SweepReport) -> Vec<(&'static str, String)> {
    let mut plots = vec![("plots/metric.svg", history_svg(report))];
    if report.front.is_some() {
        plots.push(("plots/front.svg", front_svg(report)));
    }
    if report.has_times() {
        plots.push(("plots/timeline.svg", timeline_svg(report)));
    }
    if report.analysis.is_some() {
        plots.push(("plots/importance.svg", importance_svg(report)));
        plots.push(("plots/slices.svg", slices_svg(report)));
        plots.push(("plots/parallel.svg", parallel_svg(report)));
    }
    if curves::has_any(report) {
        plots.push(("plots/curves.svg", curves_svg(report)));
    }
    plots
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
