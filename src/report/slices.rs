//! Slice: the metric against each parameter, a dot a trial, with what the forest expects of the parameter alone.

use std::fmt::Write;

use itertools::Itertools as _;
use serde_json::{Value as Json, json};

use super::SweepReport;
use super::dimension::{Dimension, DimensionPosition, counted, dimensions, jitter};
use super::palette::{AXIS, BLUE, GRID, ORANGE, TEXT};
use super::scale::PlotAxis;
use super::svg::{Anchor, Canvas, Font, MARGIN, SMALL, Swatch, WIDTH, caption_height, caption_lines};
use super::text::{count, ems, shorten};
use crate::analysis::Dependence;
use crate::trial::Trial;

/// Height of title and legend.
const HEAD: f64 = 76.0;
/// Panels side by side.
const COLUMNS: usize = 3;
/// Height of a panel's plotting area, and of a panel with its words.
const HEIGHT: f64 = 150.0;
const PITCH: f64 = 216.0;
/// Space between panels.
const GAP: f64 = 24.0;
/// Most parameters that are shown.
const MOST: usize = 12;
/// More trials than this are many.
const MANY: usize = 1_500;
/// The part of a level's space over which its dots are spread.
const SPREAD: f64 = 0.7;

/// The metric against each parameter as an SVG document.
#[must_use]
pub fn slices_svg(report: &SweepReport) -> String {
    slices(report).svg
}

/// The plot, and what the script needs to find the trial under the pointer.
pub(super) struct Slices {
    pub(super) svg: String,
    panels: Vec<SlicePanel>,
    y: PlotAxis,
}

struct SlicePanel {
    dimension: Dimension,
    left: f64,
    top: f64,
    width: f64,
}

impl SlicePanel {
    fn x(&self, share: f64) -> f64 {
        self.left + self.width * share
    }

    /// Where a dot lies across: levels are spread out a little.
    fn dot(&self, place: DimensionPosition, trial: &Trial) -> f64 {
        self.x(place.share + place.extent * SPREAD * (jitter(trial) - 0.5))
    }
}

pub(super) fn slices(report: &SweepReport) -> Slices {
    let trials = counted(report);
    let mut shown = dimensions(report);
    let all = shown.len();
    shown.truncate(MOST);
    let name = report.objective.map_or("The metric", |objective| objective.name);
    let title = format!("Slice of {name}: each parameter alone");
    let values: Vec<f64> = trials.iter().map(|(_, _, value)| *value).collect();
    let y = PlotAxis::of_metric(&values, report.best().map(|(_, value)| value), 4);
    if shown.is_empty() {
        let svg =
            super::Plot::without_marks(report, &title, "No parameter varies among finished trials yet.").svg;
        return Slices { svg, panels: Vec::new(), y };
    }
    let panels = place(shown, &y);
    let bottom = HEAD + panels.len().div_ceil(COLUMNS) as f64 * PITCH;
    let caption = caption_lines(&sentences(&trials, &y, panels.len(), all));
    let mut canvas = Canvas::new(&title, bottom + caption_height(&caption) + 8.0);
    canvas.legend(60.0, &legend(report));
    for (number, panel) in panels.iter().enumerate() {
        draw_frame(&mut canvas, panel, &y, number % COLUMNS == 0);
        draw_dots(&mut canvas, report, panel, &trials, &y);
        let dependence = report.dependences.iter().find(|one| one.name == panel.dimension.name);
        if let Some(dependence) = dependence {
            canvas.stroke("dependence", &dependence_path(dependence, panel, &y), 2.0, TEXT);
        }
    }
    canvas.caption(bottom + 6.0, &caption);
    Slices { svg: canvas.finish(), panels, y }
}

fn place(shown: Vec<Dimension>, y: &PlotAxis) -> Vec<SlicePanel> {
    let widest = y.ticks.iter().map(|(_, text)| ems(text)).fold(0.0, f64::max) * SMALL;
    let left = MARGIN + widest.min(120.0) + 8.0;
    let width = (WIDTH - MARGIN - left - GAP * (COLUMNS - 1) as f64) / COLUMNS as f64;
    let panel = |(number, dimension): (usize, Dimension)| SlicePanel {
        dimension,
        left: left + (number % COLUMNS) as f64 * (width + GAP),
        top: HEAD + (number / COLUMNS) as f64 * PITCH + 24.0,
        width,
    };
    shown.into_iter().enumerate().map(panel).collect()
}

fn height(value: f64, y: &PlotAxis, panel: &SlicePanel) -> f64 {
    panel.top + HEIGHT * (1.0 - y.share(value).clamp(0.0, 1.0))
}

fn draw_frame(canvas: &mut Canvas, panel: &SlicePanel, y: &PlotAxis, labelled: bool) {
    let (right, bottom) = (panel.left + panel.width, panel.top + HEIGHT);
    for (at, text) in &y.ticks {
        let line = panel.top + HEIGHT * (1.0 - y.share_of_own(*at));
        canvas.line((panel.left, line), (right, line), 1.0, GRID);
        if labelled {
            canvas.text(
                (panel.left - 6.0, line + 4.0),
                Anchor::End,
                Font::NOTE,
                &shorten(text, 120.0, SMALL),
            );
        }
    }
    canvas.line((panel.left, bottom), (right, bottom), 1.0, AXIS);
    for (share, words) in panel.dimension.ticks(panel.width / SMALL, 8.0, false) {
        let x = panel.x(share);
        canvas.line((x, bottom), (x, bottom + 4.0), 1.0, AXIS);
        let reach = ems(&words) * SMALL / 2.0;
        let x = x
            .clamp((panel.left - GAP + reach).min(x), (right + GAP - reach).max(x))
            .clamp(reach, WIDTH - reach);
        canvas.text((x, bottom + 17.0), Anchor::Middle, Font::NOTE, &words);
    }
    let font = Font { bold: panel.dimension.clear, ..Font::LABEL };
    let name = shorten(&panel.dimension.label(), panel.width, SMALL * 1.08);
    canvas.text((panel.left, panel.top - 8.0), Anchor::Start, font, &name);
}

