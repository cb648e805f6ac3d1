//! What a confirmation has shown, in words.

use crate::evidence::{ConfirmationEnd, FIRST_LOOK};
use crate::query::Confirmation;
use crate::ui::words;

/// `Best loss: 0.2711 in trial 12 (mean of 7 new runs)`, where a run has given a number.
pub fn confirmed_headline(shown: &Confirmation, metric: &str) -> String {
    let named = shown.verdict.best.and_then(|place| Some((place, shown.mean(place)?)));
    let Some((place, mean)) = named else { return format!("Not confirmed: no new run has given a {metric}") };
    let runs = words::count(shown.points[place].candidate.values.len() as u64, "new run");
    let trial = shown.points[place].trial;
    format!("Best {metric}: {} in trial {trial} (mean of {runs})", words::number(mean))
}

/// What may be said of it, a sentence each.
pub fn confirmed_sentences(shown: &Confirmation) -> Vec<String> {
    let mut sentences = Vec::new();
    sentences.extend(certainty(shown));
    sentences.extend(shrinkage(shown));
    sentences.extend(noise(shown));
    sentences.push(progress(shown));
    sentences
}

/// How sure the best is, and which others may be it.
fn certainty(shown: &Confirmation) -> Option<String> {
    let place = shown.verdict.best?;
    let best = &shown.points[place];
    let sure = words::figures(100.0 * shown.verdict.candidates[place].best, 2);
    let others: Vec<String> = shown
        .may_be_best()
        .into_iter()
        .filter(|trial| *trial != best.trial)
        .map(|trial| trial.to_string())
        .collect();
    let set = match others.as_slice() {
        [] => "the others are worse (at 95 %)".to_owned(),
        others => format!("not told apart from it (at 95 %): trial {}", others.join(", ")),
    };
    Some(format!(
        "Trial {} is the best of these {} with probability {sure} %; {set}.",
        best.trial,
        shown.points.len()
    ))
}

/// How much better the search had shown the best than it is.
fn shrinkage(shown: &Confirmation) -> Option<String> {
    let place = shown.verdict.best?;
    let (mean, searched) = (shown.mean(place)?, shown.points[place].searched);
    #[allow(clippy::float_cmp)]
    if mean == searched {
        return None;
    }
    let apart = words::figures((mean - searched).abs(), 2);
    let searched_words = words::number(searched);
    Some(if shown.goal.better(searched, mean) {
        format!(
            "The search had shown {searched_words} for it: {apart} too good. A value that was chosen for being the best is."
        )
    } else {
        format!("The search had shown {searched_words} for it: {apart} too bad.")
    })
}

fn noise(shown: &Confirmation) -> Option<String> {
    if shown.stopped == Some(ConfirmationEnd::NoNoise) {
        return None;
    }
    let noise = words::figures(shown.verdict.noise?, 2);
    Some(format!("Two runs of one point differ by a standard deviation of {noise} (the noise)."))
}

fn progress(shown: &Confirmation) -> String {
    let (spent, budget) = (words::count(shown.spent, "run"), shown.plan.budget);
    match shown.stopped {
        Some(ConfirmationEnd::Budget) => {
            format!("All {} were made; --budget N allows more.", words::count(budget, "run"))
        }
        Some(ConfirmationEnd::NoNoise) => format!(
            "Stopped after {spent}: all {} gave exactly what the search had seen. The command ignores SWEEP_TRIAL_SEED, or has no \
             noise: nothing is left to confirm.",
            if shown.spent == FIRST_LOOK as u64 { "of them" } else { "new runs" }
        ),
        Some(ConfirmationEnd::Decided) => {
            format!("Stopped after {spent} of {budget}: nothing is left to decide.")
        }
        Some(ConfirmationEnd::NothingRuns) => {
            format!(
                "Stopped after {spent}: no run has given a number. `sweep logs RUN` shows what they printed."
            )
        }
        None => format!("{spent} of {budget} so far; `sweep confirm` continues."),
    }
}
