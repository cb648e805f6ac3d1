//! Importance and correlation: two panels of bars side by side, a row per parameter.
//!
//! Drawn without plotters: rows are as high as two bars need, names are laid out by their width, and
//! a categorical parameter has words where others have bars.

use std::fmt::Write;

use super::SweepReport;
use super::palette::{AXIS, BAND, BLUE, GREEN, GRID, Ink, PURPLE, TEXT};
use super::scale::PlotAxis;
use super::svg::{Anchor, Canvas, Font, MARGIN, SMALL, Swatch, WIDTH, caption_height, caption_lines};
use super::text::{clean, ems, shorten};
use crate::analysis::{Analysis, ParameterAnalysis};

/// Height of title, legend and the axis above the rows.
const HEAD: f64 = 92.0;
/// Height of the axis below the rows, with its title.
const FOOT: f64 = 52.0;
/// Most parameters that are shown.
const MOST: usize = 60;
/// Widest the names get.
const NAMES: f64 = 330.0;
/// Most notes below the plot: the report has them all.
const NOTES: usize = 4;

/// Importances and correlations of a sweep's parameters as an SVG document.
#[must_use]
pub fn importance_svg(report: &SweepReport) -> String {
    importance(report, true)
}

/// The same; `alone` says that nothing beside it says how far to trust the figures.
pub(super) fn importance(report: &SweepReport, alone: bool) -> String {
    let metric = report.objective.map_or("the metric", |objective| objective.name);
    let title = format!("Importance for {metric}");
    let Some(analysis) = report.analysis.filter(|analysis| !analysis.parameters.is_empty()) else {
        return empty(&title, report.analysis);
    };
    let shown = &analysis.parameters[..analysis.told_apart().min(MOST)];
    let layout = ImportanceLayout::of(shown, analysis.has_forest());
    let caption = caption_lines(&sentences(analysis, shown.len(), alone));
    let bottom = HEAD + layout.rows_height();
    let mut canvas = Canvas::new(&title, bottom + FOOT + caption_height(&caption) + 14.0);
    canvas.legend(60.0, &legend());
    layout.draw_grid(&mut canvas);
    for (row, parameter) in shown.iter().enumerate() {
        layout.draw_name(&mut canvas, row, parameter);
        layout.draw_correlations(&mut canvas, row, parameter);
    }
    layout.draw_importances(&mut canvas, shown, analysis.has_forest());
    canvas.caption(bottom + FOOT + 12.0, &caption);
    canvas.finish()
}

fn empty(title: &str, analysis: Option<&Analysis>) -> String {
    let why = if analysis.is_some() {
        "There is no parameter to show."
    } else {
        "The parameters were not analysed."
    };
    let mut sentences = vec![why.to_owned()];
    sentences.extend(analysis.iter().flat_map(|analysis| [analysis.used_sentence()]));
    let caption = caption_lines(&sentences);
    let mut canvas = Canvas::new(title, 70.0 + caption_height(&caption));
    canvas.caption(62.0, &caption);
    canvas.finish()
}

fn legend() -> [(Ink, Swatch, String); 3] {
    [
        (BLUE, Swatch::Box, "Permutation importance ± standard error".to_owned()),
        (GREEN, Swatch::Box, "Pearson".to_owned()),
        (PURPLE, Swatch::Box, "Spearman, with 95 % intervals".to_owned()),
    ]
}

fn sentences(analysis: &Analysis, shown: usize, alone: bool) -> Vec<String> {
    let mut out = Vec::new();
    if alone {
        out.push(analysis.used_sentence());
        out.extend(analysis.trust_sentence());
    }
    if analysis.parameters.iter().any(|parameter| parameter.effect.is_clear()) {
        out.push("Bold name: its effect is clear.".to_owned());
    }
    if shown < analysis.parameters.len() {
        out.push(format!("{} others: no clear effect.", analysis.parameters.len() - shown));
    }
    let sentence = |note: &String| if note.ends_with('.') { note.clone() } else { format!("{note}.") };
    out.extend(analysis.notes.iter().take(if alone { NOTES } else { 0 }).map(sentence));
    out
}

/// One of the two panels.
#[derive(Debug)]
struct ImportancePanel {
    left: f64,
    right: f64,
    axis: PlotAxis,
    title: &'static str,
}

