//! A page of help as a whole.

use super::option::HelpOption;
use super::usage::usage;
use super::{absl, boxes, columns, details, hydra};

/// More options are not read.
const MOST: usize = 500;

/// Which library laid a page out, as far as it matters for how values are passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelpStyle {
    /// `--name=value` works: argparse, click, typer, absl.
    Library,
    /// Hydra: `name=value`.
    Hydra,
    /// A text that somebody wrote: the program may want name and value apart.
    Plain,
}

/// What a program prints for `--help`.
#[derive(Debug, Clone, PartialEq)]
pub struct HelpPage {
    /// Who laid it out.
    pub style: HelpStyle,
    /// Its options, without those for help and version.
    pub options: Vec<HelpOption>,
    /// Arguments without a name that must be given.
    pub arguments: Vec<String>,
    /// Commands that it lists: the options stand on the pages of these.
    pub commands: Vec<String>,
}

/// Reads a page of help, in any of the layouts that parsers of arguments use.
#[must_use]
pub fn read_help(text: &str) -> HelpPage {
    let lines: Vec<String> = without_escapes(text).lines().map(|line| line.replace('\t', "    ")).collect();
    let any = |holds: &dyn Fn(&str) -> bool| lines.iter().any(|line| holds(line));
    let mut page = HelpPage {
        style: HelpStyle::Library,
        options: Vec::new(),
        arguments: Vec::new(),
        commands: commands(&lines),
    };
    if any(&|line| line.contains("powered by Hydra")) || any(&|line| line.trim() == "== Config ==") {
        page.style = HelpStyle::Hydra;
        page.options = hydra::options(&lines);
        page.options.truncate(MOST);
        return page;
    }
    let usage = usage(&lines);
    let entries = if any(&|line| line == "flags:") || any(&|line| line.contains("Try --helpfull")) {
        absl::entries(&lines)
    } else if any(&|line| line.trim_start().starts_with(['│', '┃'])) {
        boxes::entries(&lines)
    } else {
        let known =
            any(&|line| line.contains("[-h]") || line.contains("-h, --help") || line.contains("[OPTIONS]"));
        page.style = if known { HelpStyle::Library } else { HelpStyle::Plain };
        columns::entries(&lines, usage.lines)
    };
    let mut options: Vec<HelpOption> = entries.iter().take(MOST).map(details::option).collect();
    for option in &mut options {
        option.required |= option.flags.iter().any(|flag| usage.required.contains(flag));
    }
    options.retain(|option| {
        !matches!(
            option.name(),
            "" | "h"
                | "?"
                | "help"
                | "helpfull"
                | "helpshort"
                | "version"
                | "install-completion"
                | "show-completion"
        )
    });
    let mut known = std::collections::HashSet::new();
    options.retain(|option| known.insert(option.name().to_owned()));
    page.options = options;
    page.arguments = usage.arguments;
    page.arguments.retain(|argument| argument != "COMMAND" && argument != "[ARGS]");
    page
}

/// The names below `Commands:`.
fn commands(lines: &[String]) -> Vec<String> {
    let heads = |line: &&String| {
        let title = line.trim_matches(|c: char| !c.is_alphanumeric() && c != ':');
        matches!(title, "Commands:" | "Commands" | "Available Commands:" | "Subcommands:")
    };
    let Some(at) = lines.iter().position(|line| heads(&line)) else { return Vec::new() };
    lines
        .iter()
        .skip(at + 1)
        .take_while(|line| !line.trim().is_empty() && !line.starts_with('╰'))
        .filter_map(|line| line.trim_matches(['│', ' ']).split_whitespace().next().map(str::to_owned))
        .filter(|word| word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')))
        .collect()
}

/// The text without what paints a terminal.
fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' if chars.next_if_eq(&'[').is_some() => {
                // Parameters, then the letter that ends it.
                while chars.next().is_some_and(|c| !('\u{40}'..='\u{7e}').contains(&c)) {}
            }
            '\r' | '\u{1b}' => {}
            c => out.push(c),
        }
    }
    out
}
