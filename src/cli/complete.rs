//! What a person may be about to type: sweeps, trials and models are looked up.

use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use crate::commands::{Setting, candidates};
use crate::ui::Ui;

/// Completes the id of a sweep.
pub(super) fn sweeps() -> ArgValueCandidates {
    ArgValueCandidates::new(|| found(candidates::sweeps))
}

/// Completes the number of a trial of the latest sweep.
pub(super) fn trials() -> ArgValueCandidates {
    ArgValueCandidates::new(|| found(candidates::trials))
}

/// Completes the name of a registered model.
pub(super) fn models() -> ArgValueCandidates {
    ArgValueCandidates::new(|| found(candidates::models))
}

fn found(look: fn(&Setting) -> Vec<candidates::CompletionCandidate>) -> Vec<CompletionCandidate> {
    let ui = Ui::detect(true);
    let Ok(setting) = Setting::read(ui, None) else { return Vec::new() };
    look(&setting)
        .into_iter()
        .enumerate()
        .map(|(place, found)| {
            CompletionCandidate::new(found.value).help(Some(found.about.into())).display_order(Some(place))
        })
        .collect()
}
