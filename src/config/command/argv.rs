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

/// The arguments of one trial, and the content of the file for `${args_json_file}` if it is used.
pub fn expand(
    items: &[String],
    point: &Point,
    context: &RenderContext<'_>,
    windows: bool,
    warnings: &mut Vec<String>,
) -> (Vec<String>, Option<String>) {
    let mut out = Vec::new();
    let mut json = None;
    for item in items {
        match whole(item) {
            Some("env") if windows => {}
            Some("env") => out.push("/usr/bin/env".to_owned()),
            Some("interpreter") => out.push("python".to_owned()),
            Some("program") => out.extend(context.program.map(str::to_owned)),
            Some("args_json") => out.push(point.json_text()),
            Some("args_json_file") => {
                json = Some(point.json_text());
                out.push(
                    context.params_file.map_or_else(|| "params.json".to_owned(), |p| p.display().to_string()),
                );
            }
            Some(name) if MACROS.contains(&name) => arguments(name, point, &mut out),
            Some(name) if !is_reference(name, point, context) => {
                warnings.push(format!("`{item}` is neither a macro nor a parameter, and is left out"));
            }
            _ => out.extend(fill(item, point, context, warnings)),
        }
    }
    (out, json)
}

/// The name in an item that is exactly `${name}`.
fn whole(item: &str) -> Option<&str> {
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
) -> Option<String> {
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
            out.push_str(&(context.environment)(variable).unwrap_or_else(|| {
                warnings.push(format!("the environment variable {variable} is not set; its name is used"));
                variable.to_owned()
            }));
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
    Some(out)
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