impl ImportancePanel {
    fn x(&self, value: f64) -> f64 {
        self.left + (self.right - self.left) * self.axis.share(value).clamp(0.0, 1.0)
    }
}

#[derive(Debug)]
struct ImportanceLayout {
    rows: usize,
    pitch: f64,
    names: f64,
    importance: ImportancePanel,
    correlation: ImportancePanel,
}

impl ImportanceLayout {
    fn of(shown: &[ParameterAnalysis], forest: bool) -> Self {
        let widest = shown.iter().map(|p| ems(&label(p))).fold(0.0, f64::max) * SMALL * BOLD;
        let names = widest.clamp(60.0, NAMES);
        let left = MARGIN + names + 12.0;
        let width = (WIDTH - MARGIN - left - 40.0) / 2.0;
        let ticks = [-1.0, -0.5, 0.0, 0.5, 1.0].map(|at| (at, format!("{at}")));
        let pitch = if shown.len() <= 12 {
            40.0
        } else if shown.len() <= 30 {
            30.0
        } else {
            24.0
        };
        Self {
            rows: shown.len(),
            pitch,
            names,
            importance: ImportancePanel {
                left,
                right: left + width,
                axis: importance_axis(shown, forest),
                title: "Drop in out-of-bag R² when it is shuffled",
            },
            correlation: ImportancePanel {
                left: left + width + 40.0,
                right: WIDTH - MARGIN,
                axis: PlotAxis { low: -1.0, high: 1.0, ticks: ticks.to_vec(), log: false },
                title: "Correlation with the metric",
            },
        }
    }

    fn rows_height(&self) -> f64 {
        self.rows as f64 * self.pitch
    }

    fn middle(&self, row: usize) -> f64 {
        HEAD + (row as f64 + 0.5) * self.pitch
    }

    /// Bands behind every second row, and both panels' grids with ticks above and below.
    fn draw_grid(&self, canvas: &mut Canvas) {
        let bottom = HEAD + self.rows_height();
        for row in (1..self.rows).step_by(2) {
            let top = HEAD + row as f64 * self.pitch;
            canvas.rect((MARGIN - 8.0, top), (WIDTH - 2.0 * MARGIN + 16.0, self.pitch), BAND);
        }
        for panel in [&self.importance, &self.correlation] {
            for (at, text) in &panel.axis.ticks {
                let x = panel.x(*at);
                canvas.line((x, HEAD), (x, bottom), 1.0, if *at == 0.0 { AXIS } else { GRID });
                canvas.text((x, bottom + 16.0), Anchor::Middle, Font::NOTE, text);
                if self.rows > 12 {
                    canvas.text((x, HEAD - 7.0), Anchor::Middle, Font::NOTE, text);
                }
            }
            if panel.axis.ticks.is_empty() {
                continue;
            }
            let middle = (panel.left + panel.right) / 2.0;
            canvas.text((middle, bottom + 36.0), Anchor::Middle, Font::NOTE, panel.title);
        }
    }

    fn draw_name(&self, canvas: &mut Canvas, row: usize, parameter: &ParameterAnalysis) {
        let font = Font { bold: parameter.effect.is_clear(), ..Font::LABEL };
        let name = shorten(&label(parameter), self.names, SMALL * BOLD);
        let at = (MARGIN + self.names, self.middle(row) + SMALL * 0.35);
        canvas.text(at, Anchor::End, font, &name);
    }

    fn draw_importances(&self, canvas: &mut Canvas, shown: &[ParameterAnalysis], forest: bool) {
        let panel = &self.importance;
        if !forest {
            let middle = HEAD + self.rows_height() / 2.0 + 4.0;
            let at = ((panel.left + panel.right) / 2.0, middle);
            canvas.text(at, Anchor::Middle, Font::NOTE, "no forest, so no importances");
            return;
        }
        let (mut bars, mut whiskers) = (String::new(), String::new());
        for (row, parameter) in shown.iter().enumerate() {
            let Some(estimate) = parameter.permutation.filter(|e| e.mean.is_finite() && e.se.is_finite())
            else {
                let at = (panel.x(0.0) + 8.0, self.middle(row) + 4.0);
                canvas.text(at, Anchor::Start, Font::NOTE, "–");
                continue;
            };
            self.bar(&mut bars, panel, row, Half::Both, estimate.mean);
            let ends = [estimate.mean - estimate.se, estimate.mean + estimate.se];
            self.whisker(&mut whiskers, panel, row, Half::Both, ends);
        }
        canvas.fill("permutation", &bars, BLUE);
        canvas.stroke("whiskers", &whiskers, 1.2, TEXT);
    }

