//! Findings for people: the source line, a mark under the place, and what to do.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{CheckedConfig, Finding};

/// All findings, errors first and notes last, in the manner of a compiler; empty where there are none.
///
/// `name` is what the file is called in the messages, `source` its text as it was checked (bytes that are not
/// UTF-8 replaced), `color` whether to use terminal colours.
#[must_use]
pub fn render_findings(name: &str, source: &str, checked: &CheckedConfig, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let lines = SourceLines::new(source);
    let errors = checked.errors.iter().map(|finding| (Level::ERROR, finding));
    let warnings = checked.warnings.iter().map(|finding| (Level::WARNING, finding));
    let notes = checked.notes.iter().map(|finding| (Level::NOTE, finding));
    let mut out = String::new();
    for (level, finding) in errors.chain(warnings).chain(notes) {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&renderer.render(&[report(level, name, &lines, finding)]));
        out.push('\n');
    }
    out
}

fn report<'a>(level: Level<'a>, name: &'a str, lines: &SourceLines<'a>, finding: &'a Finding) -> Group<'a> {
    let title = level.primary_title(finding.message.as_str());
    let title = match finding.code {
        Some(code) => title.id(code),
        None => title,
    };
    // One line is shown: the text of the line alone keeps long files cheap.
    let (text, from, to) = lines.place(finding);
    let snippet = Snippet::source(text)
        .path(name)
        .line_start(finding.line)
        .annotation(AnnotationKind::Primary.span(from..to));
    let group = title.element(snippet);
    match &finding.hint {
        Some(hint) => group.element(Level::HELP.message(hint.as_str())),
        None => group,
    }
}

/// The lines of a source.
struct SourceLines<'a> {
    lines: Vec<&'a str>,
}

impl<'a> SourceLines<'a> {
    fn new(source: &'a str) -> Self {
        Self { lines: source.split('\n').collect() }
    }

    /// The line of a finding, and the bytes to mark in it.
    fn place(&self, finding: &Finding) -> (&'a str, usize, usize) {
        let line = self
            .lines
            .get(finding.line.saturating_sub(1))
            .copied()
            .unwrap_or_default()
            .trim_end_matches('\r');
        let byte = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        let from = byte(finding.column.saturating_sub(1));
        let to = byte(finding.column.saturating_sub(1).saturating_add(finding.length)).max(from);
        (line, from, to)
    }
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
