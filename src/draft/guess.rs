//! A draft from what a program prints about its options.

use super::help::{HelpOption, HelpPage, HelpStyle, ValueKind};
use super::parameter::DraftParameter;
use super::range::{float_range, int_range};
use super::sweep_file::{DraftMetric, SweepDraft};
use super::words::{NameMeaning, meaning_of};
use crate::config::{is_parameter_name, yaml_comment, yaml_text};
use crate::space::Value;

/// Characters of an option's text that are kept.
const LONGEST: usize = 150;

/// Why a page of help makes no sweep file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HelpDraftError {
    /// It lists commands, and no option that could be varied.
    #[error("it has commands of its own ({}), and each has its options", .0.join(", "))]
    Commands(Vec<String>),
    /// It names no option.
    #[error("no option was found in what it printed")]
    NoOptions,
    /// None of its options looks like a hyperparameter.
    #[error("none of its options looks like a hyperparameter: {}", .0.join(", "))]
    NothingToVary(Vec<String>),
}

/// A sweep file for a command whose `--help` printed this page.
///
/// # Errors
/// Where the page has nothing that could be varied.
pub fn draft_from_help(page: &HelpPage, command: &[String]) -> Result<SweepDraft, HelpDraftError> {
    let given = |option: &HelpOption| {
        option.flags.iter().any(|flag| {
            command.iter().any(|word| {
                word == flag || word.strip_prefix(flag.as_str()).is_some_and(|rest| rest.starts_with('='))
            })
        })
    };
    let style = match page.style {
        // `-C=1.0` is read by few: name and value apart are read by all.
        HelpStyle::Library
            if page
                .options
                .iter()
                .any(|option| !option.flag().starts_with("--") && parameter(option, false).varied) =>
        {
            HelpStyle::Plain
        }
        style => style,
    };
    let mut parameters: Vec<DraftParameter> = page
        .options
        .iter()
        .filter(|option| !given(option) && is_parameter_name(option.name()))
        .map(|option| parameter(option, style == HelpStyle::Plain))
        .collect();
    if !parameters.iter().any(|parameter| parameter.varied) {
        return Err(match (page.commands.as_slice(), page.options.as_slice()) {
            ([], []) => HelpDraftError::NoOptions,
            ([], options) => {
                HelpDraftError::NothingToVary(options.iter().map(|option| option.flag().to_owned()).collect())
            }
            (commands, _) => HelpDraftError::Commands(commands.to_vec()),
        });
    }
    // Those that are varied first, each kind in the order of the page.
    parameters.sort_by_key(|parameter| !parameter.varied);
    let required = page.options.iter().filter(|option| option.required && !given(option));
    let mut missing: Vec<String> = required
        .filter(|option| {
            !parameters.iter().any(|parameter| parameter.varied && parameter.flag == option.flag())
        })
        .map(|option| option.flag().to_owned())
        .collect();
    missing.extend(page.arguments.iter().filter(|_| !has_argument(command)).cloned());
    Ok(SweepDraft {
        title: Vec::new(),
        command: with_parameters(command, style, page, &parameters),
        missing,
        experiment: None,
        method: "random",
        run_cap: 20,
        metric: DraftMetric::default(),
        parameters,
        each_named: style == HelpStyle::Plain,
        extra: Vec::new(),
        notes: Vec::new(),
    })
}

/// The command with what passes the values on.
fn with_parameters(
    command: &[String],
    style: HelpStyle,
    page: &HelpPage,
    parameters: &[DraftParameter],
) -> Vec<String> {
    let flags = page.options.iter().any(|option| option.kind == Some(ValueKind::Flag));
    let mut items = command.to_vec();
    match style {
        HelpStyle::Hydra => items.push("${args_no_hyphens}".to_owned()),
        HelpStyle::Library if flags => items.push("${args_no_boolean_flags}".to_owned()),
        HelpStyle::Library => items.push("${args}".to_owned()),
        HelpStyle::Plain => items.extend(
            parameters
                .iter()
                .filter(|parameter| parameter.varied)
                .flat_map(|parameter| [parameter.flag.clone(), format!("${{{}}}", parameter.name)]),
        ),
    }
    items
}

