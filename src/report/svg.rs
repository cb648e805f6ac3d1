//! A small writer of SVG: what plotters cannot carry.
//!
//! Plotters writes one element a mark, at whole pixels, and has no say in where text breaks. Here marks of
//! one colour share one path, coordinates keep a decimal, and legends and captions are laid out by the
//! estimated width of their words. Text is cleaned and escaped here and nowhere else.

use std::fmt::Write;

use super::palette::{Ink, MUTED, PAPER, TEXT};
use super::text::{clean, ems, escape, wrap};

/// Width of every plot.
pub(super) const WIDTH: f64 = 960.0;

/// Left and right margin of titles and captions.
pub(super) const MARGIN: f64 = 24.0;

/// Font size of captions and legends.
pub(super) const SMALL: f64 = 12.0;

/// Where a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Font {
    pub(super) size: f64,
    pub(super) ink: Ink,
    pub(super) bold: bool,
}

impl Font {
    pub(super) const TITLE: Self = Self { size: 17.0, ink: TEXT, bold: true };
    pub(super) const LABEL: Self = Self { size: SMALL, ink: TEXT, bold: false };
    pub(super) const NOTE: Self = Self { size: SMALL, ink: MUTED, bold: false };
}

/// An SVG document under construction.
#[derive(Debug)]
pub(super) struct Canvas {
    body: String,
    height: f64,
    label: String,
}

impl Canvas {
    /// An empty white page with a title at its top.
    pub(super) fn new(title: &str, height: f64) -> Self {
        let mut canvas = Self { body: String::new(), height, label: escape(title) };
        canvas.rect((0.0, 0.0), (WIDTH, height), PAPER);
        let font = Font::TITLE;
        let title = super::text::shorten(&clean(title), WIDTH - 2.0 * MARGIN, font.size * 1.08);
        canvas.text((MARGIN, 32.0), Anchor::Start, font, &title);
        canvas
    }

    /// Adds markup that is known to be good.
    pub(super) fn raw(&mut self, markup: &str) {
        self.body.push_str(markup);
        self.body.push('\n');
    }

    /// A line of text with its baseline at `y`.
    pub(super) fn text(&mut self, at: (f64, f64), anchor: Anchor, font: Font, text: &str) {
        self.write(at, anchor, font, "", text);
    }

    /// The same with a rim of the page's colour, to be read on top of lines.
    pub(super) fn rimmed_text(&mut self, at: (f64, f64), anchor: Anchor, font: Font, text: &str) {
        let rim = format!(
            " stroke=\"{PAPER}\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\""
        );
        self.write(at, anchor, font, &rim, text);
    }

    fn write(&mut self, (x, y): (f64, f64), anchor: Anchor, font: Font, rim: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if font.bold { " font-weight=\"bold\"" } else { "" };
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{}\"{weight}{rim} fill=\"{}\">{}</text>",
            font.size,
            font.ink,
            escape(text)
        );
    }

    /// A filled box.
    pub(super) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), ink: Ink) {
        let _ = writeln!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{ink}\"/>"
        );
    }

    /// A straight line.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), width: f64, ink: Ink) {
        let _ = writeln!(
            self.body,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke-width=\"{width}\" stroke=\"{ink}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    /// A filled shape; `class` distinguishes plots' parts.
    pub(super) fn fill(&mut self, class: &str, path: &str, ink: Ink) {
        if !path.is_empty() {
            let _ = writeln!(self.body, "<path class=\"{class}\" fill=\"{ink}\" d=\"{path}\"/>");
        }
    }

    /// A stroked line; `class` distinguishes plots' parts.
    pub(super) fn stroke(&mut self, class: &str, path: &str, width: f64, ink: Ink) {
        if !path.is_empty() {
            let _ = writeln!(
                self.body,
                "<path class=\"{class}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"{width}\" \
                 stroke-linecap=\"round\" stroke-linejoin=\"round\" d=\"{path}\"/>"
            );
        }
    }

    /// The same, less transparent where few are drawn: where many lie on one another it is darker.
    pub(super) fn stroke_soft(&mut self, class: &str, path: &str, width: f64, ink: Ink, drawn: usize) {
        self.stroke_faint(class, path, width, ink, if drawn <= 100 { 0.85 } else { 0.5 });
    }

    /// The same with an opacity from 0 to 1.
    pub(super) fn stroke_faint(&mut self, class: &str, path: &str, width: f64, ink: Ink, opacity: f64) {
        if !path.is_empty() {
            let _ = writeln!(
                self.body,
                "<path class=\"{class}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"{width:.1}\" \
                 stroke-opacity=\"{opacity:.2}\" stroke-linecap=\"round\" stroke-linejoin=\"round\" d=\"{path}\"/>"
            );
        }
    }

    /// Nothing to see: a text that a pointer finds at a place.
    pub(super) fn hover(&mut self, (x, y): (f64, f64), radius: f64, text: &str) {
        let _ = writeln!(
            self.body,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{PAPER}\" fill-opacity=\"0\"><title>{}</title></circle>",
            escape(&clean(text))
        );
    }

    /// A row of swatches with their words, from the left margin, with the words' baseline at `y`.
    pub(super) fn legend(&mut self, y: f64, entries: &[(Ink, Swatch, String)]) {
        let mut x = MARGIN;
        for (ink, swatch, words) in entries {
            let middle = y - SMALL * 0.36;
            match swatch {
                Swatch::Box => self.rect((x, middle - 5.0), (14.0, 10.0), *ink),
                Swatch::Dot => {
                    self.stroke("swatch", &format!("M{:.1} {middle:.1}h0", x + 7.0), 9.0, *ink);
                }
                Swatch::Line => self.line((x, middle), (x + 14.0, middle), 2.0, *ink),
            }
            self.text((x + 20.0, y), Anchor::Start, Font::LABEL, words);
            // Swatches without words are the steps of one scale.
            x += if words.is_empty() { 14.0 } else { 20.0 + ems(words) * SMALL + 22.0 };
        }
    }

    /// The lines of a caption, from the left margin, the first baseline at `y`.
    pub(super) fn caption(&mut self, y: f64, lines: &[String]) {
        for (i, line) in lines.iter().enumerate() {
            self.text((MARGIN, y + i as f64 * 17.0), Anchor::Start, Font::NOTE, line);
        }
    }

    /// The whole document.
    pub(super) fn finish(self) -> String {
        let Self { body, height, label } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"{label}\" \
             font-family=\"sans-serif\">\n{body}</svg>\n"
        )
    }
}

/// What stands before a legend's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swatch {
    Box,
    Dot,
    Line,
}

/// Sentences as the lines of a caption that spans the page.
pub(super) fn caption_lines(sentences: &[String]) -> Vec<String> {
    wrap(&clean(&sentences.join(" ")), WIDTH - 2.0 * MARGIN, SMALL)
}

/// Height that so many lines of caption take.
pub(super) fn caption_height(lines: &[String]) -> f64 {
    lines.len() as f64 * 17.0
}
