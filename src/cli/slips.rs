//! Verbs that are not there: what other tools call them, and what was probably meant.

use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::commands::{CommandFailure, Exit};

/// Words of other tools, and what does that here.
const GUESSED: [(&[&str], &str); 19] = [
    (
        &["create", "make", "template", "generate", "scaffold"],
        "`sweep new \"python train.py\"` writes a sweep file, `sweep init FILE` makes a sweep of it.",
    ),
    (
        &["web", "dashboard", "open", "view", "page"],
        "`sweep ui --open` opens the page of all sweeps, `sweep status -w` watches one, `sweep report --open` opens its report.",
    ),
    (
        &["plot", "plots", "html"],
        "`sweep report --open` opens the report; `sweep finalize` saves it and its plots with the sweep.",
    ),
    (&["remove", "del"], "`sweep delete SWEEP` deletes a sweep. `sweep cancel` ends one."),
    (&["undelete", "restore"], "`sweep delete --restore SWEEP` restores a deleted sweep."),
    (&["mv"], "`sweep rename SWEEP NAME` gives a sweep another name."),
    (&["watch", "monitor", "top", "ps", "progress"], "`sweep status -w` watches a sweep."),
    (
        &["config", "validate", "lint", "test"],
        "`sweep check FILE` checks a sweep file; `sweep export DIR` writes out that of a sweep.",
    ),
    (&["version"], "`sweep --version` prints it."),
    (
        &["kill", "abort", "terminate"],
        "`sweep cancel` ends all agents and their trials, `sweep stop` lets running trials finish.",
    ),
    (&["results", "table", "runs", "trial"], "`sweep trials` lists trials, `sweep show N` shows one."),
    (&["compare"], "`sweep diff A B` compares two trials."),
    (&["tail", "output"], "`sweep logs N -f` follows what a trial prints."),
    (&["get", "info", "describe", "inspect"], "`sweep show N` shows a trial, `sweep status` a sweep."),
    (
        &["continue", "restart", "unpause"],
        "`sweep resume` resumes a paused or stopped sweep; `sweep retry --failed` runs failed trials again.",
    ),
    (&["importance", "analyse", "parameters", "params"], "`sweep analyze` reports which parameters matter."),
    (&["download", "pull"], "`sweep export DIR` writes a sweep as plain files."),
    (&["register", "deploy"], "`sweep promote N --name MODEL` registers a trial's model."),
    (&["login", "auth"], "Set MLFLOW_TRACKING_URI, MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."),
];

/// The failure for a verb that is not there, with the verbs that are.
pub(super) fn unknown_verb(error: &clap::Error, verbs: &[String]) -> Option<CommandFailure> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    // Of `sweep log NAME` the names are not ours to guess.
    if std::env::args().nth(1).is_some_and(|first| first == "log") {
        return None;
    }
    Some(failure(typed, verbs))
}

fn failure(typed: &str, verbs: &[String]) -> CommandFailure {
    let failure = CommandFailure::new(Exit::Usage, format!("unknown command `{typed}`"));
    if let Some((_, hint)) = GUESSED.iter().find(|(words, _)| words.contains(&typed.to_lowercase().as_str()))
    {
        return failure.hint(*hint);
    }
    let is_config = [".yaml", ".yml", ".json"].iter().any(|end| typed.ends_with(end));
    if is_config || Path::new(typed).is_file() {
        return failure.hint(format!(
            "To run a sweep file: `sweep start {typed}`; to check it: `sweep check {typed}`."
        ));
    }
    match nearest(typed, verbs).as_slice() {
        [] => failure.hint("`sweep help` lists all commands."),
        [one] => failure.hint(format!("Did you mean `sweep {one}`?")),
        [best @ .., last] => {
            let best: Vec<String> = best.iter().map(|verb| format!("`sweep {verb}`")).collect();
            failure.hint(format!("Did you mean {} or `sweep {last}`?", best.join(", ")))
        }
    }
}

/// The verbs that are spelt like a word, the nearest first; at most three.
fn nearest<'a>(typed: &str, verbs: &'a [String]) -> Vec<&'a str> {
    const MOST: usize = 3;
    let typed = typed.to_lowercase();
    let mut near: Vec<(usize, &str)> = verbs
        .iter()
        .filter_map(|verb| {
            let distance = strsim::damerau_levenshtein(&typed, verb);
            let is_begun = typed.len() >= 2 && (verb.starts_with(&typed) || typed.starts_with(verb.as_str()));
            (is_begun || distance <= 1 + typed.chars().count() / 4).then_some((distance, verb.as_str()))
        })
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    // What is much farther off than the nearest was not meant.
    let first = near.first().map_or(0, |(distance, _)| *distance);
    near.retain(|(distance, _)| *distance <= first + 1);
    near.into_iter().take(MOST).map(|(_, verb)| verb).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::help::verbs_and_aliases;

    fn hint(typed: &str) -> String {
        failure(typed, &verbs_and_aliases()).hint.unwrap()
    }

    #[test]
    fn suggestions_come_best_first() {
        assert!(hint("statuss").starts_with("Did you mean `sweep status`"), "{}", hint("statuss"));
        assert_eq!(hint("trails"), "Did you mean `sweep trials`?");
        assert!(hint("fin").contains("`sweep finalize`"));
        assert_eq!(hint("xyzzy"), "`sweep help` lists all commands.");
        assert!(hint("my.yaml").contains("`sweep start my.yaml`"));
    }

    #[test]
    fn words_of_other_tools_are_answered_with_what_does_that_here() {
        let verbs = verbs_and_aliases();
        for (words, hint) in GUESSED {
            for word in words {
                assert!(
                    !verbs.iter().any(|verb| verb == word),
                    "`{word}` is a verb by now: it needs no hint"
                );
            }
            for named in hint.split('`').skip(1).step_by(2).filter_map(|text| text.strip_prefix("sweep ")) {
                let verb = named.split(' ').next().unwrap();
                assert!(verb.starts_with('-') || verbs.iter().any(|known| known == verb), "{hint}");
            }
        }
    }
}
