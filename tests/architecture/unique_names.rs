//! One noun, one name: a type that other files can name has a name of its own in the whole crate.

use std::collections::BTreeMap;

use super::source::without_tests_and_texts;

/// Names of types that several files define and let others name, each with those files.
pub fn repeated<'a>(sources: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut files: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (file, text) in sources {
        for name in visible_types(&without_tests_and_texts(text)) {
            files.entry(name).or_default().push(file);
        }
    }
    files.retain(|_, files| files.len() > 1);
    files.into_iter().map(|(name, files)| format!("{name}: {}", files.join(", "))).collect()
}

/// What stands behind `pub struct`, `pub(super) enum`, `pub(in crate::agent) trait`, `pub type`.
fn visible_types(tokens: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for at in (0..tokens.len()).filter(|at| tokens[*at] == "pub") {
        let mut rest = &tokens[at + 1..];
        if rest.first().is_some_and(|token| token == "(") {
            let end = rest.iter().position(|token| token == ")").unwrap_or(0);
            rest = &rest[end + 1..];
        }
        if let [kind, name, ..] = rest
            && matches!(kind.as_str(), "struct" | "enum" | "trait" | "type")
        {
            found.push(name.clone());
        }
    }
    found
}
