//! Names of columns as MLflow and configs take them.

use std::collections::BTreeSet;

use itertools::Itertools as _;

/// A name that MLflow takes: letters and digits of any script, `_ - . space : /`, and a normal relative path.
pub fn key(name: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | ':' | '/');
    let text: String = name.chars().take(250).map(|c| if allowed(c) { c } else { '_' }).collect();
    let parts: Vec<&str> =
        text.split('/').map(|part| if matches!(part, "" | "." | "..") { "_" } else { part }).collect();
    let text = parts.join("/");
    if text.starts_with("..") { format!("_{text}") } else { text }
}

/// A name that a config takes for a parameter: ASCII letters, digits, `_ . -`, a letter or `_` first.
pub fn param_key(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
    let text: String = name.chars().take(240).map(|c| if allowed(c) { c } else { '_' }).collect();
    let part = |part: &str| if matches!(part, "" | "." | "..") { "_".to_owned() } else { part.to_owned() };
    let text = text.split('/').map(part).join("/");
    let first_fits = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if first_fits { text } else { format!("_{text}") }
}

/// Names, each once, in their order.
pub(super) fn once<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut known = BTreeSet::new();
    names.filter(|name| known.insert(*name)).map(str::to_owned).collect()
}
