//! The frame of a plot: axes, grid and their words, drawn by plotters.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter};
use plotters::prelude::*;

use super::palette::{AXIS, GRID, Ink, MUTED};
use super::scale::PlotAxis;
use super::svg::{SMALL, WIDTH};

/// Plotters writes a font size of 1/1.24 of what it is given.
const FONT: f64 = SMALL * 1.24;

/// What a frame is to look like.
#[derive(Debug)]
pub(super) struct FrameSpec<'a> {
    pub(super) x: &'a PlotAxis,
    pub(super) y: &'a PlotAxis,
    /// What the axes show; empty: nothing is said.
    pub(super) titles: (&'a str, &'a str),
    /// Space for the labels of the vertical axis.
    pub(super) left: u32,
    /// Where the frame begins and how high it is, labels of the horizontal axis included.
    pub(super) top: u32,
    pub(super) height: u32,
    /// Whether there are lines across at the vertical axis' ticks.
    pub(super) lines_across: bool,
}

/// A drawn frame: its markup, and where its plotting area lies.
#[derive(Debug)]
pub(super) struct DrawnFrame {
    pub(super) markup: String,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    x: PlotAxis,
    y: PlotAxis,
}

impl DrawnFrame {
    /// Draws the frame. A frame that plotters refuses is an empty one: the marks are still right.
    pub(super) fn draw(spec: &FrameSpec) -> Self {
        let mut page = String::new();
        let area = draw(&mut page, spec).unwrap_or_else(|_| {
            let bottom = (spec.top + spec.height).saturating_sub(48);
            (spec.left as i32..WIDTH as i32 - 24, spec.top as i32..bottom as i32)
        });
        let inner = page.find('>').zip(page.rfind("</svg>")).and_then(|(from, to)| page.get(from + 1..to));
        Self {
            markup: inner.unwrap_or("").trim().to_owned(),
            left: f64::from(area.0.start),
            right: f64::from(area.0.end),
            top: f64::from(area.1.start),
            bottom: f64::from(area.1.end),
            x: spec.x.clone(),
            y: spec.y.clone(),
        }
    }

    /// Where a value lies across, kept inside the plotting area.
    pub(super) fn x(&self, value: f64) -> f64 {
        self.left + (self.right - self.left) * self.x.share(value).clamp(0.0, 1.0)
    }

    /// Where a value lies in height, kept inside the plotting area.
    pub(super) fn y(&self, value: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * self.y.share(value).clamp(0.0, 1.0)
    }

    /// Whether a value is on the vertical axis.
    pub(super) fn holds_y(&self, value: f64) -> bool {
        (0.0..=1.0).contains(&self.y.share(value))
    }
}

type PixelArea = (Range<i32>, Range<i32>);

fn draw(page: &mut String, spec: &FrameSpec) -> Result<PixelArea, Box<dyn std::error::Error>> {
    let size = (WIDTH as u32, spec.top + spec.height);
    let root = SVGBackend::with_string(page, size).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin_top(spec.top)
        .margin_left(14)
        .margin_right(28)
        .x_label_area_size(48)
        .y_label_area_size(spec.left.saturating_sub(14))
        .build_cartesian_2d(Ticked(spec.x.clone()), Ticked(spec.y.clone()))?;
    let mut mesh = chart.configure_mesh();
    let words = ("sans-serif", FONT).into_font().color(&color(MUTED));
    mesh.max_light_lines(0)
        .light_line_style(TRANSPARENT)
        .bold_line_style(color(GRID))
        .axis_style(color(AXIS))
        .label_style(words.clone())
        .axis_desc_style(words)
        .x_desc(spec.titles.0)
        .y_desc(spec.titles.1)
        .set_all_tick_mark_size(4);
    if !spec.lines_across {
        mesh.disable_y_mesh();
    }
    mesh.draw()?;
    let pixels = chart.plotting_area().get_pixel_range();
    drop(chart);
    root.present()?;
    drop(root);
    Ok(pixels)
}

fn color(ink: Ink) -> RGBColor {
    let (red, green, blue) = ink.rgb();
    RGBColor(red, green, blue)
}

impl PlotAxis {
    fn label(&self, at: f64) -> String {
        self.ticks.iter().find(|(tick, _)| *tick == at).map_or_else(String::new, |(_, text)| text.clone())
    }
}

/// An axis as plotters wants it, with our ticks instead of its own.
struct Ticked(PlotAxis);

impl Ranged for Ticked {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let length = f64::from(limit.1) - f64::from(limit.0);
        limit.0 + (length * self.0.share_of_own(*value)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.0.ticks.iter().map(|(at, _)| *at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.0.low..self.0.high
    }
}

impl ValueFormatter<f64> for Ticked {
    fn format_ext(&self, at: &f64) -> String {
        self.0.label(*at)
    }
}
