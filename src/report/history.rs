//! The metric against time: a point per trial where it ended, and a step line of the best so far.

use std::fmt::Write;

use super::facts::{finite, trial_label};
use super::frame::{Frame, FrameSpec};
use super::palette::{STATUSES, TEXT, of_status};
use super::scale::{Axis, robust_range};
use super::svg::{Canvas, Swatch, caption_height, caption_lines};
use super::text::{clean, count, ems, moment_text, shorten, significant};
use super::{Mark, Plot, SweepReport};
use crate::config::Goal;
use crate::trial::RunStatus;

/// Height of title and legend, and of the frame below.
const HEAD: f64 = 76.0;
const FRAME: f64 = 400.0;

/// The metric of a sweep against time as an SVG document.
#[must_use]
pub fn history_svg(report: &SweepReport) -> String {
    history(report).svg
}

pub(super) fn history(report: &SweepReport) -> Plot {
    let points = points(report);
    let Some(objective) = report.objective else {
        return Plot::without_marks(report, "Metric against time", "The sweep names no metric.");
    };
    let title = format!("{} against time", objective.name);
    if points.is_empty() {
        return Plot::without_marks(report, &title, "No trial has a finite value of the metric yet.");
    }
    let frame = frame(report, &points);
    let caption = caption_lines(&sentences(report, &points, &frame));
    let mut canvas = Canvas::new(&title, HEAD + FRAME + caption_height(&caption) + 16.0);
    canvas.legend(60.0, &legend(report, &points));
    canvas.raw(&frame.markup);
    let marks = draw_points(&mut canvas, report.trials.len(), &points, &frame);
    if let Some(goal) = objective.goal {
        let steps = best_so_far(&points, goal);
        canvas.stroke("best-so-far", &step_path(&steps, &frame), 2.0, TEXT);
    }
    canvas.caption(HEAD + FRAME + 16.0, &caption);
    Plot { svg: canvas.finish(), marks }
}

/// A trial with a finite metric; the time in milliseconds since the sweep's first start.
#[derive(Debug, Clone, Copy)]
struct Point {
    /// Place of the trial in the report.
    position: usize,
    time: f64,
    value: f64,
    status: RunStatus,
    /// Whether it may be the best.
    counts: bool,
}

/// The points in the order of their times.
fn points(report: &SweepReport) -> Vec<Point> {
    let origin = report.first_start();
    let (started, _) = report.started();
    let point = |(position, trial)| {
        let time = report.end_of(trial).saturating_sub(origin) as f64;
        let (status, counts) = (trial.status, trial.counts());
        Some(Point { position, time, value: finite(trial)?, status, counts })
    };
    let mut points: Vec<Point> = started.into_iter().filter_map(point).collect();
    points.sort_by(|a, b| a.time.total_cmp(&b.time));
    points
}

/// Where the best value of the trials that count changed: time and value.
fn best_so_far(points: &[Point], goal: Goal) -> Vec<(f64, f64)> {
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for point in points.iter().filter(|point| point.counts) {
        if steps.last().is_none_or(|&(_, best)| goal.better(point.value, best)) {
            steps.push((point.time, point.value));
        }
    }
    steps
}

/// A step line that ends at the right edge.
fn step_path(steps: &[(f64, f64)], frame: &Frame) -> String {
    let mut path = String::new();
    for &(time, value) in steps {
        let (x, y) = (frame.x(time), frame.y(value));
        let _ = if path.is_empty() { write!(path, "M{x:.1} {y:.1}") } else { write!(path, "H{x:.1}V{y:.1}") };
    }
    if !path.is_empty() {
        let _ = write!(path, "H{:.1}", frame.right);
    }
    path
}

