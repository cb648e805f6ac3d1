//! Which columns a table has space for, and how wide each is.

use super::super::table::{Drawing, natural_widths};
use super::cell::SheetCell;
use super::column::SheetColumn;

/// A text is not made narrower than this before columns go.
const NARROW: usize = 16;
/// A text is made no narrower than this.
const LEAST: usize = 8;
/// So much of an id distinguishes it from others.
const SHORT_ID: usize = 8;

/// The columns that are shown.
pub(super) struct Layout {
    /// Their places, in order.
    pub(super) kept: Vec<usize>,
    /// Width of each column of the sheet, of those that are left out, too.
    pub(super) widths: Vec<usize>,
    /// Places of those for which there was no space, in the order in which they went.
    pub(super) left_out: Vec<usize>,
}

/// A sheet that is to be laid out.
pub(super) struct Content<'a> {
    pub(super) columns: &'a [SheetColumn],
    pub(super) rows: &'a [Vec<SheetCell>],
    pub(super) header: &'a [String],
}

impl Content<'_> {
    /// Fits the columns at `kept` into `limit` columns of the terminal: ids are cut to their beginning first, then long texts
    /// give way, then columns. `cells` are the rows as they are shown; ids are cut there.
    pub(super) fn fit(
        &self,
        mut kept: Vec<usize>,
        cells: &mut [Vec<String>],
        drawing: Drawing,
        limit: usize,
    ) -> Layout {
        let mut widths = natural_widths(self.header, cells);
        let width_of = |kept: &[usize], widths: &[usize]| {
            drawing.width(&kept.iter().map(|at| widths[*at]).collect::<Vec<_>>())
        };
        if width_of(&kept, &widths) > limit {
            self.cut_ids(cells);
            widths = natural_widths(self.header, cells);
        }
        let shrinks: Vec<bool> = (0..self.columns.len()).map(|at| self.may_shrink(at)).collect();
        let least: Vec<usize> = widths
            .iter()
            .zip(&shrinks)
            .map(|(width, shrinks)| if *shrinks { (*width).min(NARROW) } else { *width })
            .collect();
        let mut left_out = Vec::new();
        while width_of(&kept, &least) > limit {
            let Some(place) = self.first_to_go(&kept) else { break };
            left_out.push(kept.remove(place));
        }
        // The widest texts give way first.
        while width_of(&kept, &widths) > limit {
            let shrinkable = kept.iter().copied().filter(|at| shrinks[*at]);
            match shrinkable.max_by_key(|at| widths[*at]).filter(|at| widths[*at] > LEAST) {
                Some(at) => widths[at] -= 1,
                None => break,
            }
        }
        Layout { kept, widths, left_out }
    }

    fn cut_ids(&self, cells: &mut [Vec<String>]) {
        for (row, cells) in self.rows.iter().zip(cells.iter_mut()) {
            for (cell, text) in row.iter().zip(cells) {
                if matches!(cell, SheetCell::Id(_)) {
                    // By characters: what stands for an id may be any client's text.
                    *text = text.chars().take(SHORT_ID).collect();
                }
            }
        }
    }

    /// The place among the kept columns of the one that goes first; among equals the last.
    fn first_to_go(&self, kept: &[usize]) -> Option<usize> {
        let ranked = kept.iter().enumerate().filter(|(_, at)| self.columns[**at].rank > 0);
        ranked
            .max_by_key(|(place, at)| (self.columns[**at].rank, self.columns[**at].place, *place))
            .map(|(place, _)| place)
    }

    fn may_shrink(&self, at: usize) -> bool {
        self.rows.iter().all(|row| {
            matches!(row[at], SheetCell::Text(_) | SheetCell::Empty)
                || matches!(&row[at], SheetCell::Value(value) if value.as_f64().is_none())
        })
    }
}
