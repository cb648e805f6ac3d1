//! What to say about text that is no YAML: the parser knows the place, the usual reasons are known here.

/// A hint for an unreadable line, where one of the usual reasons shows.
pub(super) fn for_line(before: &str, line: &str, message: &str) -> Option<String> {
    if message.contains("unknown anchor") {
        return Some(
            "an alias `*name` needs an anchor `&name` above it; a text that starts with * needs quotes"
                .to_owned(),
        );
    }
    let code = line.split(" #").next().unwrap_or(line);
    let indentation: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    let after_colon =
        code.split_once(": ").map_or(code.trim_start(), |(_, rest)| rest).trim_start_matches(['-', ' ']);
    if indentation.contains('\t') || message.contains("tab") {
        return Some("YAML is indented with spaces: replace the tab".to_owned());
    }
    let open =
        |bracket: char, closing: char| before.matches(bracket).count() > before.matches(closing).count();
    let in_brackets = after_colon.starts_with(['[', '{']) || open('[', ']') || open('{', '}');
    if in_brackets && code.contains("${") {
        return Some(
            "inside [...] and {...} a macro must stand in quotes: [\"${env}\", \"${args}\"]".to_owned(),
        );
    }
    if after_colon.starts_with(['@', '`', '%', '|', '>', '&', '*', '!']) {
        let first: String = after_colon.chars().take(1).collect();
        return Some(format!("a value can't start with `{first}`: put it in quotes"));
    }
    if code.matches(": ").count() > 1 && !after_colon.starts_with(['{', '[']) {
        return Some("a value that holds `: ` must stand in quotes".to_owned());
    }
    if code.matches('\'').count() % 2 == 1 || code.matches('"').count() % 2 == 1 {
        return Some("a quote is opened here and never closed".to_owned());
    }
    if code.matches('[').count() > code.matches(']').count() {
        return Some("a list is opened with [ and never closed".to_owned());
    }
    if code.matches('{').count() > code.matches('}').count() {
        return Some("a mapping is opened with { and never closed".to_owned());
    }
    (open('[', ']') || open('{', '}')).then(|| "a bracket above is opened and never closed".to_owned())
}
