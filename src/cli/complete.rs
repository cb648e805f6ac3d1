//! What a person may be about to type: sweeps, trials and models are looked up.

use std::ffi::OsStr;

use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};

use crate::commands::{Setting, candidates};
use crate::ui::Ui;

/// Completes the id of a sweep, or its name once some of that is typed.
pub(super) fn sweeps() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        typed.to_str().map(|typed| found(|setting| candidates::sweeps(setting, typed))).unwrap_or_default()
    })
}

/// Completes the number of a trial of the latest sweep.
pub(super) fn trials() -> ArgValueCandidates {
    ArgValueCandidates::new(|| found(candidates::trials))
}

/// Completes the name of a registered model.
pub(super) fn models() -> ArgValueCandidates {
    ArgValueCandidates::new(|| found(candidates::models))
}

fn found(look: impl FnOnce(&Setting) -> Vec<candidates::CompletionCandidate>) -> Vec<CompletionCandidate> {
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
