//! A trial in the form in which another program wants it: its command, arguments, environment, JSON or YAML.
//!
//! What is printed for `sh` is quoted so that no value is ever read as code.

use std::path::Path;

use itertools::Itertools as _;

use super::super::shared::{CommandFailure, Exit};
use crate::config::command::quoted;
use crate::config::{Command, Config};
use crate::query::{TrialCommand, TrialRow, seed_of};
use crate::record::Sweep;
use crate::space::{Point, Value};

/// The forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialForm {
    /// The command as the trial ran it, one line for `sh`.
    Command,
    /// `--name=value …`, one line for `sh`.
    Args,
    /// `export NAME=value` lines for `sh`: what the trial's command was given.
    Env,
    /// The parameters, an object a line.
    Json,
    /// The parameters as YAML, a document a trial.
    Yaml,
}

/// The trials in a form, ending in a newline; `workdir` is where the command runs, where the config says so.
pub(super) fn spell(
    sweep: &Sweep,
    config: &Config,
    rows: &[TrialRow],
    spelling: TrialForm,
    workdir: Option<&Path>,
) -> Result<String, CommandFailure> {
    if rows.len() > 1 && spelling == TrialForm::Env {
        return Err(CommandFailure::new(
            Exit::Usage,
            "the environment of one trial can be set, not of several",
        )
        .hint("Leave -n out."));
    }
    let mut out = String::new();
    for (place, row) in rows.iter().enumerate() {
        match spelling {
            TrialForm::Command => {
                out.push_str(&workdir.map(go_to).unwrap_or_default());
                out.push_str(&command(sweep, config, row)?);
            }
            TrialForm::Args => out.push_str(&args(&row.point)),
            TrialForm::Env => out.push_str(&env(sweep, config, row)),
            TrialForm::Json => out.push_str(&row.point.to_json().to_string()),
            TrialForm::Yaml => {
                if place > 0 {
                    out.push_str("---\n");
                }
                out.push_str(&yaml(&row.point));
            }
        }
        if !out.ends_with('\n') {
            out.push('\n');
        }
    }
    Ok(out)
}

/// The command as it was run. Before it stand the variables that it was given and may have looked at: the config's
/// additions, the seed, and the parameters where they are not all on the command line.
fn command(sweep: &Sweep, config: &Config, row: &TrialRow) -> Result<String, CommandFailure> {
    let mut before: Vec<(String, String)> = config.env.clone();
    if !mentions(&config.command, "trial_seed") {
        before.push(("SWEEP_TRIAL_SEED".to_owned(), seed(sweep, row)));
    }
    if !row.point.leaves().iter().all(|(path, _)| says(&config.command, path)) {
        before.push(("SWEEP_PARAMS".to_owned(), row.point.to_json().to_string()));
    }
    Ok(exports(before.into_iter(), "; ") + &TrialCommand::of(sweep, config, &row.run)?.line())
}

/// What goes to a directory, and runs nothing where it is missing: the command may have several parts.
fn go_to(folder: &Path) -> String {
    format!("cd {} || exit; ", quoted(&folder.display().to_string()))
}

/// Whether a command has this name in `${…}`.
fn mentions(command: &Command, name: &str) -> bool {
    let has =
        |text: &str| text.contains(&format!("${{{name}}}")) || text.contains(&format!("${{raw:{name}}}"));
    match command {
        Command::Shell(text) => has(text),
        Command::Argv(items) => items.iter().any(|item| has(item)),
    }
}

/// Whether a command line names a parameter: by its name, by that of a group around it, or with all others.
fn says(command: &Command, path: &str) -> bool {
    let whole = match command {
        Command::Shell(_) => false,
        Command::Argv(items) => items.iter().any(|item| item.starts_with("${args")),
    };
    let groups = path.match_indices('.').filter_map(|(at, _)| path.get(..at));
    whole || std::iter::once(path).chain(groups).any(|name| mentions(command, name))
}

/// The seed that the trial was given.
fn seed(sweep: &Sweep, row: &TrialRow) -> String {
    seed_of(sweep, &row.run).to_string()
}

fn args(point: &Point) -> String {
    let arg = |(name, value): &(String, Value)| quoted(&format!("--{name}={}", value.text()));
    point.0.iter().map(arg).join(" ")
}

fn env(sweep: &Sweep, config: &Config, row: &TrialRow) -> String {
    let own = config.env.iter().map(|(name, value)| (name.clone(), value.clone()));
    let handed = [
        ("SWEEP_TRIAL".to_owned(), row.trial.to_string()),
        ("SWEEP_TRIAL_SEED".to_owned(), seed(sweep, row)),
        ("SWEEP_PARAMS".to_owned(), row.point.to_json().to_string()),
    ];
    let leaves = row.point.leaves();
    let params = leaves.iter().map(|(path, value)| (variable(path), value.text()));
    exports(own.chain(handed).chain(params), "\n")
}

