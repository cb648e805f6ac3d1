//! `command:` and `program:`, and the traps between the command and the parameters.

use std::collections::{HashMap, HashSet};

use super::fields::ConfigFields;
use super::fields::MAX_NAMED;
use super::form::is_mlflow_form;
use super::macros;
use super::parameters::written;
use super::pasted::{self, texts};
use super::source::CommandSource;
use crate::config::command::{
    EXTRA_NAMES, MACROS, Part, QuotePosition as ShellPlace, Scan, argv_names, is_script, scan, whole_item,
};
use crate::config::finding::{Findings, KeyPlace};
use crate::config::suggest::{did_you_mean, nearest};
use crate::config::yaml::{NodeKind, YamlNode, shorten};
use crate::config::{Command, Config};
use crate::space::{Distribution, Leaf, Value};

/// Longest text command, bytes; Linux takes 128 KiB as one argument.
const MAX_COMMAND: usize = 100_000;

/// Reads both keys; `None` after an error.
pub fn check(fields: &ConfigFields<'_>, findings: &mut Findings) -> (Option<Command>, Option<String>) {
    let program = fields.some("program").and_then(|field| field.text(findings));
    let has_program = fields.some("program").is_some();
    let default = || ["${env}", "${interpreter}", "${program}", "${args}"].map(str::to_owned).to_vec();
    let Some(field) = fields.some("command") else {
        if !has_program {
            let key = if is_mlflow_form(fields) { "command" } else { "program" };
            missing(&fields.place.below(key), findings);
            return (None, None);
        }
        return (Some(Command::Argv(default())), program);
    };
    match &field.node.kind {
        NodeKind::Scalar { value: Value::Text(text), .. } => {
            if text.len() > MAX_COMMAND {
                findings
                    .error(
                        &field.place,
                        format!("the command is longer than {MAX_COMMAND} bytes: no system would run it"),
                    )
                    .hint("move it into a script");
                return (None, program);
            }
            if macros::refuse_list_as_text(text, &field.place, findings) {
                return (None, program);
            }
            if text.trim().is_empty() {
                findings.warn("empty-command", &field.place, "the command is empty: trials would do nothing");
            }
            (Some(Command::Shell(text.clone())), program)
        }
        NodeKind::Sequence(items) if items.is_empty() => {
            if !has_program {
                missing(&field.place, findings);
            }
            (Some(Command::Argv(default())), program)
        }
        NodeKind::Sequence(items) => {
            let argv = arguments(items, &field.place, findings);
            if !has_program && argv.iter().any(|item| item == "${program}") {
                findings
                    .error(
                        &fields.place.below("program"),
                        "the command uses `${program}`, and there is no `program`",
                    )
                    .hint("add `program: train.py`");
            }
            (Some(Command::Argv(argv)), program)
        }
        _ => {
            field.wrong("a text or a list", findings).hint("such as `command: python train.py --lr ${lr}`");
            (None, program)
        }
    }
}

/// The items of a list as they are written.
fn arguments(items: &[YamlNode], place: &KeyPlace, findings: &mut Findings) -> Vec<String> {
    let mut argv = Vec::new();
    for item in items {
        if let NodeKind::Scalar { value, .. } = &item.kind {
            argv.push(value.text());
            continue;
        }
        let place = KeyPlace { path: place.path.clone(), span: item.span };
        let message = format!("an item of `command` must be a single value, and this is {}", item.describe());
        findings.error(&place, message).hint("put it in quotes: inside [...] a macro must be quoted");
    }
    argv
}

fn missing(place: &KeyPlace, findings: &mut Findings) {
    findings
        .error(place, "both `command` and `program` are missing: one of them says what a trial runs")
        .hint(
            "add `program: train.py`, or `command: python train.py --lr ${lr}`; a sweep that W&B runs with a Python function \
             needs a script that calls it",
        );
}

