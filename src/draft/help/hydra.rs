//! The page of a Hydra program: its whole config as YAML, and the groups that it is composed of.

use super::option::{HelpOption, ValueKind};
use crate::config::yaml_value;
use crate::space::Value;

/// The values of the config by their dotted keys, and the groups.
pub(super) fn options(lines: &[String]) -> Vec<HelpOption> {
    let below = |title: &str| {
        let from = lines.iter().position(|line| line.trim().starts_with(&format!("== {title}")));
        // A heading has a line of explanation.
        from.map(|from| lines.iter().skip(from + 2).take_while(|line| !line.trim_start().starts_with("== ")))
    };
    let mut options: Vec<HelpOption> =
        below("Configuration groups").into_iter().flatten().filter_map(|line| group(line)).collect();
    let text: Vec<&str> = below("Config ==")
        .into_iter()
        .flatten()
        .map(String::as_str)
        .take_while(|line| !line.starts_with("Powered by"))
        .collect();
    if let Some(config) = yaml_value(text.join("\n").as_bytes()) {
        walk(&config, "", &mut options);
    }
    options
}

/// `optimizer: adam, sgd`.
fn group(line: &str) -> Option<HelpOption> {
    let (name, values) = line.split_once(": ")?;
    let choices: Vec<Value> = values.split(", ").map(|value| Value::Text(value.trim().to_owned())).collect();
    let help = "a group of the config: its members may have other keys".to_owned();
    Some(HelpOption {
        flags: vec![name.trim().to_owned()],
        choices,
        several: true,
        help,
        ..HelpOption::default()
    })
}

fn walk(value: &Value, path: &str, options: &mut Vec<HelpOption>) {
    let Value::Map(entries) = value else {
        let kind = match value {
            Value::Float(_) => Some(ValueKind::Float),
            Value::Int(_) => Some(ValueKind::Int),
            Value::Text(_) => Some(ValueKind::Text),
            _ => None,
        };
        let several = matches!(value, Value::List(_));
        let choices = match value {
            Value::Bool(_) => vec![Value::Bool(true), Value::Bool(false)],
            _ => Vec::new(),
        };
        let default = Some(value.clone()).filter(|value| !matches!(value, Value::Null));
        options.push(HelpOption {
            flags: vec![path.to_owned()],
            kind,
            choices,
            default,
            several,
            ..HelpOption::default()
        });
        return;
    };
    for (key, value) in entries {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        walk(value, &path, options);
    }
}