/// One path a status: a dot is a line of no length with round ends, a triangle points at what lies
/// beyond the axis.
fn draw_points(canvas: &mut Canvas, trials: usize, points: &[Point], frame: &Frame) -> Vec<Option<Mark>> {
    let size = if points.len() <= 200 {
        8.0
    } else if points.len() <= 1_000 {
        5.5
    } else {
        3.6
    };
    let mut marks = vec![None; trials];
    for status in STATUSES {
        let (mut dots, mut beyond) = (String::new(), String::new());
        for point in points.iter().filter(|point| point.status == status) {
            let (x, y) = (frame.x(point.time), frame.y(point.value));
            let _ = if frame.holds_y(point.value) {
                write!(dots, "M{x:.1} {y:.1}h0")
            } else {
                // From the edge inwards: the tip is at the edge.
                let inwards = if y < (frame.top + frame.bottom) / 2.0 { 9.0 } else { -9.0 };
                write!(beyond, "M{x:.1} {y:.1}l-5 {inwards}h10z")
            };
            if let Some(slot) = marks.get_mut(point.position) {
                *slot = Some(Mark { x, y, width: 0.0, height: 0.0 });
            }
        }
        canvas.stroke(&format!("dots {}", status.as_str()), &dots, size, of_status(status));
        canvas.fill(&format!("beyond {}", status.as_str()), &beyond, of_status(status));
    }
    marks
}

fn frame(report: &SweepReport, points: &[Point]) -> Frame {
    let last = points.iter().map(|point| point.time).fold(1.0, f64::max);
    let (mut x, unit) = Axis::time(last);
    // A little air, so that the last point is whole.
    x.high *= 1.015;
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    let (low, high) = robust_range(&values, report.best().map(|(_, value)| value));
    let y = Axis::round(low, high, 6);
    let widest = y.ticks.iter().map(|(_, text)| ems(text)).fold(0.0, f64::max);
    let name = report.objective.map_or(String::new(), |o| shorten(&clean(o.name), FRAME - 80.0, 12.0));
    let origin = moment_text(report.first_start());
    Frame::draw(&FrameSpec {
        x: &x,
        y: &y,
        titles: (&format!("Time since {origin} ({unit})"), &name),
        left: (widest * 12.0 + 44.0).clamp(66.0, 200.0) as u32,
        top: HEAD as u32,
        height: FRAME as u32,
        lines_across: true,
    })
}

fn legend(report: &SweepReport, points: &[Point]) -> Vec<(super::palette::Ink, Swatch, String)> {
    let mut entries = Vec::new();
    for status in STATUSES {
        let n = points.iter().filter(|point| point.status == status).count();
        if n > 0 {
            entries.push((of_status(status), Swatch::Dot, format!("{} {n}", status.as_str())));
        }
    }
    if let (Some(_), Some(goal)) = (report.best(), report.objective.and_then(|objective| objective.goal)) {
        let words = format!("best so far ({})", goal.as_str());
        entries.push((TEXT, Swatch::Line, words));
    }
    entries
}

fn sentences(report: &SweepReport, points: &[Point], frame: &Frame) -> Vec<String> {
    let mut out = Vec::new();
    if let Some((trial, value)) = report.best() {
        out.push(format!("Best: {} in trial {}.", significant(value, 5), trial_label(trial)));
    }
    let absent = report.trials.iter().filter(|trial| trial.metric.is_none()).count();
    let odd = report.trials.iter().filter(|trial| trial.metric.is_some_and(|m| !m.is_finite())).count();
    if absent + odd > 0 {
        let parts = [(absent, "without a value"), (odd, "NaN or infinite")];
        let parts = parts.iter().filter(|(n, _)| *n > 0).map(|(n, why)| format!("{n} {why}"));
        let parts = parts.collect::<Vec<_>>().join(", ");
        out.push(format!("Not shown: {} ({parts}).", count(absent + odd, "trial")));
    }
    let beyond: Vec<f64> = points.iter().map(|p| p.value).filter(|value| !frame.holds_y(*value)).collect();
    if let Some(furthest) = beyond.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())) {
        out.push(format!(
            "Beyond the axis, drawn as a triangle at its edge: {} (furthest {}).",
            count(beyond.len(), "trial"),
            significant(furthest, 4)
        ));
    }
    if report.objective.is_some_and(|objective| objective.goal.is_none()) {
        out.push("The metric has no goal, so nothing is called best.".to_owned());
    } else if points.iter().any(|point| !point.counts) {
        out.push(match report.trials.iter().any(|trial| trial.stopped_early) {
            true => "Only trials that finished or were stopped early count for the best so far.".to_owned(),
            false => "Only finished trials count for the best so far.".to_owned(),
        });
    }
    out
}