    fn draw_correlations(&self, canvas: &mut Canvas, row: usize, parameter: &ParameterAnalysis) {
        let panel = &self.correlation;
        let pairs = [
            (parameter.pearson_shown(), Half::Upper, "pearson", GREEN),
            (parameter.spearman, Half::Lower, "spearman", PURPLE),
        ];
        let mut whiskers = String::new();
        for (correlation, half, class, ink) in pairs {
            let Some(correlation) = correlation.filter(|c| c.r.is_finite()) else { continue };
            let mut path = String::new();
            self.bar(&mut path, panel, row, half, correlation.r);
            canvas.fill(class, &path, ink);
            if let Some(ends) = correlation.interval.filter(|ends| ends.iter().all(|end| end.is_finite())) {
                self.whisker(&mut whiskers, panel, row, half, ends);
            }
        }
        canvas.stroke("whiskers", &whiskers, 1.2, TEXT);
        if parameter.pearson_shown().is_none() && parameter.spearman.is_none() {
            let eta = parameter.eta_squared_shown().filter(|eta| eta.is_finite());
            let words = eta.map_or("–".to_owned(), |eta| format!("–  eta² {eta:.2}"));
            canvas.text((panel.x(0.0) + 8.0, self.middle(row) + 4.0), Anchor::Start, Font::NOTE, &words);
        }
    }

    /// Adds a bar from zero to a path.
    fn bar(&self, path: &mut String, panel: &ImportancePanel, row: usize, half: Half, value: f64) {
        let (zero, end) = (panel.x(0.0), panel.x(value));
        let height = self.pitch * 0.3;
        let top = self.middle(row)
            + match half {
                Half::Upper => -height - 0.5,
                Half::Lower => 0.5,
                Half::Both => -height / 2.0,
            };
        let width = end - zero;
        let _ = write!(path, "M{zero:.1} {top:.1}h{width:.1}v{height:.1}h{:.1}z", -width);
    }

    /// Adds a line with two caps to a path.
    fn whisker(
        &self,
        path: &mut String,
        panel: &ImportancePanel,
        row: usize,
        half: Half,
        [low, high]: [f64; 2],
    ) {
        let (low, high) = (panel.x(low), panel.x(high));
        let height = self.pitch * 0.3;
        let y = self.middle(row)
            + match half {
                Half::Upper => -height / 2.0 - 0.5,
                Half::Lower => height / 2.0 + 0.5,
                Half::Both => 0.0,
            };
        let cap = height * 0.28;
        let _ = write!(
            path,
            "M{low:.1} {y:.1}H{high:.1}M{low:.1} {:.1}v{:.1}M{high:.1} {:.1}v{:.1}",
            y - cap,
            2.0 * cap,
            y - cap,
            2.0 * cap
        );
    }
}

/// How much broader bold text is.
const BOLD: f64 = 1.08;

/// The bar above or below the middle of a row, or on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Upper,
    Lower,
    Both,
}

fn label(parameter: &ParameterAnalysis) -> String {
    let log = if parameter.log { " (log)" } else { "" };
    format!("{}{log}", clean(&parameter.name))
}

fn importance_axis(shown: &[ParameterAnalysis], forest: bool) -> PlotAxis {
    let estimates = shown.iter().filter_map(|p| p.permutation).flat_map(|e| [e.mean - e.se, e.mean + e.se]);
    let (low, high) = estimates
        .filter(|value| forest && value.is_finite())
        .fold((0.0, 0.0), |(low, high): (f64, f64), value| (low.min(value), high.max(value)));
    if high <= 0.0 && low >= 0.0 {
        return PlotAxis { low: 0.0, high: 1.0, ticks: Vec::new(), log: false };
    }
    let air = (high - low) * 0.04;
    PlotAxis::round(if low < 0.0 { low - air } else { 0.0 }, high + air, 5)
}
