//! The table at the end of a sweep: which parameters mattered, and how far to believe it.

use itertools::Itertools as _;

use super::text::{display_width, shorten, wrap};
use super::{Drawing, natural_widths, printable, table_width};
use crate::analysis::{Analysis, Correlation, ParameterAnalysis};
use crate::ui::{UNLIMITED, Ui};

/// A name is cut below this only where columns can't go any more.
const GOOD_NAME: usize = 24;
/// The narrowest a name is made: the header's own width.
const MIN_NAME: usize = 9;

/// The importance table of a sweep, with its title above and what to make of it below, ending in a newline.
///
/// It fits into the columns of the terminal where that can be had: the intervals go first, then headings are broken in
/// two and shortened, then correlations go; names are cut last. Colour adds ANSI styles and changes nothing else.
#[must_use]
pub fn importance_table(ui: &Ui, analysis: &Analysis, metric_name: &str) -> String {
    let (width, color) = (ui.width, ui.color_out);
    let mut out = String::new();
    let title = format!("Feature Importance and Correlation for {}", printable(metric_name));
    let (layout, table) =
        if analysis.parameters.is_empty() { (Layout::NARROWEST, String::new()) } else { fit(ui, analysis) };
    let span = table.lines().next().map_or(0, display_width).max(display_width(&title).min(width));
    for line in wrap(&title, span.max(1)) {
        let indent = (span - display_width(&line).min(span)) / 2;
        out.push_str(&" ".repeat(indent));
        out.push_str(&styled(&line, "3", color));
        out.push('\n');
    }
    let boxes = ui.drawing == Drawing::Boxes;
    for (number, line) in table.lines().enumerate() {
        out.push_str(&if color && boxes {
            colored(line, number, layout.header_lines())
        } else {
            line.to_owned()
        });
        out.push('\n');
    }
    let variance = variance(ui, analysis);
    for (bullet, sentence) in sentences(analysis, layout) {
        for (number, line) in wrap(&sentence, width.saturating_sub(bullet.len()).max(1)).iter().enumerate() {
            let lead = if number == 0 { bullet.to_owned() } else { " ".repeat(bullet.len()) };
            out.push_str(&format!("{lead}{line}\n"));
        }
    }
    out + &variance
}

/// The shares of the variance by the Gaussian process, the largest first; nothing where there are none.
fn variance(ui: &Ui, analysis: &Analysis) -> String {
    /// A name is cut beyond this: the figures need 42 columns.
    const NAME: usize = 28;
    let Some(shares) = &analysis.variance else { return String::new() };
    let header = ["Parameter", "Alone", "With interactions"].map(str::to_owned);
    let rows = shares.parameters.iter().map(|parameter| {
        let name = shorten(&printable(&parameter.name), NAME);
        vec![name, parameter.first.words(), parameter.total.words()]
    });
    let table = ui.drawing.draw(&header, &rows.collect::<Vec<_>>(), &[]);
    let mut out = String::new();
    for line in wrap(&shares.heading(), ui.width.max(1)) {
        out.push_str(&format!("{line}\n"));
    }
    out.push_str(table.trim_end());
    out.push('\n');
    for line in shares.pairs_sentence().iter().flat_map(|pairs| wrap(&printable(pairs), ui.width.max(1))) {
        out.push_str(&format!("{line}\n"));
    }
    out
}

/// What a table shows in the space it has.
#[derive(Debug, Clone, Copy)]
struct Layout {
    intervals: bool,
    headings: Headings,
    pearson: bool,
    spearman: bool,
}

/// How columns are headed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Headings {
    OneLine,
    TwoLines,
    Short,
}

impl Layout {
    const FULL: Self = Self { intervals: true, headings: Headings::OneLine, pearson: true, spearman: true };
    const NARROWEST: Self =
        Self { intervals: false, headings: Headings::Short, pearson: false, spearman: false };

    /// From the most to the least that can be shown.
    const ALL: [Self; 6] = [
        Self::FULL,
        Self { intervals: false, ..Self::FULL },
        Self { intervals: false, headings: Headings::TwoLines, ..Self::FULL },
        Self { intervals: false, headings: Headings::Short, ..Self::FULL },
        Self { pearson: true, ..Self::NARROWEST },
        Self::NARROWEST,
    ];

    fn header_lines(self) -> usize {
        if self.headings == Headings::TwoLines { 2 } else { 1 }
    }
}

/// The first layout that fits with names that are whole, or long enough to be distinguished.
fn fit(ui: &Ui, analysis: &Analysis) -> (Layout, String) {
    let width = if ui.drawing == Drawing::Markdown { UNLIMITED } else { ui.width };
    let fits = |layout: &&Layout| {
        let (over, name) = overshoot(analysis, **layout, width);
        over <= name.saturating_sub(GOOD_NAME)
    };
    // All columns with names that are whole come before names that are cut.
    let whole = Layout::ALL.iter().take(4).find(|layout| overshoot(analysis, **layout, width).0 == 0);
    let layout =
        whole.or_else(|| Layout::ALL.iter().skip(3).find(fits)).copied().unwrap_or(Layout::NARROWEST);
    let (over, name) = overshoot(analysis, layout, width);
    let (header, mut rows) = cells(analysis, layout);
    for row in &mut rows {
        if let Some(cell) = row.first_mut() {
            *cell = shorten(cell, name.saturating_sub(over).max(MIN_NAME));
        }
    }
    (layout, ui.drawing.draw(&header, &rows, &[1, 2]))
}

