//! The note of a sweep's parent run, as far as agents write it: one line, which MLflow's pages show without unfolding.

use super::live::{SweepView, value_text};
use crate::space::{Point, Value};
use crate::tracking::ExperimentId;

/// Stands before what `sweep` writes into the note. A comment, so that no page shows it.
pub const NOTE_MARK: &str = "<!-- sweep: `sweep finalize` wrote what follows and replaces it -->";

/// `Best loss 0.9017 in trial 3 – 12 of 12 trials`, with a link to the run.
#[must_use]
pub fn headline(
    view: &SweepView,
    metric: Option<&str>,
    limit: Option<u64>,
    experiment: &ExperimentId,
) -> String {
    let mut trials = match limit {
        Some(limit) => format!("{} of {limit} trials", view.done),
        None => format!("{} trials", view.done),
    };
    for (count, word) in [(view.running, "running"), (view.failed, "failed")] {
        if count > 0 {
            trials += &format!(", {count} {word}");
        }
    }
    match (&view.best, metric) {
        (Some(best), Some(metric)) => format!(
            "Best {} {} in [trial {}](#/experiments/{experiment}/runs/{}) – {trials}",
            plain(metric),
            value_text(best.value),
            best.trial,
            best.run
        ),
        (None, Some(metric)) => format!("No value of {} yet – {trials}", plain(metric)),
        (_, None) => trials,
    }
}

/// The note with another headline: what a person wrote before it stays, and what `sweep finalize` wrote after it.
#[must_use]
pub fn with_headline(before: Option<&str>, headline: &str) -> String {
    let before = before.unwrap_or_default();
    let (kept, written) = before.split_once(NOTE_MARK).unwrap_or((before, ""));
    let kept = kept.trim_end();
    let head = if kept.is_empty() { format!("{NOTE_MARK}\n") } else { format!("{kept}\n\n{NOTE_MARK}\n") };
    let written = written.trim_start();
    let rest = match written.split_once("\n\n") {
        _ if written.starts_with('#') => written,
        Some((_, rest)) => rest,
        None => "",
    };
    if rest.is_empty() { format!("{head}{headline}\n") } else { format!("{head}{headline}\n\n{rest}") }
}

/// Text that Markdown reads as nothing but text.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A number to so many figures, as short as they can be written.
pub(super) fn figures(value: f64, figures: usize) -> String {
    let rounded: f64 = format!("{value:.*e}", figures.saturating_sub(1)).parse().unwrap_or(value);
    let text = Value::Float(rounded).text();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// `lr=0.0016 depth=4`: a point in at most so many characters, whole params only.
#[must_use]
pub fn params_text(point: &Point, room: usize) -> String {
    let mut out = String::new();
    for (name, value) in point.leaves() {
        let text = match value {
            Value::Float(float) => figures(*float, 4),
            other => other.text(),
        };
        let pair: String =
            format!("{name}={text}").chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let gap = if out.is_empty() { "" } else { " " };
        if out.chars().count() + gap.len() + pair.chars().count() > room {
            break;
        }
        out += gap;
        out += &pair;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::BestTrial;
    use crate::tracking::RunId;
    use crate::trial::TrialIndex;

    #[test]
    fn the_headline_names_the_best_trial_and_how_far_the_sweep_is() {
        let best = BestTrial {
            trial: TrialIndex(3),
            run: RunId("abc".into()),
            value: 0.901_741_234,
            params: String::new(),
        };
        let view = SweepView { done: 8, failed: 1, running: 2, best: Some(best) };
        let experiment = ExperimentId("1".into());
        assert_eq!(
            headline(&view, Some("val_loss"), Some(12), &experiment),
            "Best val\\_loss 0.901741 in [trial 3](#/experiments/1/runs/abc) – 8 of 12 trials, 2 running, 1 failed"
        );
        let none = SweepView::default();
        assert_eq!(headline(&none, Some("loss"), None, &experiment), "No value of loss yet – 0 trials");
    }

    #[test]
    fn a_new_headline_leaves_what_people_wrote_and_what_finalize_wrote() {
        let first = with_headline(Some("mine"), "Best 1");
        assert_eq!(first, format!("mine\n\n{NOTE_MARK}\nBest 1\n"));
        assert_eq!(with_headline(Some(&first), "Best 2"), format!("mine\n\n{NOTE_MARK}\nBest 2\n"));
        let finalized = format!("{NOTE_MARK}\nBest 2\n\n### Which\n\ntable\n");
        assert_eq!(
            with_headline(Some(&finalized), "Best 3"),
            format!("{NOTE_MARK}\nBest 3\n\n### Which\n\ntable\n")
        );
        // As an older version wrote it.
        let older = format!("{NOTE_MARK}\n### Which\n\ntable\n");
        assert_eq!(with_headline(Some(&older), "Best"), format!("{NOTE_MARK}\nBest\n\n### Which\n\ntable\n"));
    }

    #[test]
    fn a_point_is_cut_between_two_params() {
        let point = Point(vec![("depth".into(), Value::Int(4)), ("lr".into(), Value::Float(0.001_634_567))]);
        assert_eq!(params_text(&point, 80), "depth=4 lr=0.001635");
        assert_eq!(params_text(&point, 10), "depth=4");
        assert_eq!([2.0, 0.1 + 0.2, -1.5e-9].map(|value| figures(value, 6)), ["2", "0.3", "-1.5e-09"]);
    }
}
