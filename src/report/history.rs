//! History: the metric by trial number, a point a trial, and a step line of the best so far.

use std::fmt::Write;

use itertools::Itertools as _;

use super::facts::{finite, trial_label};
use super::frame::{DrawnFrame, FrameSpec};
use super::numbers::significant;
use super::palette::{STATUSES, TEXT, of_status};
use super::scale::PlotAxis;
use super::svg::{Canvas, Swatch, caption_height, caption_lines};
use super::text::{clean, count, ems, shorten};
use super::{MarkBox, Plot, SweepReport};
use crate::config::Goal;
use crate::trial::{RunStatus, Trial, TrialIndex};

/// Height of title and legend, and of the frame below.
const HEAD: f64 = 76.0;
const FRAME: f64 = 400.0;
/// So many points carry a text of their own for a pointer; of more, the page's script finds the one that is near.
const NAMED: usize = 300;

/// The metric of a sweep by trial number as an SVG document.
#[must_use]
pub fn history_svg(report: &SweepReport) -> String {
    history(report).svg
}

pub(super) fn history(report: &SweepReport) -> Plot {
    let points = points(report);
    let Some(objective) = report.objective else {
        return Plot::without_marks(report, "History", "The sweep names no metric.");
    };
    let title = format!("History of {}", objective.name);
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
    if points.len() <= NAMED {
        for (point, mark) in points.iter().filter_map(|point| Some((point, marks[point.position]?))) {
            let words = format!("trial {}: {}", point.number, significant(point.value, 6));
            canvas.hover((mark.x, mark.y), 6.0, &words);
        }
    }
    canvas.caption(HEAD + FRAME + 16.0, &caption);
    Plot { svg: canvas.finish(), marks }
}

/// A trial with a finite metric.
#[derive(Debug, Clone, Copy)]
struct HistoryPoint {
    /// Place of the trial in the report.
    position: usize,
    number: TrialIndex,
    value: f64,
    status: RunStatus,
    /// Whether it may be the best.
    counts: bool,
}

/// The points in the order of their numbers.
fn points(report: &SweepReport) -> Vec<HistoryPoint> {
    let point = |(position, trial): (usize, &Trial)| {
        let (status, counts) = (trial.status, report.may_be_best(trial));
        Some(HistoryPoint { position, number: trial.index, value: finite(trial)?, status, counts })
    };
    let mut points: Vec<HistoryPoint> = report.trials.iter().enumerate().filter_map(point).collect();
    points.sort_by_key(|point| point.number);
    points
}

/// Where the best value of the trials that count changed: trial number and value.
fn best_so_far(points: &[HistoryPoint], goal: Goal) -> Vec<(f64, f64)> {
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for point in points.iter().filter(|point| point.counts) {
        if steps.last().is_none_or(|&(_, best)| goal.better(point.value, best)) {
            steps.push((point.number.0 as f64, point.value));
        }
    }
    steps
}

/// A step line that ends at the right edge.
fn step_path(steps: &[(f64, f64)], frame: &DrawnFrame) -> String {
    let mut path = String::new();
    for &(number, value) in steps {
        let (x, y) = (frame.x(number), frame.y(value));
        let _ = if path.is_empty() { write!(path, "M{x:.1} {y:.1}") } else { write!(path, "H{x:.1}V{y:.1}") };
    }
    if !path.is_empty() {
        let _ = write!(path, "H{:.1}", frame.right);
    }
    path
}

/// One path a status: a dot is a line of no length with round ends, a triangle points at what lies
/// beyond the axis.
fn draw_points(
    canvas: &mut Canvas,
    trials: usize,
    points: &[HistoryPoint],
    frame: &DrawnFrame,
) -> Vec<Option<MarkBox>> {
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
            let (x, y) = (frame.x(point.number.0 as f64), frame.y(point.value));
            let _ = if frame.holds_y(point.value) {
                write!(dots, "M{x:.1} {y:.1}h0")
            } else {
                // From the edge inwards: the tip is at the edge.
                let inwards = if y < (frame.top + frame.bottom) / 2.0 { 9.0 } else { -9.0 };
                write!(beyond, "M{x:.1} {y:.1}l-5 {inwards}h10z")
            };
            if let Some(slot) = marks.get_mut(point.position) {
                *slot = Some(MarkBox { x, y, width: 0.0, height: 0.0 });
            }
        }
        canvas.stroke(&format!("dots {}", status.as_str()), &dots, size, of_status(status));
        canvas.fill(&format!("beyond {}", status.as_str()), &beyond, of_status(status));
    }
    marks
}

fn frame(report: &SweepReport, points: &[HistoryPoint]) -> DrawnFrame {
    let numbers = || points.iter().map(|point| point.number.0 as f64);
    let (first, last) = numbers().fold((f64::INFINITY, 0.0), |(l, h), x| (x.min(l), x.max(h)));
    // A little air, so that the first and the last point are whole.
    let air = ((last - first) * 0.015).max(0.5);
    let mut x = PlotAxis::round(first - air, last + air, 8);
    let ticks = std::mem::take(&mut x.ticks);
    // Half a word to the right of the last one must find space on the page.
    let fits = |at: f64, words: &str| (1.0 - x.share_of_own(at)) * 700.0 + 26.0 >= ems(words) * 6.0;
    x.ticks =
        ticks.into_iter().filter(|(at, words)| at.fract() == 0.0 && *at >= 0.0 && fits(*at, words)).collect();
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    let y = PlotAxis::of_metric(&values, report.best().map(|(_, value)| value), 6);
    let widest = y.ticks.iter().map(|(_, text)| ems(text)).fold(0.0, f64::max);
    let name = report.objective.map_or(String::new(), |o| shorten(&clean(o.name), FRAME - 80.0, 12.0));
    DrawnFrame::draw(&FrameSpec {
        x: &x,
        y: &y,
        titles: ("Trial", &name),
        left: (widest * 12.0 + 44.0).clamp(66.0, 200.0) as u32,
        top: HEAD as u32,
        height: FRAME as u32,
        lines_across: true,
    })
}

fn legend(report: &SweepReport, points: &[HistoryPoint]) -> Vec<(super::palette::Ink, Swatch, String)> {
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

fn sentences(report: &SweepReport, points: &[HistoryPoint], frame: &DrawnFrame) -> Vec<String> {
    let mut out = Vec::new();
    if let Some((trial, value)) = report.best() {
        out.push(format!("Best: {} in trial {}.", significant(value, 5), trial_label(trial)));
    }
    let absent = report.trials.iter().filter(|trial| trial.metric.is_none()).count();
    let odd = report.trials.iter().filter(|trial| trial.metric.is_some_and(|m| !m.is_finite())).count();
    if absent + odd > 0 {
        let parts = [(absent, "without a value"), (odd, "NaN or infinite")];
        let parts = parts.iter().filter(|(n, _)| *n > 0).map(|(n, why)| format!("{n} {why}")).join(", ");
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
    } else if report.front.is_some() && report.best().is_none() {
        out.push("The sweep has several metrics: no one trial is the best.".to_owned());
    } else if !report.not_best.is_empty() {
        out.push(
            "Only trials that finished or were stopped early within the limits count for the best so far."
                .to_owned(),
        );
    } else if points.iter().any(|point| !point.counts) {
        out.push(match report.trials.iter().any(|trial| trial.stopped_early) {
            true => "Only trials that finished or were stopped early count for the best so far.".to_owned(),
            false => "Only finished trials count for the best so far.".to_owned(),
        });
    }
    out
}
