//! Text that is measured in columns of the terminal: a wide character takes two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of the terminal that a text takes.
pub(in crate::ui) fn display_width(text: &str) -> usize {
    text.width()
}

/// The text in at most `width` columns; what is cut out of its middle is marked by `…`.
#[must_use]
pub fn shorten(text: &str, width: usize) -> String {
    if display_width(text) <= width {
        return text.to_owned();
    }
    let keep = width.saturating_sub(1);
    let tail_width = keep.div_ceil(2);
    let head = prefix(text.chars(), keep - tail_width);
    let tail: String = prefix(text.chars().rev(), tail_width).chars().rev().collect();
    if width == 0 { String::new() } else { format!("{head}…{tail}") }
}

/// As many characters as fit into `width` columns.
fn prefix(chars: impl Iterator<Item = char>, width: usize) -> String {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    chars.take_while(fits).collect()
}

/// Breaks a text at spaces into lines of at most `width` columns; a longer word is broken where it must be.
pub(in crate::ui) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word = word.to_owned();
        let line = lines.last().map_or(0, |line| display_width(line));
        if line > 0 && line + 1 + display_width(&word) > width {
            lines.push(String::new());
        } else if line > 0
            && let Some(line) = lines.last_mut()
        {
            line.push(' ');
        }
        while display_width(&word) > width {
            let head = prefix(word.chars(), width);
            if head.is_empty() {
                break;
            }
            word = word.split_off(head.len());
            if let Some(line) = lines.last_mut() {
                line.push_str(&head);
            }
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(&word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_name_keeps_both_its_ends() {
        assert_eq!(shorten("optimizer.learning_rate", 15), "optimiz…ng_rate");
        assert_eq!(shorten("lr", 15), "lr");
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_where_they_must() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a abcdefghij", 4), ["a", "abcd", "efgh", "ij"]);
    }

    proptest! {
        #[test]
        fn nothing_is_ever_wider_than_asked(text in "[a-zä字 \u{301}é😀]{0,40}", width in 2_usize..30) {
            prop_assert!(display_width(&shorten(&text, width)) <= width);
            for line in wrap(&text, width) {
                prop_assert!(display_width(&line) <= width, "{line:?}");
            }
        }
    }
}