/// What the parameters and the command say about each other. `config` is absent where the file has errors;
/// what can be said without it is said all the same.
pub fn traps(fields: &ConfigFields<'_>, config: Option<&Config>, source: &str, findings: &mut Findings) {
    let written = written(fields);
    let command = fields.some("command");
    let Some(field) = command.clone().or_else(|| fields.some("program")) else { return };
    let place = CommandSource { source, place: field.place.clone() };
    let budget = fields.get("budget").and_then(|field| match &field.node.kind {
        NodeKind::Mapping(entries) => ConfigFields { place: field.key, entries }.get("parameter"),
        _ => None,
    });
    let budget = budget.map(|field| field.node.to_value().text());
    let known: HashSet<&str> = written.iter().map(|(name, ..)| name.as_str()).collect();
    // A dotted name may also lead into a value that is a mapping.
    let reaches = |name: &str| {
        name.match_indices('.').any(|(at, _)| name.get(..at).is_some_and(|head| known.contains(head)))
    };
    let is_name = |name: &str| {
        known.contains(name)
            || reaches(name)
            || EXTRA_NAMES.contains(&name)
            || budget.as_deref() == Some(name)
    };
    let mut list = false;
    let (used, unknown) = match command.map(|field| field.node.to_value()) {
        // What was refused already needs no second word.
        Some(Value::Text(_)) if findings.errors.iter().any(|error| error.key == "command") => return,
        Some(Value::Text(script)) if script.len() <= MAX_COMMAND => {
            let scanned = scan(&script, &is_name);
            if macros::refuse_in_text(&script, &scanned, &place, findings) {
                return;
            }
            places_of_values(&scanned, config, &place, findings);
            let used = scanned.parts.iter().filter_map(|part| match part {
                Part::Slot(slot) => Some(slot.name.clone()),
                Part::Text(_) => None,
            });
            let unknown = distinct(&scanned.left)
                .filter(|name| looks_like_ours(name, &script, &known))
                .cloned()
                .collect();
            (used.collect::<Vec<_>>(), unknown)
        }
        Some(Value::List(items)) if !items.is_empty() => {
            let items: Vec<String> = items.iter().map(Value::text).collect();
            macros::items(&items, &place, findings);
            pasted::warn(&items, config, &place, findings);
            list = true;
            names_of_items(&items, &known, &is_name)
        }
        _ => return,
    };
    let words: Vec<&str> = known.iter().copied().collect();
    warn_of_unknown(&unknown, list, &words, &place, findings);
    let used: HashSet<String> = used.into_iter().collect();
    if used.iter().any(|name| name.starts_with("args")) {
        return;
    }
    let unused: Vec<&(String, KeyPlace, bool)> = written
        .iter()
        .filter(|(name, _, is_leaf)| {
            let covers = |used: &String| {
                used == name || name.strip_prefix(used.as_str()).is_some_and(|rest| rest.starts_with('.'))
            };
            *is_leaf && !used.iter().any(covers)
        })
        .collect();
    warn_of_unused(&unused, list, &place.place, findings);
}

/// Names that are no parameters.
fn warn_of_unknown(
    unknown: &[String],
    list: bool,
    words: &[&str],
    place: &CommandSource<'_>,
    findings: &mut Findings,
) {
    for name in unknown.iter().take(20) {
        let message =
            format!("the command names {}, which is not a parameter", shorten(&format!("${{{name}}}")));
        let meant = if list { macros::meant(name, words) } else { did_you_mean(name, words.iter().copied()) };
        let hint = meant.unwrap_or_else(|| "add the parameter, or remove it from the command".to_owned());
        findings.warn("unknown-placeholder", &place.of(name, 0), message).hint(hint);
    }
}

/// One warning for all parameters that the command has no place for: a script may read them elsewhere.
fn warn_of_unused(
    unused: &[&(String, KeyPlace, bool)],
    list: bool,
    command: &KeyPlace,
    findings: &mut Findings,
) {
    let Some((first, at, _)) = unused.first() else { return };
    let more = if unused.len() > MAX_NAMED { ", …" } else { "" };
    let names = |shape: &dyn Fn(&str) -> String| {
        let shown: Vec<String> = unused.iter().take(MAX_NAMED).map(|(name, ..)| shape(name)).collect();
        format!("{}{more}", shown.join(", "))
    };
    let quoted = names(&|name| format!("`{name}`"));
    let (place, message) = match unused.len() {
        1 => (at, format!("the command never uses the parameter `{first}`")),
        count => (command, format!("the command never uses {count} parameters: {quoted}")),
    };
    let hint = match list {
        true => "add `\"${args}\"` to the command, unless the script reads SWEEP_PARAMS".to_owned(),
        false => {
            let slots = names(&|name| format!("`${{{name}}}`"));
            format!("put {slots} into the command, unless the script reads SWEEP_PARAMS")
        }
    };
    findings.warn("unused-parameter", place, message).hint(hint);
}