/// By how much a layout is too wide, and how wide its names are.
fn overshoot(analysis: &Analysis, layout: Layout, width: usize) -> (usize, usize) {
    let (header, rows) = cells(analysis, layout);
    let widths = natural_widths(&header, &rows);
    (table_width(&widths).saturating_sub(width), widths.first().copied().unwrap_or(0))
}

fn cells(analysis: &Analysis, layout: Layout) -> (Vec<String>, Vec<Vec<String>>) {
    let [importance, permutation, pearson, spearman, evidence] = match layout.headings {
        Headings::OneLine => ["Importance", "Permutation Importance", "Pearson", "Spearman", "Evidence"],
        Headings::TwoLines => ["Importance", "Permutation\nImportance", "Pearson", "Spearman", "Evidence"],
        Headings::Short => ["Imp.", "Perm.", "Pears.", "Spear.", "Clear"],
    };
    let mut header = vec!["Parameter", importance, permutation];
    header.extend(layout.pearson.then_some(pearson));
    header.extend(layout.spearman.then_some(spearman));
    header.push(evidence);
    let rows = analysis.parameters.iter().map(|parameter| row(parameter, analysis.has_forest(), layout));
    (header.into_iter().map(str::to_owned).collect(), rows.collect())
}

fn row(parameter: &ParameterAnalysis, forest: bool, layout: Layout) -> Vec<String> {
    let log = if parameter.log { " (log)" } else { "" };
    let importance = parameter.importance.filter(|x| forest && x.is_finite()).map_or_else(dash, unsigned);
    let permutation = parameter
        .permutation
        .filter(|estimate| forest && estimate.mean.is_finite())
        .map_or_else(dash, |estimate| format!("{} ± {}", unsigned(estimate.mean), unsigned(estimate.se)));
    let pearson = match (parameter.eta_squared_shown(), layout.intervals) {
        (Some(eta), true) if parameter.pearson.is_none() => format!("–  eta² {eta:.2}"),
        _ => correlation(parameter.pearson_shown().as_ref(), layout),
    };
    let mut row = vec![format!("{}{log}", printable(&parameter.name)), importance, permutation];
    row.extend(layout.pearson.then_some(pearson));
    row.extend(layout.spearman.then(|| correlation(parameter.spearman.as_ref(), layout)));
    row.push(parameter.effect.word().to_owned());
    row
}

fn dash() -> String {
    "–".to_owned()
}

fn unsigned(x: f64) -> String {
    format!("{:.2}", no_minus_zero(x))
}

fn signed(x: f64) -> String {
    format!("{:+.2}", no_minus_zero(x))
}

/// The number, or zero where two decimals would leave a minus before zeros.
fn no_minus_zero(x: f64) -> f64 {
    if x.abs() < 0.005 { 0.0 } else { x }
}

fn correlation(correlation: Option<&Correlation>, layout: Layout) -> String {
    match correlation.filter(|correlation| correlation.r.is_finite()) {
        None => dash(),
        Some(Correlation { r, interval: Some([low, high]), .. }) if layout.intervals => {
            format!("{} [{}, {}]", signed(*r), signed(*low), signed(*high))
        }
        Some(Correlation { r, .. }) => signed(*r),
    }
}

/// What stands below the table: each sentence with the mark before it.
fn sentences(analysis: &Analysis, layout: Layout) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    let eta: Vec<String> = analysis
        .parameters
        .iter()
        .filter_map(|parameter| {
            parameter.eta_squared.map(|eta| format!("{} {eta:.2}", printable(&parameter.name)))
        })
        .collect();
    if !layout.intervals && !eta.is_empty() {
        out.push((
            "",
            format!("eta² (share of the metric's variance between categories): {}.", eta.join(", ")),
        ));
    }
    let used = [Some(analysis.used_sentence()), analysis.trust_sentence()];
    out.push(("", used.into_iter().flatten().join(" ")));
    out.extend(analysis.notes.iter().map(|note| ("- ", printable(note))));
    out
}

/// Wraps a text into an ANSI style.
fn styled(text: &str, style: &str, color: bool) -> String {
    if color { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Adds styles to a line of a drawn table: a bold header, a green "yes" in the last cell.
///
/// It is done afterwards, because the escapes would count as width while the table is laid out.
fn colored(line: &str, number: usize, header_lines: usize) -> String {
    if (1..=header_lines).contains(&number) {
        let mut cells =
            line.split('┃').map(|cell| if cell.is_empty() { String::new() } else { styled(cell, "1", true) });
        return cells.join("┃");
    }
    match line.rsplit_once("│ yes ") {
        Some((before, after)) if after.trim() == "│" => {
            format!("{before}│ {} {after}", styled("yes", "32", true))
        }
        _ => line.to_owned(),
    }
}
