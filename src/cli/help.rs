//! The page that `sweep --help` prints: the verbs in the order in which one meets them, under headings.

use std::io::Write as _;

use clap::{Command, CommandFactory as _};

use super::args::Args;
use super::hearing::{tell, whether_heard};
use super::{examples, slips};
use crate::commands::Exit;
use crate::ui::{Ui, note_loss};

/// The headings, and the verbs below each.
const GROUPS: [(&str, &[&str]); 8] = [
    ("Make and run", &["new", "check", "sample", "init", "run", "finalize", "start"]),
    ("Many machines", &["launch", "launches"]),
    ("Control", &["pause", "resume", "stop", "cancel", "retry", "edit", "rename", "delete"]),
    ("Inspect", &["ui", "list", "status", "trials", "show", "logs", "best", "analyze", "report"]),
    ("Compare and reproduce", &["diff", "verify", "confirm", "rerun", "export", "import"]),
    ("Publish", &["promote", "models"]),
    ("Programs and servers", &["ask", "tell", "log", "server"]),
    ("Tools", &["doctor", "completions", "man"]),
];

/// Where a verb goes that no heading names.
const REST: &str = "More";

/// What a newcomer reads first.
const START: &str = "\
Write a YAML file (`sweep new` drafts one: the command, the parameters, the
metric), then: init, run in as many terminals and on as many machines as you
like, finalize. Without a tracking server everything is kept in ./mlflow.db,
which MLflow opens.";

/// The whole grammar, with that page.
pub(super) fn grammar() -> Command {
    let command = Args::command();
    let command = examples::add_to(command);
    let page = format!(
        "{{about-with-newline}}\n{START}\n\n{{usage-heading}} {{usage}}\n\n{}{}\n{{options}}{{after-help}}\n",
        verbs(&command),
        heading("Options"),
    );
    command.help_template(page)
}

/// The grammar for a manual, which has space for more than a line about the program.
pub(super) fn with_long_about() -> Command {
    let command = Args::command();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    // `sweep help` has nothing that a page of its own would tell.
    examples::add_to(command)
        .disable_help_subcommand(true)
        .long_about(format!("{about}.\n\n{}", START.replace('\n', " ")))
}

/// Answers what is no verb to be run: help and version go to stdout, what was typed wrong to stderr.
pub(super) fn answer(error: &clap::Error) -> Exit {
    if let Some(failure) = slips::unknown_verb(error, &verbs_and_aliases()) {
        tell(&Ui::detect(false), &failure);
        return failure.exit;
    }
    if error.use_stderr() {
        // Where nobody hears what is said there is no reader.
        let _ = error.print();
        return Exit::Usage;
    }
    note_loss(error.print().and_then(|()| std::io::stdout().flush()));
    whether_heard(&Ui::detect(false), Exit::Done)
}

/// Every word that names a verb.
pub(super) fn verbs_and_aliases() -> Vec<String> {
    let command = Args::command();
    let names = command.get_subcommands().flat_map(|verb| {
        std::iter::once(verb.get_name().to_owned()).chain(verb.get_all_aliases().map(str::to_owned))
    });
    names.chain(["help".to_owned()]).collect()
}

/// What the program is, in a sentence.
pub(super) fn about() -> String {
    Args::command().get_about().map(ToString::to_string).unwrap_or_default()
}

/// The verbs under their headings.
fn verbs(command: &Command) -> String {
    let shown: Vec<&Command> = command.get_subcommands().filter(|verb| !verb.is_hide_set()).collect();
    let width = shown.iter().map(|verb| verb.get_name().len()).max().unwrap_or_default().max(4);
    let named = |names: &[&str]| -> Vec<&Command> {
        names.iter().filter_map(|name| shown.iter().copied().find(|verb| verb.get_name() == *name)).collect()
    };
    let mut page = String::new();
    let mut section = |title: &str, verbs: &[&Command]| {
        if !verbs.is_empty() {
            let lines: String = verbs.iter().map(|verb| line(verb, width)).collect();
            page.push_str(&format!("{}\n{lines}\n", heading(title)));
        }
    };
    for (title, names) in GROUPS {
        section(title, &named(names));
    }
    let known = |verb: &&Command| GROUPS.iter().any(|(_, names)| names.contains(&verb.get_name()));
    let rest: Vec<&Command> = shown.iter().copied().filter(|verb| !known(verb)).collect();
    section(REST, &rest);
    page
}

fn line(verb: &Command, width: usize) -> String {
    let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
    let others: Vec<&str> = verb.get_visible_aliases().collect();
    let others = if others.is_empty() { String::new() } else { format!(" (also: {})", others.join(", ")) };
    format!("  {:width$}  {about}{others}\n", verb.get_name())
}

/// As clap paints its own headings; what is no terminal is spared the escapes.
fn heading(title: &str) -> String {
    format!("\u{1b}[1m\u{1b}[4m{title}:\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> String {
        // Without a terminal clap takes the widest that it may.
        grammar().term_width(80).render_long_help().to_string()
    }

    #[test]
    fn the_page_reads_well_at_80_columns() {
        let page = page();
        for line in page.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let places: Vec<usize> =
            ["Usage:", "Make and run:", "  run ", "Tools:", "Options:", "--quiet", "Exit codes:"]
                .map(|text| page.find(text).unwrap_or_else(|| panic!("{text} is not in:\n{page}")))
                .into();
        assert!(places.is_sorted(), "{page}");
    }

    #[test]
    fn every_verb_stands_under_one_heading() {
        assert!(!page().contains(REST), "a verb has no heading: give it one in GROUPS");
        let mut named: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        named.sort_unstable();
        let all = named.len();
        named.dedup();
        assert_eq!(named.len(), all);
    }
}