/// The names that a list uses, and those that it can't mean.
fn names_of_items(
    items: &[String],
    known: &HashSet<&str>,
    is_name: &dyn Fn(&str) -> bool,
) -> (Vec<String>, Vec<String>) {
    let (mut used, mut unknown) = (Vec::new(), Vec::new());
    for (at, item) in items.iter().enumerate() {
        for name in argv_names(std::slice::from_ref(item)) {
            let is_macro = MACROS.contains(&name.as_str());
            if is_macro && whole_item(item).is_none() {
                continue;
            }
            let foreign = !is_name(&name) && !is_macro && !name.starts_with("envvar:");
            if foreign && (!is_script(items, at) || looks_like_ours(&name, item, known)) {
                unknown.push(name.clone());
            }
            used.push(name);
        }
    }
    let unknown = distinct(&unknown).cloned().collect();
    (used, unknown)
}

/// Names, each once, and not more than are worth a look.
fn distinct(names: &[String]) -> impl Iterator<Item = &String> {
    let mut seen = HashSet::new();
    names.iter().filter(move |name| seen.insert(*name)).take(50)
}

/// Whether a `${name}` left to the shell was probably meant as a parameter.
fn looks_like_ours(name: &str, script: &str, known: &HashSet<&str>) -> bool {
    let word = name.strip_prefix("raw:").unwrap_or(name);
    let is_word = !word.is_empty()
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
        && word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !is_word {
        return false;
    }
    let is_environment = word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let assigned = [format!("{word}="), format!("for {word} "), format!("read {word}")]
        .iter()
        .any(|text| script.contains(text.as_str()));
    !assigned && (!is_environment || nearest(word, known.iter().copied()).is_some())
}

/// Values that can't be quoted where the script has them, and those that quoting changes.
fn places_of_values(
    scanned: &Scan,
    config: Option<&Config>,
    place: &CommandSource<'_>,
    findings: &mut Findings,
) {
    if let Some(open) = scanned.unclosed {
        findings
            .error(&place.place, format!("the command opens {open} and never closes it"))
            .hint("the shell would refuse it");
        return;
    }
    let leaves = config.map(|config| config.space.leaves()).unwrap_or_default();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut traits: HashMap<&str, ValueTraits> = HashMap::new();
    for part in &scanned.parts {
        let Part::Slot(slot) = part else { continue };
        let count = seen.entry(&slot.name).or_default();
        let nth = *count;
        *count += 1;
        if slot.raw {
            continue;
        }
        let name = &slot.name;
        let ValueTraits { numbers, spaces } =
            *traits.entry(name.as_str()).or_insert_with(|| ValueTraits::of(name, &leaves));
        let reason = match slot.place {
            ShellPlace::Refused(reason) => Some(reason),
            ShellPlace::Arithmetic if !numbers => Some("only numbers can stand in shell arithmetic"),
            ShellPlace::Bare | ShellPlace::Double if slot.after_backslash && !numbers => {
                Some("the backslash before it would escape its first character")
            }
            _ => None,
        };
        if let Some(reason) = reason {
            findings
                .error(&place.of(name, nth), format!("`${{{name}}}` can't be quoted safely here"))
                .hint(reason);
        } else if slot.place == ShellPlace::Bare && spaces {
            findings
                .warn(
                    "quoted-value",
                    &place.of(name, nth),
                    format!("`{name}` has values with spaces; each is passed as one argument"),
                )
                .hint(format!("if they are meant as several arguments, write `${{raw:{name}}}`"));
        }
    }
}

/// What the values of a parameter or group have in common.
#[derive(Clone, Copy)]
struct ValueTraits {
    /// All are numbers.
    numbers: bool,
    /// Some are texts with spaces.
    spaces: bool,
}

impl ValueTraits {
    fn of(name: &str, leaves: &[Leaf<'_>]) -> Self {
        let inside = |leaf: &&Leaf<'_>| {
            leaf.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let own = leaves.iter().any(|leaf| leaf.name == name);
        let distributions: Vec<_> =
            leaves.iter().filter(inside).map(|leaf| &leaf.parameter.distribution).collect();
        let is_group = !distributions.is_empty() && !own;
        Self {
            numbers: !is_group && distributions.iter().all(|d| only_numbers(d)),
            spaces: distributions.iter().any(|d| has_spaces(d)),
        }
    }
}

fn only_numbers(distribution: &Distribution) -> bool {
    texts(distribution).iter().all(|value| value.as_f64().is_some_and(f64::is_finite))
}

fn has_spaces(distribution: &Distribution) -> bool {
    texts(distribution)
        .iter()
        .any(|value| matches!(value, Value::Text(text) if text.contains(char::is_whitespace)))
}
