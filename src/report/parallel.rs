//! Parallel coordinates: an axis a parameter and one for the metric, a line a trial.
//!
//! The SVG shows a sample where there are many trials; the script of the report draws them all.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::dimension::{Dimension, counted, dimensions, jitter};
use super::facts::{ramp_legend, ramp_places, trial_label};
use super::palette::{AXIS, Ink, ORANGE, RAMP};
use super::scale::PlotAxis;
use super::svg::{Anchor, Canvas, Font, MARGIN, SMALL, Swatch, WIDTH, caption_height, caption_lines};
use super::text::{count, shorten};
use super::{Plot, SweepReport};
use crate::config::Goal;
use crate::space::Value;
use crate::trial::Trial;

const TOP: f64 = 124.0;
const HEIGHT: f64 = 320.0;
/// Most parameters that are shown.
const MOST: usize = 8;
/// Most lines of the SVG.
const LINES: usize = 400;
/// The part of a level's space over which its lines are spread.
const SPREAD: f64 = 0.5;

/// The trials of a sweep as lines across its parameters, as an SVG document.
#[must_use]
pub fn parallel_svg(report: &SweepReport) -> String {
    parallel(report, true).svg
}

/// The plot, and what the script needs to draw all lines.
pub(super) struct Parallel {
    pub(super) svg: String,
    axes: Vec<(Dimension, f64)>,
    metric: String,
}

/// The same; `alone` says that no script draws all lines.
pub(super) fn parallel(report: &SweepReport, alone: bool) -> Parallel {
    let trials = counted(report);
    let mut shown = dimensions(report);
    let all = shown.len();
    shown.truncate(MOST);
    let metric = report.objective.map_or("metric", |objective| objective.name).to_owned();
    let title = format!("Parallel coordinates: {metric}");
    if shown.is_empty() {
        let svg = Plot::without_marks(report, &title, "No parameter varies among finished trials yet.").svg;
        return Parallel { svg, axes: Vec::new(), metric };
    }
    let values: Vec<f64> = trials.iter().map(|(_, _, value)| *value).collect();
    let axis = PlotAxis::of_metric(&values, report.best().map(|(_, value)| value), 6);
    shown.push(Dimension::of_axis(&metric, &axis));
    let axes = place(shown);
    let lines = sample(report, &trials);
    let caption = caption_lines(&sentences(
        if alone { lines.len() } else { trials.len() },
        trials.len(),
        axes.len() - 1,
        all,
    ));
    let bottom = TOP + HEIGHT;
    let mut canvas = Canvas::new(&title, bottom + 34.0 + caption_height(&caption));
    canvas.legend(60.0, &legend(report));
    draw_lines(&mut canvas, &axes, &lines);
    if let Some((best, value)) = report.best() {
        canvas.stroke("lead", &line(&axes, best, value), 2.6, ORANGE);
    }
    for (number, (dimension, x)) in axes.iter().enumerate() {
        draw_axis(&mut canvas, dimension, *x, pitch(axes.len()), number);
    }
    canvas.caption(bottom + 30.0, &caption);
    Parallel { svg: canvas.finish(), axes, metric }
}

/// The trials that get a line, with their colours: those of the best colour, as far as there is room, and the others
/// evenly spread.
fn sample<'a>(report: &SweepReport, trials: &[(usize, &'a Trial, f64)]) -> Vec<(&'a Trial, f64, usize)> {
    let values: Vec<f64> = trials.iter().map(|(_, _, value)| *value).collect();
    let places = ramp_places(&values, report.objective.and_then(|objective| objective.goal));
    let all = trials.iter().zip(places).map(|((_, trial, value), place)| (*trial, *value, place));
    let (mut best, rest): (Vec<_>, Vec<_>) = all.partition(|(_, _, place)| place + 1 == RAMP.len());
    best.truncate(LINES / 2);
    let available = (LINES - best.len()).min(rest.len());
    let spread = (0..available).filter_map(|k| rest.get(k * rest.len() / available.max(1)).copied());
    best.extend(spread);
    best
}

/// A path a colour, the best last and on top; the worse, the fainter.
fn draw_lines(canvas: &mut Canvas, axes: &[(Dimension, f64)], lines: &[(&Trial, f64, usize)]) {
    for (place, ink) in RAMP.iter().enumerate() {
        let own = lines.iter().filter(|(_, _, own)| *own == place);
        let path: String = own.map(|(trial, value, _)| line(axes, trial, *value)).collect();
        let good = place as f64 / (RAMP.len() - 1) as f64;
        let crowd = if lines.len() <= 100 { 0.3 } else { 0.15 };
        canvas.stroke_faint("lines", &path, 0.8 + good, *ink, crowd + (0.85 - crowd) * good);
    }
}

