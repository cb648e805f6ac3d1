//! What a person sees of a sweep once it has run: plots, the HTML report, the table of trials.
//!
//! Owns the drawing: pure functions from a [`SweepReport`] to text. Refuses files, stores and clocks:
//! where "now" matters it is handed in.
//!
//! Plots are SVG of their own, for white pages; the HTML report recolours them for dark ones. Axes and
//! grids are drawn by plotters; marks are added by `svg.rs`, because plotters writes an element of
//! some 90 bytes at whole pixels for each, and a sweep may have thousands.

mod answer;
mod csv;
mod curves;
mod dimension;
mod facts;
mod frame;
mod history;
mod html;
mod importance;
mod note;
mod palette;
mod parallel;
mod png;
mod scale;
mod slices;
mod svg;
mod text;
mod timeline;
mod values;

use crate::analysis::{Analysis, Dependence};
use crate::config::Goal;
use crate::trial::Trial;

pub use answer::{analysis_csv, analysis_json};
pub use csv::{TRIAL_COLUMNS, trials_csv};
pub use curves::curves_svg;
pub use history::history_svg;
pub use html::report_html;
pub use importance::importance_svg;
pub use note::parent_note;
pub use parallel::parallel_svg;
pub use png::{PngError, png};
pub use slices::slices_svg;
pub use timeline::timeline_svg;

/// Everything that the plots and the report tell of a sweep.
#[derive(Debug, Clone, Copy)]
pub struct SweepReport<'a> {
    /// Its name.
    pub sweep_name: &'a str,
    /// Id of its parent run.
    pub sweep_id: &'a str,
    /// The method, in the config's word.
    pub method: &'a str,
    /// What it was after; `None`: the config names no metric.
    pub objective: Option<Objective<'a>>,
    /// Its trials, in any order.
    pub trials: &'a [Trial],
    /// Which parameters mattered; `None`: it was not asked.
    pub analysis: Option<&'a Analysis>,
    /// What the forest expects of each parameter; empty: it was not asked.
    pub dependences: &'a [Dependence],
    /// Histories of the metric, of some trials or all.
    pub curves: &'a [Curve],
    /// The config as it was written.
    pub config: Option<&'a str>,
    /// The command line of the best trial, as it was run.
    pub best_command: Option<&'a str>,
    /// When the report is made, epoch milliseconds: running trials last until then.
    pub generated_at_ms: i64,
}

/// The history of a trial's metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Place of the trial among those of the report.
    pub trial: usize,
    /// Step and value, in the order in which they were logged.
    pub points: Vec<(i64, f64)>,
}

/// The metric that a report is about.
#[derive(Debug, Clone, Copy)]
pub struct Objective<'a> {
    /// Its key.
    pub name: &'a str,
    /// Its direction; without one nothing is called best.
    pub goal: Option<Goal>,
}

impl Objective<'_> {
    /// The config's word for its direction.
    #[must_use]
    pub fn goal_word(&self) -> Option<&'static str> {
        self.goal.map(Goal::as_str)
    }
}

/// The plots that are kept on their own: path and SVG document.
#[must_use]
pub fn plots(report: &SweepReport) -> Vec<(&'static str, String)> {
    let mut plots = vec![("plots/metric.svg", history_svg(report))];
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

/// A plot, and where each trial lies in it: for the tooltips of the HTML report.
#[derive(Debug, Clone)]
struct Plot {
    svg: String,
    /// One per trial of the report; `None`: it has no mark.
    marks: Vec<Option<Mark>>,
}

impl Plot {
    /// A title and a sentence, where there is nothing to draw.
    fn without_marks(report: &SweepReport, title: &str, sentence: &str) -> Self {
        let caption = svg::caption_lines(&[sentence.to_owned()]);
        let mut canvas = svg::Canvas::new(title, 76.0);
        canvas.caption(58.0, &caption);
        Self { svg: canvas.finish(), marks: vec![None; report.trials.len()] }
    }
}

/// The box of a trial's mark, in the plot's units.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mark {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
