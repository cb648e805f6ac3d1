//! Text on its way into a report: cleaned, escaped, measured; numbers and times for reading.

use time::OffsetDateTime;
use time::macros::format_description;

use super::numbers::significant;

/// The text without what XML 1.0 (section 2.2) forbids or what turns the writing direction; line breaks
/// and tabs become spaces.
pub(super) fn clean(text: &str) -> String {
    let keeps = |c: char| -> Option<char> {
        match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => None,
            c if c.is_control() => None,
            c => Some(c),
        }
    };
    text.chars().filter_map(keeps).collect()
}

/// The text cleaned, and escaped for the content and the attributes of both XML and HTML.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Width of a text in units of its font size: what a broad sans-serif face (DejaVu Sans) takes.
///
/// The reader's font is not known; a broad one is assumed, so that what fits here fits there.
pub(super) fn ems(text: &str) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | '\'' | ',' | '.' | ':' | ';' | '|' | ' ' | '!' => 0.36,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' | 'I' => 0.44,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' | '–' => 1.0,
        'a'..='z' | '0'..='9' | '_' => 0.64,
        'A'..='Z' => 0.78,
        c if c.is_ascii() => 0.7,
        c if unicode_width::UnicodeWidthChar::width(c) == Some(0) => 0.0,
        c if unicode_width::UnicodeWidthChar::width(c) == Some(2) => 1.05,
        _ => 0.75,
    };
    text.chars().map(em).sum()
}

/// The text in at most `width` units at a font size; what is cut out of its middle is marked by `…`.
pub(super) fn shorten(text: &str, width: f64, size: f64) -> String {
    let available = width / size;
    if ems(text) <= available {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    for dropped in 1..chars.len() {
        let kept = chars.len() - dropped;
        let (head, tail) = chars.split_at(kept / 2);
        let tail = tail.iter().skip(dropped);
        let candidate: String = head.iter().chain(['…'].iter()).chain(tail).collect();
        if ems(&candidate) <= available {
            return candidate;
        }
    }
    "…".to_owned()
}

/// Breaks a text at spaces into lines of at most `width` units at a font size.
pub(super) fn wrap(text: &str, width: f64, size: f64) -> Vec<String> {
    let available = width / size;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if ems(line) + ems(" ") + ems(word) <= available => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(shorten(word, width, size)),
        }
    }
    lines
}

/// A length of time in its two largest units.
pub(super) fn duration_text(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    let pair = |whole: i64, unit: &str, rest: i64, small: &str| {
        if rest == 0 { format!("{whole} {unit}") } else { format!("{whole} {unit} {rest} {small}") }
    };
    match milliseconds {
        ..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{} s", significant(milliseconds as f64 / 1000.0, 3)),
        60_000..3_600_000 => pair(seconds / 60, "min", seconds % 60, "s"),
        3_600_000..86_400_000 => pair(seconds / 3600, "h", seconds / 60 % 60, "min"),
        _ => pair(seconds / 86_400, "d", seconds / 3600 % 24, "h"),
    }
}

/// A moment in UTC to the second, for people; the bare number where no calendar has it.
pub(super) fn moment_text(epoch_ms: i64) -> String {
    moment(epoch_ms).map_or_else(
        || epoch_ms.to_string(),
        |moment| {
            let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
            moment.format(format).unwrap_or_else(|_| epoch_ms.to_string())
        },
    )
}

fn moment(epoch_ms: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(epoch_ms) * 1_000_000).ok()
}

/// `1 trial`, `2 trials`.
pub(super) fn count(n: usize, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_for_reading_are_short() {
        for (x, text) in [
            (0.912_345_67, "0.9123"),
            (1e6, "1000000"),
            (3.0, "3"),
            (0.0, "0"),
            (-1e-9, "-1e-09"),
            (123_456.789, "123457"),
            (1.234_56e20, "1.235e+20"),
            (f64::MAX, "1.7976931348623157e+308"),
        ] {
            assert_eq!(significant(x, 4), text);
        }
    }

    #[test]
    fn times_are_given_in_their_two_largest_units() {
        for (ms, text) in [(12, "12 ms"), (1_500, "1.5 s"), (61_000, "1 min 1 s"), (7_200_000, "2 h")] {
            assert_eq!(duration_text(ms), text);
        }
        assert_eq!(moment_text(0), "1970-01-01 00:00:00 UTC");
    }

    proptest! {
        #[test]
        fn whatever_a_name_holds_it_is_good_xml_once_escaped(name in any::<String>()) {
            let xml = format!("<a b=\"{0}\">{0}</a>", escape(&name));
            let parsed = roxmltree::Document::parse(&xml);
            prop_assert!(parsed.is_ok(), "{xml:?}");
        }

        #[test]
        fn a_shortened_text_fits(name in "\\PC{1,60}", width in 20.0..300.0_f64) {
            prop_assert!(ems(&shorten(&name, width, 12.0)) * 12.0 <= width);
        }
    }
}
