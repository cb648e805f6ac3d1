//! Learning curves: the history of the metric, a line a trial; where a trial was stopped, its line ends in a dot.

use std::fmt::Write;

use itertools::Itertools as _;

use super::facts::{ramp_legend, ramp_places, trial_label};
use super::frame::{DrawnFrame, FrameSpec};
use super::palette::{ORANGE, RAMP};
use super::scale::PlotAxis;
use super::svg::{Canvas, Swatch, caption_height, caption_lines};
use super::text::{clean, count, ems, shorten};
use super::{MetricCurve, Plot, SweepReport};
use crate::trial::{RunStatus, Trial};

const HEAD: f64 = 76.0;
const FRAME: f64 = 400.0;
/// Most points of a line.
const POINTS: usize = 60;

/// The histories of a sweep's metric as an SVG document.
#[must_use]
pub fn curves_svg(report: &SweepReport) -> String {
    curves(report)
}

/// Whether any trial logged its metric more than once.
pub(super) fn has_any(report: &SweepReport) -> bool {
    report.curves.iter().any(|curve| curve.points.len() > 1)
}

/// A curve on its way to a line.
struct CurveLine<'a> {
    trial: &'a Trial,
    points: Vec<(f64, f64)>,
}

pub(super) fn curves(report: &SweepReport) -> String {
    let name = report.objective.map_or("The metric", |objective| objective.name);
    let title = format!("Learning curves of {name}");
    let by_step = report.curves.iter().any(|curve| !curve.points.iter().map(|(step, _)| step).all_equal());
    let lines: Vec<CurveLine> =
        report.curves.iter().filter_map(|curve| line(report, curve, by_step)).collect();
    if lines.is_empty() {
        return Plot::without_marks(report, &title, "No trial has logged the metric more than once.").svg;
    }
    let frame = frame(report, &lines, by_step);
    let caption = caption_lines(&sentences(report, &lines));
    let mut canvas = Canvas::new(&title, HEAD + FRAME + caption_height(&caption) + 16.0);
    canvas.legend(60.0, &legend(report, &lines));
    canvas.raw(&frame.markup);
    draw_lines(&mut canvas, report, &lines, &frame);
    if let Some(best) = best(report, &lines) {
        let mut path = String::new();
        push_line(&mut path, best, &frame);
        canvas.stroke("best", &path, 2.4, ORANGE);
    }
    canvas.caption(HEAD + FRAME + 16.0, &caption);
    canvas.finish()
}

/// The finite points of a curve, thinned; `None`: there are fewer than two, or its trial is not known.
fn line<'a>(report: &SweepReport<'a>, curve: &MetricCurve, by_step: bool) -> Option<CurveLine<'a>> {
    let trial = report.trials.get(curve.trial)?;
    let place =
        |(at, (step, value)): (usize, &(i64, f64))| (if by_step { *step as f64 } else { at as f64 }, *value);
    let mut points: Vec<(f64, f64)> =
        curve.points.iter().enumerate().map(place).filter(|(_, value)| value.is_finite()).collect();
    // A summary that is logged last, at a step that was before, closes no loop.
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let last = points.len().checked_sub(1).filter(|last| *last > 0)?;
    if points.len() > POINTS {
        points = (0..POINTS).filter_map(|k| points.get(last * k / (POINTS - 1)).copied()).collect();
    }
    Some(CurveLine { trial, points })
}

/// A path a colour, by the value that a line ends with, the best last and on top; a dot where a trial was stopped.
fn draw_lines(canvas: &mut Canvas, report: &SweepReport, lines: &[CurveLine], frame: &DrawnFrame) {
    let last = |line: &CurveLine| line.points.last().map_or(f64::NAN, |point| point.1);
    let values: Vec<f64> = lines.iter().map(last).collect();
    let places = ramp_places(&values, report.objective.and_then(|objective| objective.goal));
    for (place, ink) in RAMP.iter().enumerate() {
        let (mut path, mut ends) = (String::new(), String::new());
        for (line, _) in lines.iter().zip(&places).filter(|(_, own)| **own == place) {
            push_line(&mut path, line, frame);
            if line.trial.status == RunStatus::Killed
                && let Some(&(x, y)) = line.points.last()
            {
                let _ = write!(ends, "M{:.1} {:.1}h0", frame.x(x), frame.y(y));
            }
        }
        canvas.stroke_soft("curves", &path, 1.2, *ink, lines.len());
        canvas.stroke("stopped", &ends, 6.0, *ink);
    }
}

fn push_line(path: &mut String, line: &CurveLine, frame: &DrawnFrame) {
    for (number, &(x, y)) in line.points.iter().enumerate() {
        let command = if number == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{command}{:.1} {:.1}", frame.x(x), frame.y(y));
    }
}

fn best<'l, 'a>(report: &SweepReport, lines: &'l [CurveLine<'a>]) -> Option<&'l CurveLine<'a>> {
    let (best, _) = report.best()?;
    lines.iter().find(|line| line.trial.run_id == best.run_id)
}

fn frame(report: &SweepReport, lines: &[CurveLine], by_step: bool) -> DrawnFrame {
    let points = || lines.iter().flat_map(|line| &line.points);
    let (first, last) =
        points().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p.0), h.max(p.0)));
    let x = PlotAxis::round(first, last + (last - first) * 0.015, 8);
    let values: Vec<f64> = points().map(|point| point.1).collect();
    let y = PlotAxis::of_metric(&values, report.best().map(|(_, value)| value), 6);
    let widest = y.ticks.iter().map(|(_, text)| ems(text)).fold(0.0, f64::max);
    let name = report.objective.map_or(String::new(), |o| shorten(&clean(o.name), FRAME - 80.0, 12.0));
    DrawnFrame::draw(&FrameSpec {
        x: &x,
        y: &y,
        titles: (if by_step { "Step" } else { "Logged value, from the first" }, &name),
        left: (widest * 12.0 + 44.0).clamp(66.0, 200.0) as u32,
        top: HEAD as u32,
        height: FRAME as u32,
        lines_across: true,
    })
}

fn legend(report: &SweepReport, lines: &[CurveLine]) -> Vec<(super::palette::Ink, Swatch, String)> {
    let mut entries = ramp_legend(report.objective.and_then(|objective| objective.goal));
    if let Some(best) = best(report, lines) {
        entries.push((ORANGE, Swatch::Line, format!("best: trial {}", trial_label(best.trial))));
    }
    entries
}

fn sentences(report: &SweepReport, lines: &[CurveLine]) -> Vec<String> {
    let mut out = Vec::new();
    if lines.len() < report.trials.len() {
        out.push(format!("Shown: {} of {}.", lines.len(), count(report.trials.len(), "trial")));
    }
    if lines.iter().any(|line| line.trial.status == RunStatus::Killed) {
        out.push("A dot at the end of a line: the trial was stopped there.".to_owned());
    }
    out
}
