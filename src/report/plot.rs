//! A plot as it leaves its file: the drawing and the places of its marks.

use super::model::SweepReport;
use super::svg;

/// A plot, and where each trial lies in it: for the tooltips of the HTML report.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    pub(super) svg: String,
    /// One per trial of the report; `None`: it has no mark.
    pub(super) marks: Vec<Option<MarkBox>>,
}

impl Plot {
    /// A title and a sentence, where there is nothing to draw.
    pub(super) fn without_marks(report: &SweepReport, title: &str, sentence: &str) -> Self {
        let caption = svg::caption_lines(&[sentence.to_owned()]);
        let mut canvas = svg::Canvas::new(title, 76.0);
        canvas.caption(58.0, &caption);
        Self { svg: canvas.finish(), marks: vec![None; report.trials.len()] }
    }
}

/// The box of a trial's mark, in the plot's units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct MarkBox {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}