/// `SWEEP_PARAM_OPTIMIZER_LR`: with a beginning of its own, so that no parameter can stand in for `PATH`.
fn variable(path: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("SWEEP_PARAM_{}", path.chars().map(plain).collect::<String>())
}

fn exports(pairs: impl Iterator<Item = (String, String)>, end: &str) -> String {
    pairs.map(|(name, value)| format!("export {name}={}{end}", quoted(&value))).collect()
}

/// Block mappings with flow values: what both YAML 1.1 and 1.2 read as the same.
fn yaml(point: &Point) -> String {
    if point.0.is_empty() {
        return "{}\n".to_owned();
    }
    let mut out = String::new();
    mapping(&point.0, 0, &mut out);
    out
}

fn mapping(entries: &[(String, Value)], depth: usize, out: &mut String) {
    for (key, value) in entries {
        out.push_str(&"  ".repeat(depth));
        out.push_str(&yaml_key(key));
        match value {
            Value::Map(inner) if !inner.is_empty() => {
                out.push_str(":\n");
                mapping(inner, depth + 1, out);
            }
            value => {
                out.push_str(": ");
                out.push_str(&yaml_flow(value));
                out.push('\n');
            }
        }
    }
}

/// A key that can't be taken for anything but a text stands as it is.
fn yaml_key(key: &str) -> String {
    const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"];
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if plain && !WORDS.contains(&key.to_ascii_lowercase().as_str()) {
        return key.to_owned();
    }
    Value::Text(key.to_owned()).json_text()
}

fn yaml_flow(value: &Value) -> String {
    let items = |items: Vec<String>, open, close| format!("{open}{}{close}", items.join(", "));
    match value {
        Value::Float(x) if x.is_nan() => ".nan".to_owned(),
        Value::Float(x) if x.is_infinite() => if *x > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
        Value::Float(_) => {
            let text = value.text();
            // YAML 1.1 reads a number with an exponent and no point as a text.
            match text.split_once('e') {
                Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
                _ => text,
            }
        }
        Value::List(list) => items(list.iter().map(yaml_flow).collect(), '[', ']'),
        Value::Map(map) => {
            let pair = |(key, value): &(String, Value)| {
                format!("{}: {}", Value::Text(key.clone()).json_text(), yaml_flow(value))
            };
            items(map.iter().map(pair).collect(), '{', '}')
        }
        Value::Text(_) | Value::Null | Value::Bool(_) | Value::Int(_) => value.json_text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_reads_back_as_the_same_values() {
        let inner = Value::Map(vec![("lr".into(), Value::Float(1e-5)), ("no".into(), Value::Null)]);
        let point = Point(vec![
            ("flag".into(), Value::Bool(true)),
            ("list".into(), Value::List(vec![Value::Int(1), Value::Text("a: b".into())])),
            ("name".into(), Value::Text("no".into())),
            ("opt".into(), inner),
            ("x y".into(), Value::Float(f64::NEG_INFINITY)),
        ]);
        let text = yaml(&point);
        let expected = "flag: true\nlist: [1, \"a: b\"]\nname: \"no\"\nopt:\n  lr: 1.0e-05\n  \"no\": null\n\"x y\": -.inf\n";
        assert_eq!(text, expected);
        assert_eq!(yaml(&Point::default()), "{}\n");
    }

    #[test]
    fn what_a_command_line_does_not_tell_is_handed_over_otherwise() {
        let shell = Command::Shell("train ${lr} ${raw:opt} $depth".into());
        assert!(says(&shell, "lr") && says(&shell, "opt.momentum"));
        assert!(!says(&shell, "depth") && !mentions(&shell, "trial_seed"));
        let args =
            Command::Argv(vec!["train".into(), "${args_no_hyphens}".into(), "--seed=${trial_seed}".into()]);
        assert!(says(&args, "anything") && mentions(&args, "trial_seed"));
    }

    #[test]
    fn no_parameter_can_take_the_name_of_a_variable_that_matters() {
        assert_eq!(variable("path"), "SWEEP_PARAM_PATH");
        assert_eq!(variable("opt.lr-1"), "SWEEP_PARAM_OPT_LR_1");
        let pairs = [("A".to_owned(), "it's $(x)".to_owned())];
        assert_eq!(exports(pairs.into_iter(), "\n"), "export A='it'\\''s $(x)'\n");
    }
}
