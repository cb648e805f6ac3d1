//! The front of a sweep with several metrics: its candidates by the first two, and the line of those that none beats.

use std::fmt::Write;

use super::frame::{DrawnFrame, FrameSpec};
use super::model::{ReportFront, ReportFrontTrial};
use super::numbers::significant;
use super::palette::{BLUE, GREY, TEXT};
use super::scale::{PlotAxis, padded};
use super::svg::{Canvas, Swatch, caption_height, caption_lines};
use super::text::{clean, count, ems, shorten};
use super::{Plot, SweepReport};

/// Height of title and legend, and of the frame below.
const HEAD: f64 = 76.0;
const FRAME: f64 = 420.0;

/// The front of a sweep as an SVG document; without several metrics, a word about it.
#[must_use]
pub fn front_svg(report: &SweepReport) -> String {
    front(report).svg
}

pub(super) fn front(report: &SweepReport) -> Plot {
    let Some(front) = report.front else {
        return Plot::without_marks(
            report,
            "Front",
            "The sweep has one metric: its best trial is the answer.",
        );
    };
    let ([first, second, ..], false) = (front.metrics.as_slice(), front.trials.is_empty()) else {
        return Plot::without_marks(
            report,
            "Front",
            "No trial has a number for each metric within the limits yet.",
        );
    };
    let title = format!("Front of {} and {}", first.0, second.0);
    let frame = frame(front);
    let caption = caption_lines(&sentences(front));
    let mut canvas = Canvas::new(&title, HEAD + FRAME + caption_height(&caption) + 16.0);
    canvas.legend(60.0, &legend(front));
    canvas.raw(&frame.markup);
    let place = |trial: &ReportFrontTrial| (frame.x(trial.values[0]), frame.y(trial.values[1]));
    canvas.stroke("candidates", &dots(front, false, &place), 7.0, GREY);
    if front.metrics.len() == 2 {
        canvas.stroke("front-line", &steps(front, &place), 1.5, TEXT);
    }
    canvas.stroke("front", &dots(front, true, &place), 9.0, BLUE);
    for trial in front.trials.iter().filter(|trial| trial.on_front) {
        canvas.hover(place(trial), 7.0, &words(front, trial));
    }
    canvas.caption(HEAD + FRAME + 16.0, &caption);
    Plot { svg: canvas.finish(), marks: vec![None; report.trials.len()] }
}

/// A dot is a line of no length with round ends.
fn dots(front: &ReportFront, on_front: bool, place: &dyn Fn(&ReportFrontTrial) -> (f64, f64)) -> String {
    let mut path = String::new();
    for trial in front.trials.iter().filter(|trial| trial.on_front == on_front) {
        let (x, y) = place(trial);
        let _ = write!(path, "M{x:.1} {y:.1}h0");
    }
    path
}

/// What is known to be within reach: from one trial of the front to the next, along the worse values of both.
fn steps(front: &ReportFront, place: &dyn Fn(&ReportFrontTrial) -> (f64, f64)) -> String {
    let mut path = String::new();
    for trial in front.trials.iter().filter(|trial| trial.on_front) {
        let (x, y) = place(trial);
        let _ = if path.is_empty() { write!(path, "M{x:.1} {y:.1}") } else { write!(path, "H{x:.1}V{y:.1}") };
    }
    path
}

fn words(front: &ReportFront, trial: &ReportFrontTrial) -> String {
    let values = front.metrics.iter().zip(&trial.values);
    let values: Vec<String> =
        values.map(|((name, _), value)| format!("{} {}", clean(name), significant(*value, 6))).collect();
    format!("trial {}: {}", trial.trial, values.join(", "))
}

fn frame(front: &ReportFront) -> DrawnFrame {
    let axis = |i: usize, want: usize| {
        let values = || front.trials.iter().map(move |trial| trial.values[i]);
        let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        // One value alone needs some space, too.
        let space = if high > low { 0.0 } else { 0.5 * low.abs().max(1.0) };
        let (low, high) = padded(low - space, high + space, 0.04);
        PlotAxis::round(low, high, want)
    };
    let (x, y) = (axis(0, 7), axis(1, 6));
    let widest = y.ticks.iter().map(|(_, text)| ems(text)).fold(0.0, f64::max);
    let name = |i: usize| {
        let (name, goal) = &front.metrics[i];
        format!("{} ({})", shorten(&clean(name), FRAME - 160.0, 12.0), goal.as_str())
    };
    DrawnFrame::draw(&FrameSpec {
        x: &x,
        y: &y,
        titles: (&name(0), &name(1)),
        left: (widest * 12.0 + 44.0).clamp(66.0, 200.0) as u32,
        top: HEAD as u32,
        height: FRAME as u32,
        lines_across: true,
    })
}

fn legend(front: &ReportFront) -> Vec<(super::palette::Ink, Swatch, String)> {
    let on_front = front.trials.iter().filter(|trial| trial.on_front).count();
    vec![
        (BLUE, Swatch::Dot, format!("front {on_front}")),
        (GREY, Swatch::Dot, format!("other candidates {}", front.trials.len() - on_front)),
    ]
}

fn sentences(front: &ReportFront) -> Vec<String> {
    let on_front = front.trials.iter().filter(|trial| trial.on_front).count();
    let mut out =
        vec![format!("{} of {} that no other one beats.", on_front, count(front.trials.len(), "candidate"))];
    if front.metrics.len() > 2 {
        out.push(
            "The first two metrics are drawn; a trial of the front may be beaten in these alone.".to_owned(),
        );
    }
    if !front.limits.is_empty() {
        let limits: Vec<String> = front.limits.iter().map(|limit| clean(limit)).collect();
        out.push(format!("Candidates keep to: {}.", limits.join(", ")));
    }
    out
}
