//! Text that is safe to show. Names, messages and values come from stores that others write to: nothing in them may
//! move the cursor, set a title, hide text or turn the writing direction.

/// Whether a character changes what a terminal does or hides what it shows: control characters (C0, DEL, C1), line and
/// paragraph separators, all of Unicode's `Bidi_Control`, the byte order mark, and invisible tags.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
        )
}

/// One line of text from elsewhere, with a space for every character that could control a terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if is_hostile(c) { ' ' } else { c }).collect()
}

/// The styles that this program writes itself; see [`super::Style`] and the importance table.
const OWN: [&str; 7] = ["0", "1", "2", "3", "32", "1;31", "1;33"];

/// The end of an own style that begins here; `None`: another escape sequence.
fn own_style(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("\u{1b}[")?;
    let end = rest.find('m')?;
    OWN.contains(&rest.get(..end)?).then_some(end + 3)
}

/// A laid-out text of several lines: newlines stay, and the program's own styles where `styles` allows them.
///
/// Texts from elsewhere are made [`printable`] where they are put in; this is the last gate, which holds for those that
/// were forgotten.
pub(super) fn laid_out(text: &str, styles: bool) -> String {
    if !text.contains(is_hostile) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = own_style(rest).filter(|_| styles) {
            out.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        out.push(if c != '\n' && is_hostile(c) { ' ' } else { c });
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// Data as a terminal may show it: newlines and tabs stay.
pub(super) fn data(text: &str) -> String {
    let shown = |c: char| if is_hostile(c) && !matches!(c, '\n' | '\t') { ' ' } else { c };
    // A line of CSV ends in CR LF.
    text.replace("\r\n", "\n").chars().map(shown).collect()
}

/// JSON text in which every character that could control a terminal is escaped. It means the same: outside of texts JSON
/// has none but line breaks and blanks.
pub(super) fn json(text: &str) -> String {
    let hostile = |c: char| is_hostile(c) && !matches!(c, '\n' | '\r' | '\t');
    if !text.contains(hostile) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if hostile(c) {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A name as somebody else may give to a run: title, clear screen, colour, conceal, C1, bidi, line breaks, link.
    pub(in crate::ui) const HOSTILE: &str = "\u{1b}]0;X\u{7}\u{1b}[2J\u{1b}[31mred\u{1b}[8m\u{9b}2J\u{202e}dcba\u{2069}\r\n\u{1b}]8;;http://x\u{1b}\\字\u{200f}";

    #[test]
    fn escape_sequences_lose_their_power() {
        assert_eq!(printable("a\u{1b}[31mb\nc\u{202e}d"), "a [31mb c d");
        assert!(!printable(HOSTILE).contains(is_hostile));
    }

    #[test]
    fn own_styles_and_line_breaks_stay_and_nothing_else_does() {
        let text = format!("\u{1b}[1mSweep\u{1b}[0m {HOSTILE}\n");
        let shown = laid_out(&text, true);
        assert!(shown.starts_with("\u{1b}[1mSweep\u{1b}[0m  ]0;X  [2J"), "{shown:?}");
        assert_eq!(shown.matches('\u{1b}').count(), 2);
        assert!(!laid_out(&text, false).replace('\n', "").contains(is_hostile));
    }

    #[test]
    fn json_is_escaped_and_means_the_same() {
        let json_text = serde_json::json!({ "name": HOSTILE, "tag": "\u{E0041}" }).to_string();
        let escaped = json(&json_text);
        assert!(!escaped.contains(is_hostile) && escaped.contains("\\u202e") && escaped.contains("\\u009b"));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).unwrap(),
            serde_json::from_str::<serde_json::Value>(&json_text).unwrap()
        );
    }

    proptest! {
        #[test]
        fn whatever_a_text_holds_a_terminal_is_not_controlled(text in any::<String>(), more in "[\u{0}-\u{9f}\u{200e}-\u{2069}m\\[;0-9]{0,40}") {
            let text = format!("{text}{more}");
            prop_assert!(!printable(&text).contains(is_hostile));
            prop_assert!(!laid_out(&text, false).replace('\n', "").contains(is_hostile));
            prop_assert!(!data(&text).replace(['\n', '\t'], "").contains(is_hostile));
            let styled = laid_out(&text, true);
            for (at, _) in styled.match_indices('\u{1b}') {
                prop_assert!(own_style(&styled[at..]).is_some());
            }
        }
    }
}
