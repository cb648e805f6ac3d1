//! List commands: macros become arguments, and no shell is involved.

use super::RenderContext;
use crate::space::{Point, Value};

/// The macros that stand for arguments when they are a whole item.
pub const MACROS: [&str; 11] = [
    "env",
    "interpreter",
    "program",
    "args",
    "args_no_hyphens",
    "args_no_equals",
    "args_no_boolean_flags",
    "args_append_hydra",
    "args_override_hydra",
    "args_json",
    "args_json_file",
];

/// A piece of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// What it says.
    Text(String),
    /// What `${envvar:NAME}` stands for, which may be a secret.
    Variable {
        /// Its name.
        name: String,
        /// Its value; the name where it is not set.
        value: String,
    },
    /// The path of the file for `${args_json_file}`, which is gone when the trial is over.
    ParamsFile,
}

/// An argument in pieces.
pub type Argument = Vec<Piece>;

/// The arguments of one trial, and the content of the file for `${args_json_file}` if it is used.
pub fn expand(
    items: &[String],
    point: &Point,
    context: &RenderContext<'_>,
    windows: bool,
    warnings: &mut Vec<String>,
) -> (Vec<Argument>, Option<String>) {
    let mut out: Vec<Argument> = Vec::new();
    let text = |text: String| vec![Piece::Text(text)];
    let mut json = None;
    for item in items {
        match whole(item) {
            Some("env") if windows => {}
            Some("env") => out.push(text("/usr/bin/env".to_owned())),
            Some("interpreter") => out.push(text("python".to_owned())),
            Some("program") => out.extend(context.program.map(|program| text(program.to_owned()))),
            Some("args_json") => out.push(text(point.json_text())),
            Some("args_json_file") => {
                json = Some(point.json_text());
                out.push(vec![Piece::ParamsFile]);
            }
            Some(name) if MACROS.contains(&name) => {
                let mut arguments_of = Vec::new();
                arguments(name, point, &mut arguments_of);
                out.extend(arguments_of.into_iter().map(text));
            }
            Some(name) if !is_reference(name, point, context) => {
                warnings.push(format!("`{item}` is neither a macro nor a parameter, and is left out"));
            }
            _ => out.extend(fill(item, point, context, warnings)),
        }
    }
    (out, json)
}

/// Whether an item is a script for a shell: what stands behind `bash -c`.
pub fn is_script(items: &[String], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| items.get(at)).map(String::as_str);
    let shell = |item: &str| {
        let name = item.rsplit('/').next().unwrap_or(item);
        ["sh", "bash", "dash", "zsh", "ksh"].contains(&name)
    };
    let option = |item: &str| item.starts_with('-') && !item.starts_with("--");
    before(1).is_some_and(|item| option(item) && item.ends_with('c'))
        && (2..5).map(before).find(|item| !item.is_some_and(option)).flatten().is_some_and(shell)
}

/// The name in an item that is exactly `${name}`.
pub fn whole(item: &str) -> Option<&str> {
    item.strip_prefix("${")?.strip_suffix('}').filter(|name| !name.contains(['$', '{', '}']))
}

fn is_reference(name: &str, point: &Point, context: &RenderContext<'_>) -> bool {
    is_envvar(name).is_some() || context.knows(name.strip_prefix("raw:").unwrap_or(name), point)
}

fn is_envvar(name: &str) -> Option<&str> {
    name.strip_prefix("envvar:").filter(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    })
}

fn arguments(name: &str, point: &Point, out: &mut Vec<String>) {
    for (key, value) in &point.0 {
        let text = value.text();
        match (name, value) {
            ("args_no_hyphens", _) => out.push(format!("{key}={text}")),
            ("args_no_equals", _) => out.extend([format!("--{key}"), text]),
            ("args_append_hydra", _) => out.push(format!("+{key}={text}")),
            ("args_override_hydra", _) => out.push(format!("++{key}={text}")),
            ("args_no_boolean_flags", Value::Bool(true)) => out.push(format!("--{key}")),
            ("args_no_boolean_flags", Value::Bool(false)) => {}
            _ => out.push(format!("--{key}={text}")),
        }
    }
}

/// Puts values into an item, in one pass. `None`: it names a parameter that does not exist in this point.
fn fill(
    item: &str,
    point: &Point,
    context: &RenderContext<'_>,
    warnings: &mut Vec<String>,
) -> Option<Argument> {
    let mut pieces = Argument::new();
    let mut out = String::new();
    let mut rest = item;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        let reference = name.strip_prefix("raw:").unwrap_or(name);
        if let Some(variable) = is_envvar(name) {
            let value = (context.environment)(variable).unwrap_or_else(|| {
                warnings.push(format!("the environment variable {variable} is not set; its name is used"));
                variable.to_owned()
            });
            pieces.push(Piece::Text(std::mem::take(&mut out)));
            pieces.push(Piece::Variable { name: variable.to_owned(), value });
        } else if !MACROS.contains(&name) && context.knows(reference, point) {
            out.push_str(&context.text(reference, point)?);
        } else {
            // Not ours: it stays, and what is inside may still hold a parameter.
            out.push_str("${");
            rest = after;
            continue;
        }
        rest = tail;
    }
    out.push_str(rest);
    pieces.push(Piece::Text(out));
    Some(pieces)
}

/// What the items refer to: the names in `${…}`, `raw:` taken off.
pub fn uses(items: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    for item in items {
        let mut rest = item.as_str();
        while let Some((_, after)) = rest.split_once("${") {
            if let Some((name, _)) = after.split_once('}') {
                names.push(name.strip_prefix("raw:").unwrap_or(name).to_owned());
            }
            rest = after;
        }
    }
    names
}
