//! The one place that breaks prose into lines: at spaces, never inside a word.

use super::safe::{laid_out, printable};
use super::table::display_width;

/// Labels under whose text the following lines stand.
const LABELS: [&str; 6] = ["error:", "warning:", "because:", "hint:", "note:", "help:"];

/// Breaks each line of a text at spaces, so that it takes at most `width` columns. A word that is wider than that stays
/// whole on a line of its own: what is to be copied, as a path or an address, can be copied. A command between backticks
/// is kept on one line where it fits. What continues stands below the text that it continues.
pub(super) fn prose(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        if shown_width(line) <= width {
            out.push_str(line);
        } else {
            out.push_str(&broken(line, width));
        }
        out.push_str(end);
    }
    out
}

fn broken(line: &str, width: usize) -> String {
    let indent = hanging(line).min(width * 2 / 3);
    let mut out = String::new();
    let mut used = 0;
    let mut is_first = true;
    for (gap, word) in words(line, width.saturating_sub(indent)) {
        let needed = shown_width(word);
        if !is_first && used + gap + needed > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            used = indent;
        } else {
            out.push_str(&" ".repeat(gap));
            used += gap;
        }
        out.push_str(word);
        used += needed;
        is_first = false;
    }
    out
}

/// Where the text of a line begins: after its blanks and its label.
fn hanging(line: &str) -> usize {
    let blanks = line.len() - line.trim_start_matches(' ').len();
    let first = line[blanks..].split(' ').next().unwrap_or_default();
    let label = strip_styles(first);
    match LABELS.contains(&label.as_str()) {
        true => blanks + display_width(&label) + 1,
        // A list's mark.
        false if label == "-" || label == "→" => blanks + 2,
        false => blanks,
    }
}

/// The words of a line, each with the number of spaces before it. Those between backticks are one word while it fits.
fn words(line: &str, available: usize) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let text = rest.trim_start_matches(' ');
        let gap = rest.len() - text.len();
        if text.is_empty() {
            break;
        }
        let end = quoted_end(text, available).unwrap_or_else(|| text.find(' ').unwrap_or(text.len()));
        words.push((gap, &text[..end]));
        rest = &text[end..];
    }
    words
}

/// The end of a word that begins with a backtick, with what stands right after the closing one.
fn quoted_end(text: &str, available: usize) -> Option<usize> {
    let open = text.find('`').filter(|at| !text[..*at].contains(' '))?;
    let close = open + 1 + text[open + 1..].find('`')?;
    let end = text[close..].find(' ').map_or(text.len(), |at| close + at);
    (shown_width(&text[..end]) <= available).then_some(end)
}

/// Columns that a text takes; styles take none.
fn shown_width(text: &str) -> usize {
    if text.contains('\u{1b}') { display_width(&strip_styles(text)) } else { display_width(text) }
}

fn strip_styles(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        rest = rest[at..].split_once('m').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

/// What a compiler's manner of findings prints, with its sentences broken. The lines that show a source are left as they
/// are: marks stand below them.
pub(super) fn findings(text: &str, width: Option<usize>, styles: bool) -> String {
    let safe = laid_out(text, styles);
    let Some(width) = width else { return safe };
    let shows_source = |line: &str| {
        let plain = strip_styles(line);
        let plain = plain.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        plain.starts_with('|') || plain.starts_with("-->") || plain.starts_with("╭▸")
    };
    let mut out = String::with_capacity(safe.len());
    for line in safe.split_inclusive('\n') {
        if shows_source(line) {
            out.push_str(line);
        } else {
            out.push_str(&prose(line, width));
        }
    }
    out
}

/// An error, what caused it and what to do, a line each.
#[must_use]
pub fn error_lines(message: &str, causes: &[String], hint: Option<&str>) -> String {
    let mut out = printable(message);
    for cause in causes {
        out.push_str(&format!("\n  because: {}", printable(cause)));
    }
    if let Some(hint) = hint {
        out.push_str(&format!("\n  hint: {}", printable(hint)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_break_between_words_and_go_on_below_their_text() {
        assert_eq!(prose("error: one two three four", 17), "error: one two\n       three four");
        assert_eq!(prose("  hint: one two three", 15), "  hint: one two\n        three");
        assert_eq!(prose("trial 3  lr=0.1  depth=2\nshort\n", 16), "trial 3  lr=0.1\ndepth=2\nshort\n");
    }

    #[test]
    fn a_command_is_kept_whole_where_it_fits_and_an_address_always() {
        assert_eq!(prose("Run now: `sweep run --all`.", 20), "Run now:\n`sweep run --all`.");
        assert_eq!(
            prose("see http://127.0.0.1:5000/#/experiments/1", 20),
            "see\nhttp://127.0.0.1:5000/#/experiments/1"
        );
    }

    #[test]
    fn styles_take_no_columns() {
        let text = "\u{1b}[1;31merror:\u{1b}[0m one two";
        assert_eq!(prose(text, 14), text);
        assert_eq!(prose(text, 12), "\u{1b}[1;31merror:\u{1b}[0m one\n       two");
    }

    proptest! {
        #[test]
        fn no_word_is_cut_and_none_is_lost(text in "[a-z`字 :\n]{0,120}", width in 10_usize..60) {
            let wrapped = prose(&text, width);
            prop_assert_eq!(
                text.split_whitespace().collect::<Vec<_>>(),
                wrapped.split_whitespace().collect::<Vec<_>>()
            );
            for line in wrapped.lines() {
                prop_assert!(display_width(line) <= width || line.split_whitespace().count() == 1, "{:?}", line);
            }
        }
    }
}
