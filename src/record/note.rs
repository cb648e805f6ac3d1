//! The note of a sweep's parent run, as far as agents write it: one line, which MLflow's pages show without unfolding.

use super::params_text::figures;
use super::sweep_view::SweepView;
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

/// `0.9017`: a value as the note has it.
fn value_text(value: f64) -> String {
    figures(value, 6)
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
}