/// One path for all dots; each is a line of no length with round ends. Dots that would lie on one another are
/// drawn once.
fn draw_dots(
    canvas: &mut Canvas,
    report: &SweepReport,
    panel: &SlicePanel,
    trials: &[(usize, &Trial, f64)],
    y: &PlotAxis,
) {
    let size = match trials.len() {
        ..=200 => 6.0,
        201..=1_000 => 4.5,
        _ => 3.0,
    };
    // Thousands of dots are kept small: at whole units, where they are not distinguished anyway.
    let per_unit = if trials.len() <= MANY { 2.0 } else { 1.0 };
    let grid = |trial: &Trial, value: f64| {
        let place = panel.dimension.place(trial.point.get(&panel.dimension.name)?)?;
        let dot = (panel.dot(place, trial), height(value, y, panel));
        Some(((dot.0 * per_unit).round() as i64, (dot.1 * per_unit).round() as i64))
    };
    let dots = trials.iter().filter_map(|(_, trial, value)| grid(trial, *value));
    let dots = dots.sorted_unstable().dedup().collect_vec();
    canvas.stroke_soft("dots", &relative_dots(&dots, per_unit), size, BLUE, dots.len());
    if let Some((best, value)) = report.best()
        && let Some((x, at)) = grid(best, value)
    {
        let path = format!("M{} {}h0", x as f64 / per_unit, at as f64 / per_unit);
        canvas.stroke("best", &path, size + 4.0, ORANGE);
    }
}

/// Dots as a path, each relative to the one before.
fn relative_dots(dots: &[(i64, i64)], per_unit: f64) -> String {
    let mut path = String::new();
    let mut last = (0, 0);
    for &(x, y) in dots {
        let (across, down) = ((x - last.0) as f64 / per_unit, (y - last.1) as f64 / per_unit);
        let _ = if path.is_empty() {
            write!(path, "M{across} {down}h0")
        } else {
            write!(path, "m{across} {down}h0")
        };
        last = (x, y);
    }
    path
}

/// A line through the steps of a number, a short bar for each level.
fn dependence_path(dependence: &Dependence, panel: &SlicePanel, y: &PlotAxis) -> String {
    let mut path = String::new();
    for (value, expected) in dependence.steps.iter().filter(|(_, expected)| expected.is_finite()) {
        let Some(place) = panel.dimension.place(value) else { continue };
        let (x, at) = (panel.x(place.share), height(*expected, y, panel));
        let half = place.extent * panel.width * SPREAD / 2.0;
        let _ = if half > 0.0 {
            write!(path, "M{:.1} {at:.1}h{:.1}", x - half, 2.0 * half)
        } else if path.is_empty() {
            write!(path, "M{x:.1} {at:.1}")
        } else {
            write!(path, "L{x:.1} {at:.1}")
        };
    }
    path
}

fn legend(report: &SweepReport) -> Vec<(super::palette::Ink, Swatch, String)> {
    let mut entries = vec![(BLUE, Swatch::Dot, "finished trial".to_owned())];
    if report.best().is_some() {
        entries.push((ORANGE, Swatch::Dot, "best trial".to_owned()));
    }
    if !report.dependences.is_empty() {
        let words = "partial dependence: what the forest expects, the other parameters as they were";
        entries.push((TEXT, Swatch::Line, words.to_owned()));
    }
    entries
}

fn sentences(trials: &[(usize, &Trial, f64)], y: &PlotAxis, shown: usize, all: usize) -> Vec<String> {
    let mut out = Vec::new();
    if shown < all {
        out.push(format!(
            "Shown: the {shown} most important of {all} parameters; a bold name: its effect is clear."
        ));
    } else {
        out.push("Most important first; a bold name: its effect is clear.".to_owned());
    }
    let beyond = trials.iter().filter(|(_, _, value)| !(0.0..=1.0).contains(&y.share(*value))).count();
    if beyond > 0 {
        out.push(format!("{} drawn at the edge.", count(beyond, "outlier")));
    }
    out
}

impl Slices {
    /// The panels for the script; `column` says which column of its table a parameter is.
    pub(super) fn json(&self, column: impl Fn(&str) -> Option<usize>) -> Json {
        let panel = |panel: &SlicePanel| {
            let mut json = panel.dimension.json();
            json["column"] = json!(column(&panel.dimension.name)?);
            json["box"] = json!([panel.left, panel.top, panel.width, HEIGHT]);
            Some(json)
        };
        let panels: Vec<Json> = self.panels.iter().filter_map(panel).collect();
        json!({ "panels": panels, "spread": SPREAD, "low": self.y.low, "high": self.y.high, "log": self.y.log })
    }
}
