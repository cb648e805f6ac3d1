//! Macros where they can't work: in a text, and inside a longer item of a list.

use super::source::CommandSource;
use crate::config::command::{MACROS, Scan, is_script, whole_item};
use crate::config::finding::{Finding, Findings, KeyPlace};
use crate::config::suggest::nearest;
use crate::config::yaml::{self, NodeKind};

/// Refuses a text command that was meant as a list: the shell would run nothing, or run it without its parameters, and
/// the trial would succeed. Returns whether it was one.
pub fn refuse_list_as_text(text: &str, place: &KeyPlace, findings: &mut Findings) -> bool {
    let trimmed = text.trim();
    let flow = || {
        let read = trimmed.starts_with('[').then(|| yaml::read(trimmed.as_bytes()).ok()).flatten();
        let items = read.and_then(|document| match document.root?.kind {
            NodeKind::Sequence(items) => Some(items.len()),
            _ => None,
        });
        items.is_some_and(|items| items > 1) || trimmed.starts_with("[\"") || trimmed.starts_with("['")
    };
    if !trimmed.starts_with("- ") && !flow() {
        return false;
    }
    findings
        .error(place, "`command` is a list that was made a text")
        .hint("remove the `|`, the `>` or the quotes after `command:`, so that YAML reads a list");
    true
}

/// Refuses macros in a text: the shell knows none of them and puts nothing in their place. Returns whether there were any.
pub fn refuse_in_text(
    script: &str,
    scanned: &Scan,
    place: &CommandSource<'_>,
    findings: &mut Findings,
) -> bool {
    let assigned = |name: &str| {
        [format!("{name}="), format!("for {name} "), format!("read {name}")]
            .iter()
            .any(|text| script.contains(text.as_str()))
    };
    let is_macro = |name: &&String| {
        let name = name.as_str();
        (MACROS.contains(&name) || name.starts_with("args_") || name.starts_with("envvar:"))
            && !assigned(name)
    };
    let Some(name) = scanned.left.iter().find(is_macro) else { return false };
    let finding = findings.error(
        &place.of(name, 0),
        format!("`${{{name}}}` works in a list only: in a text the shell puts nothing in its place"),
    );
    match name.strip_prefix("envvar:") {
        Some(variable) => finding.hint(format!("write `${variable}`: the shell knows the environment")),
        None => finding.hint(list_form(script)),
    };
    true
}

/// The list that a text was meant as.
fn list_form(script: &str) -> String {
    let simple = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-${} \t\n".contains(c);
    let words: Vec<&str> = script.split_whitespace().collect();
    if script.chars().all(simple) && words.len() <= 12 {
        let items: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        return format!("write a list: command: [{}]", items.join(", "));
    }
    "write a list, such as command: [\"${env}\", \"${interpreter}\", \"${program}\", \"${args}\"]; a shell is one of its \
     items: command: [\"bash\", \"-c\", \"cd src && python t.py \\\"$@\\\"\", \"bash\", \"${args}\"]"
        .to_owned()
}

/// Warns of what an item of a list does not do: a macro that is not the whole item stays as it is, and spaces do not
/// separate arguments.
pub fn items(items: &[String], place: &CommandSource<'_>, findings: &mut Findings) {
    for (at, item) in items.iter().enumerate() {
        if whole_item(item).is_some() {
            continue;
        }
        if let Some(name) = MACROS.iter().find(|name| item.contains(&format!("${{{name}}}"))) {
            inside(items, at, name, place, findings);
            continue;
        }
        if is_script(items, at) {
            continue;
        }
        // `env` takes variables before the program.
        let variable =
            |item: &str| item.split(char::is_whitespace).next().is_some_and(|word| word.contains('='));
        let before = items.iter().take(at);
        let first = !variable(item) && before.clone().all(|before| before == "${env}" || variable(before));
        let option = item.strip_prefix('-').is_some_and(|rest| {
            let word = rest.split(char::is_whitespace).next().unwrap_or_default();
            word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-') && !word.contains('=')
        });
        if (first || option) && item.trim().contains(char::is_whitespace) {
            let words: Vec<String> = item.split_whitespace().map(|word| format!("`- {word}`")).collect();
            let message = match first {
                true => {
                    format!("`{item}` is the name of one program, spaces and all: an item is one argument")
                }
                false => format!("`{item}` is passed as one argument, spaces and all"),
            };
            spaces(findings.warn("item-with-spaces", &place.of_text(item), message), &words);
        }
    }
}

fn spaces(finding: &mut Finding, words: &[String]) {
    finding.hint(format!("write an item for each argument: {}", words.join(", ")));
}

fn inside(items: &[String], at: usize, name: &str, place: &CommandSource<'_>, findings: &mut Findings) {
    let Some(item) = items.get(at) else { return };
    let shown = format!("`${{{name}}}`");
    let (message, hint) = if is_script(items, at) {
        let script = item.replace(&format!("${{{name}}}"), "\"$@\"").replace('"', "\\\"");
        (
            format!("the shell puts nothing in the place of {shown}: trials run without it"),
            format!(
                "hand it to the shell as arguments: [\"bash\", \"-c\", \"{script}\", \"bash\", \"${{{name}}}\"]"
            ),
        )
    } else if item.trim() == format!("${{{name}}}") {
        (
            format!("{shown} has spaces around it, and is passed as it is written"),
            format!("write the macro alone: \"${{{name}}}\""),
        )
    } else {
        let hint = match (name, item.split_once('=')) {
            ("args_json" | "args_json_file", Some((option, _))) => {
                format!("write two items, \"{option}\" and \"${{{name}}}\", if the program takes them so")
            }
            _ => {
                let words: Vec<String> = item.split_whitespace().map(|word| format!("\"{word}\"")).collect();
                format!("make it an item of its own: {}", words.join(", "))
            }
        };
        (
            format!("the item is passed as it is written: {shown} is replaced only where it is a whole item"),
            hint,
        )
    };
    findings.warn("macro-in-item", &place.of(name, 0), message).hint(hint);
}

/// What a name that is no parameter was most likely meant as, in a list.
pub fn meant(name: &str, known: &[&str]) -> Option<String> {
    let macros = MACROS.iter().copied();
    let near = nearest(name, known.iter().copied().chain(macros));
    let variable = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    match near {
        Some(near) if !variable || known.contains(&near) => Some(format!("did you mean `${{{near}}}`?")),
        _ if variable => Some(format!("an environment variable is `${{envvar:{name}}}`")),
        _ => None,
    }
}