fn pitch(axes: usize) -> f64 {
    (WIDTH - 2.0 * MARGIN - 120.0) / (axes.max(2) - 1) as f64
}

fn place(shown: Vec<Dimension>) -> Vec<(Dimension, f64)> {
    let pitch = pitch(shown.len());
    shown
        .into_iter()
        .enumerate()
        .map(|(k, dimension)| (dimension, MARGIN + 60.0 + k as f64 * pitch))
        .collect()
}

fn height(share: f64) -> f64 {
    TOP + HEIGHT * (1.0 - share)
}

/// A trial's line; it has a gap where a parameter is absent.
fn line(axes: &[(Dimension, f64)], trial: &Trial, metric: f64) -> String {
    let mut path = String::new();
    let mut joined = false;
    for (number, (dimension, x)) in axes.iter().enumerate() {
        let place = if number + 1 == axes.len() {
            dimension.place(&Value::Float(metric))
        } else {
            trial.point.get(&dimension.name).and_then(|value| dimension.place(value))
        };
        let Some(place) = place else {
            joined = false;
            continue;
        };
        let y = height(place.share + place.extent * SPREAD * (jitter(trial) - 0.5));
        let _ = write!(path, "{}{x:.0} {y:.1}", if joined { 'L' } else { 'M' });
        joined = true;
    }
    path
}

fn draw_axis(canvas: &mut Canvas, dimension: &Dimension, x: f64, pitch: f64, number: usize) {
    canvas.line((x, TOP), (x, TOP + HEIGHT), 1.4, AXIS);
    let font = Font { bold: dimension.clear, ..Font::LABEL };
    // Names take turns in two rows, so that each has twice the space.
    let available = (2.0 * pitch - 10.0).min(2.0 * (x - 4.0)).min(2.0 * (WIDTH - 4.0 - x));
    let name = shorten(&dimension.label(), available, SMALL * 1.08);
    let y = TOP - if number.is_multiple_of(2) { 12.0 } else { 28.0 };
    canvas.text((x, y), Anchor::Middle, font, &name);
    let most = (pitch.min(WIDTH - 4.0 - x) / SMALL - 0.8).max(2.0);
    for (share, words) in dimension.ticks(HEIGHT / SMALL, most, true) {
        let words = shorten(&words, most * SMALL, SMALL);
        let at = height(share);
        canvas.line((x, at), (x + 4.0, at), 1.0, AXIS);
        canvas.rimmed_text((x + 7.0, at + 4.0), Anchor::Start, Font::NOTE, &words);
    }
}

fn legend(report: &SweepReport) -> Vec<(Ink, Swatch, String)> {
    let mut entries = ramp_legend(report.objective.and_then(|objective| objective.goal));
    if let Some((best, _)) = report.best() {
        entries.push((ORANGE, Swatch::Line, format!("trial {}", trial_label(best))));
    }
    entries
}

fn sentences(lines: usize, trials: usize, shown: usize, all: usize) -> Vec<String> {
    let mut out = Vec::new();
    if shown < all {
        out.push(format!("Shown: the {shown} most important of {all} parameters."));
    }
    if lines < trials {
        out.push(format!("Drawn: {lines} of {}, all over the range.", count(trials, "trial")));
    }
    out
}

impl Parallel {
    /// The axes for the script, the metric's last; `column` says which column of its table a parameter is.
    pub(super) fn json(
        &self,
        goal: Option<Goal>,
        metric: usize,
        column: impl Fn(&str) -> Option<usize>,
    ) -> Json {
        let axis = |(number, (dimension, x)): (usize, &(Dimension, f64))| {
            let mut json = dimension.json();
            let own = number + 1 == self.axes.len() && dimension.name == self.metric;
            json["column"] = json!(if own { metric } else { column(&dimension.name)? });
            json["x"] = json!(x);
            Some(json)
        };
        let axes: Vec<Json> = self.axes.iter().enumerate().filter_map(axis).collect();
        json!({
            "axes": axes,
            "top": TOP,
            "height": HEIGHT,
            "spread": SPREAD,
            "inks": RAMP.len(),
            "lead": goal.is_some(),
            "down": goal == Some(Goal::Minimize),
        })
    }
}