/// What becomes of an option.
fn parameter(option: &HelpOption, each_named: bool) -> DraftParameter {
    let meaning = meaning_of(option.name());
    let flag = if option.kind == Some(ValueKind::Flag) { Some(switch(option)) } else { None };
    let chosen = flag.or_else(|| guess(option, meaning).map(|yaml| (option.name().to_owned(), yaml)));
    let wanted = !matches!(meaning, NameMeaning::NotVaried | NameMeaning::Spent) && !option.several;
    // A switch may do anything: only those of a model are turned by themselves; and a value can't be none.
    let is_switch = option.kind == Some(ValueKind::Flag);
    let switch_fits = meaning == NameMeaning::ModelSwitch && !each_named;
    let varied = wanted && chosen.is_some() && (!is_switch || switch_fits);
    let fixed = || {
        let value = option.default.as_ref().or(option.choices.first());
        (option.name().to_owned(), format!("{{value: {}}}", value.map_or("…".to_owned(), yaml_text)))
    };
    let (name, yaml) = match chosen {
        Some(chosen) if wanted || is_switch => chosen,
        _ => fixed(),
    };
    let comment = comment(option, &name);
    DraftParameter { name, yaml, comment, varied, flag: option.flag().to_owned() }
}

/// A switch that is on by itself is varied by what switches it off.
fn switch(option: &HelpOption) -> (String, String) {
    let on = option.default == Some(Value::Bool(true));
    let off = option.off.as_deref().filter(|_| on).map(|flag| flag.trim_start_matches('-').to_owned());
    (off.unwrap_or_else(|| option.name().to_owned()), "{values: [true, false]}".to_owned())
}

fn guess(option: &HelpOption, meaning: NameMeaning) -> Option<String> {
    let bounds = (option.low, option.high);
    if option.choices.len() > 1 {
        return Some(format!("{{values: {}}}", yaml_text(&Value::List(option.choices.clone()))));
    }
    let default = option.default.as_ref();
    if matches!(default, Some(Value::Text(_) | Value::Bool(_) | Value::List(_))) {
        return None;
    }
    let number = default.and_then(Value::as_f64);
    let is_share = matches!(
        meaning,
        NameMeaning::LearningRate
            | NameMeaning::Strength
            | NameMeaning::SmallShare
            | NameMeaning::UnitShare
            | NameMeaning::Memory
    );
    let whole = match default {
        Some(Value::Int(x)) => Some(*x),
        _ => None,
    };
    match (option.kind, default) {
        (Some(ValueKind::Path | ValueKind::Text), None) => None,
        (Some(ValueKind::Float), _) | (_, Some(Value::Float(_))) => float_range(meaning, number, bounds),
        (Some(ValueKind::Int), _) => int_range(meaning, whole, bounds),
        _ if is_share => float_range(meaning, number, bounds),
        // Without a type and a default only a name that everybody uses says what to try.
        (_, Some(Value::Int(_))) => int_range(meaning, whole, bounds),
        _ => match meaning {
            NameMeaning::PowerSize | NameMeaning::LayerDepth | NameMeaning::EnsembleSize => {
                int_range(meaning, None, bounds)
            }
            _ => None,
        },
    }
}

/// `default 0.001: learning rate`, after what is typed where the parameter has another name.
fn comment(option: &HelpOption, name: &str) -> String {
    let flag = Some(option.flag()).filter(|flag| flag.trim_start_matches('-') != name).map(str::to_owned);
    let default = option.default.as_ref().map(|value| format!("default {}", value.text()));
    let help = Some(option.help.clone()).filter(|help| !help.is_empty());
    let parts: Vec<String> = [flag, default, help].into_iter().flatten().collect();
    yaml_comment(&parts.join(": "), LONGEST)
}

/// Whether a command has an argument behind its script.
fn has_argument(command: &[String]) -> bool {
    let is_script = |word: &String| word.rsplit_once('.').is_some_and(|(_, end)| end.len() <= 3);
    let script = command.iter().position(is_script).unwrap_or_default();
    let words: Vec<&String> = command.iter().skip(script).collect();
    words.windows(2).any(|pair| matches!(pair, [before, word] if !word.starts_with('-') && (before.contains('=') || !before.starts_with('-'))))
}
