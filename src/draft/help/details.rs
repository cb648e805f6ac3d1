//! What the text of an option says of its value: type, default, range, choices.

use super::entry::HelpEntry;
use super::option::{HelpOption, ValueKind};
use crate::config::plain_value;
use crate::space::Value;

/// The option of an entry. Where a library shows a type for everything but flags, `typed` is set.
pub(super) fn option(entry: &HelpEntry) -> HelpOption {
    let mut flags = entry.flags.clone();
    let off = flags.iter().position(|flag| is_off(flag, &entry.flags)).map(|at| flags.remove(at));
    let metavar = entry.metavar.trim();
    let mut option = HelpOption { flags, required: entry.required, ..HelpOption::default() };
    let listed = listed(metavar).or_else(|| after(&entry.help, "[possible values: ", ']'));
    option.choices = listed.unwrap_or_default().iter().map(|text| plain(text)).collect();
    option.several = is_several(metavar) || entry.help.contains("comma separated list");
    option.kind = match (off.is_some() || metavar.is_empty(), kind_of_metavar(metavar)) {
        (true, _) | (false, Some(ValueKind::Flag)) => Some(ValueKind::Flag),
        (false, kind) => kind.or_else(|| kind_in_words(&entry.help)),
    };
    let default = default(&entry.help);
    option.default = match (option.kind, default) {
        // click names the flag that is on by itself.
        (Some(ValueKind::Flag), Some(text)) => {
            let off_name = off.as_deref().map(|flag| flag.trim_start_matches('-'));
            let on = option.flags.iter().any(|flag| flag.trim_start_matches('-') == text);
            match (on, Some(text.as_str()) == off_name, plain(&text)) {
                (true, ..) => Some(Value::Bool(true)),
                (_, true, _) => Some(Value::Bool(false)),
                (_, _, Value::Bool(value)) => Some(Value::Bool(value)),
                _ => None,
            }
        }
        (_, Some(text)) if !matches!(text.as_str(), "" | "None" | "null" | "(dynamic)") => Some(plain(&text)),
        _ => None,
    };
    (option.low, option.high) = bounds(&format!("{metavar} {}", entry.help));
    option.required |=
        ["[required]", "(required)"].iter().any(|word| entry.help.to_ascii_lowercase().contains(word));
    option.help = words(&entry.help);
    option.off = off;
    option
}

/// `--no-x` beside `--x`, `--nox` beside `--x`.
fn is_off(flag: &str, flags: &[String]) -> bool {
    let rest = flag
        .strip_prefix("--no-")
        .or_else(|| flag.strip_prefix("--no_"))
        .or_else(|| flag.strip_prefix("--no"));
    rest.is_some_and(|rest| flags.iter().any(|other| other.strip_prefix("--") == Some(rest)))
}

fn plain(text: &str) -> Value {
    match text {
        "True" => Value::Bool(true),
        "False" => Value::Bool(false),
        // What no YAML takes for a number is one on a command line: 1e-5.
        text => match (plain_value(text), text.parse::<f64>()) {
            (Value::Text(_), Ok(number)) if number.is_finite() => Value::Float(number),
            (value @ (Value::Int(_) | Value::Float(_) | Value::Bool(_)), _) => value,
            _ => Value::Text(text.to_owned()),
        },
    }
}

/// `{adam,sgd}`, `[adam|sgd]`, `<adam|sgd>`.
fn listed(metavar: &str) -> Option<Vec<String>> {
    let braces =
        metavar.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(inside, _)| (inside, ','));
    let brackets =
        metavar.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(inside, _)| (inside, '|'));
    let angles =
        metavar.strip_prefix('<').and_then(|rest| rest.split_once('>')).map(|(inside, _)| (inside, '|'));
    let (inside, sign) = braces.or(brackets).or(angles)?;
    let items: Vec<String> = inside.split(sign).map(|item| item.trim().to_owned()).collect();
    (items.len() > 1 && items.iter().all(|item| !item.is_empty())).then_some(items)
}

/// The items of a list that begins with these words.
fn after(text: &str, words: &str, end: char) -> Option<Vec<String>> {
    let (_, rest) = text.split_once(words)?;
    let (inside, _) = rest.split_once(end)?;
    Some(inside.split(',').map(|item| item.trim().to_owned()).collect())
}

/// `BETAS BETAS`, `Q [Q ...]`, `<LR>...`.
fn is_several(metavar: &str) -> bool {
    let mut words = metavar.split_whitespace();
    let first = words.next().unwrap_or_default();
    metavar.contains("...") || (!first.is_empty() && words.any(|word| word.trim_matches(['[', ']']) == first))
}

fn kind_of_metavar(metavar: &str) -> Option<ValueKind> {
    let word = metavar.trim_matches(['<', '>', '[', ']']).to_ascii_lowercase();
    let word = word.split([' ', '_']).next().unwrap_or_default();
    match word {
        "float" | "number" | "double" | "float64" | "real" => Some(ValueKind::Float),
        "int" | "integer" | "uint" | "n" => Some(ValueKind::Int),
        "path" | "file" | "filename" | "dir" | "directory" | "folder" => Some(ValueKind::Path),
        "text" | "str" | "string" => Some(ValueKind::Text),
        "bool" => Some(ValueKind::Flag),
        _ => None,
    }
}

/// absl's words below a flag.
fn kind_in_words(help: &str) -> Option<ValueKind> {
    let begins = |words: &[&str]| words.iter().any(|word| help.contains(word));
    if begins(&["(an integer", "(a positive integer", "(a non-negative integer"]) {
        Some(ValueKind::Int)
    } else if begins(&["(a number", "(a positive number", "(a non-negative number"]) {
        Some(ValueKind::Float)
    } else {
        None
    }
}

/// What stands behind `default`: `(default: 0.1)`, `[default: 0.1; x>0]`, `Default: 0.1.`, `defaults to 0.1`.
fn default(help: &str) -> Option<String> {
    let lower = help.to_ascii_lowercase();
    let at = lower.rfind("default")?;
    let rest = help.get(at + "default".len()..)?;
    let rest = rest.strip_prefix("s to").or_else(|| rest.strip_prefix(" is")).unwrap_or(rest);
    let rest = rest.trim_start_matches([':', '=', ' ']);
    let opened = help.get(..at).and_then(|before| before.trim_end().chars().next_back());
    let value = match opened {
        Some('(') => until_closed(rest, '(', ')'),
        Some('[') => until_closed(rest, '[', ']').split(';').next().unwrap_or_default(),
        _ => {
            let word = rest.split([' ', ',', ';', ')', ']']).next().unwrap_or_default();
            word.strip_suffix('.').unwrap_or(word)
        }
    };
    let value = value.trim().trim_matches(['\'', '"', '`']);
    (value.len() <= 100).then(|| value.to_owned())
}

/// The text up to the bracket that closes the one before it.
fn until_closed(text: &str, opening: char, closing: char) -> &str {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if c == opening {
            depth += 1;
        } else if c == closing {
            if depth == 0 {
                return text.get(..at).unwrap_or(text);
            }
            depth -= 1;
        }
    }
    text
}

/// `1<=x<=10`, `x>=1`, `in the range [1, 4096]`, `a positive number`.
fn bounds(text: &str) -> (Option<f64>, Option<f64>) {
    for word in text.split(['[', ']', '(', ')', ' ', ';']) {
        let sides: Vec<&str> = word.split(['<', '>', '=']).filter(|side| !side.is_empty()).collect();
        let number = |side: &str| side.parse::<f64>().ok().filter(|number| number.is_finite());
        match sides.as_slice() {
            [low, "x", high] if word.contains('<') => return (number(low), number(high)),
            ["x", low] if word.contains('>') => return (number(low), None),
            ["x", high] if word.contains('<') => return (None, number(high)),
            _ => {}
        }
    }
    if let Some([low, high]) = after(text, "in the range [", ']').as_deref() {
        return (low.parse().ok(), high.parse().ok());
    }
    let zero = text.contains("(a positive ") || text.contains("(a non-negative ");
    (zero.then_some(0.0), None)
}

/// The text without what was read from it.
fn words(help: &str) -> String {
    let mut text = help.to_owned();
    for (opening, closing) in [('(', ')'), ('[', ']')] {
        while let Some(at) = [
            "default",
            "required",
            "an integer",
            "a number",
            "a positive",
            "a non-negative",
            "a comma",
            "possible values",
        ]
        .iter()
        .find_map(|word| text.to_ascii_lowercase().find(&format!("{opening}{word}")))
        {
            let inside = until_closed(text.get(at + 1..).unwrap_or_default(), opening, closing).len();
            let end = (at + inside + 2).min(text.len());
            if !text.is_char_boundary(end) {
                break;
            }
            text.replace_range(at..end, "");
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches(['.', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &str, help: &str) -> HelpOption {
        option(&HelpEntry { help: help.to_owned(), ..HelpEntry::of_head(head) })
    }

    #[test]
    fn a_default_is_found_however_it_is_written() {
        for (help, value) in [
            ("learning rate (default: 0.01)", Value::Float(0.01)),
            ("learning rate (default 1e-5)", Value::Float(1e-5)),
            ("Learning rate.  [default: 3; 1<=x<=10]", Value::Int(3)),
            ("Learning rate. Default: 0.5.", Value::Float(0.5)),
            ("rate, defaults to 2", Value::Int(2)),
            ("rate (default: '128') (an integer)", Value::Int(128)),
            ("the optimizer [default: adam]", Value::Text("adam".into())),
            ("what (default: f(1))", Value::Text("f(1)".into())),
        ] {
            assert_eq!(read("--lr LR", help).default, Some(value), "{help}");
        }
        assert_eq!(read("--lr LR", "rate (default: None)").default, None);
        assert_eq!(read("--lr LR", "rate (default: 0.01)").help, "rate");
    }

    #[test]
    fn ranges_choices_and_types_are_read_from_what_stands_for_the_value() {
        let read_range = read("--p FLOAT RANGE", "Share.  [default: 0.2; 0<=x<1]");
        assert_eq!(
            (read_range.low, read_range.high, read_range.kind),
            (Some(0.0), Some(1.0), Some(ValueKind::Float))
        );
        let least = read("--n INTEGER RANGE [x>=1]", "");
        assert_eq!((least.low, least.high, least.kind), (Some(1.0), None, Some(ValueKind::Int)));
        assert_eq!(read("--n VALUE", "Size. (an integer in the range [1, 4096])").high, Some(4096.0));
        let choices = read("--o {1,2,4}", "");
        assert_eq!(choices.choices, [Value::Int(1), Value::Int(2), Value::Int(4)]);
        assert!(
            read("--betas B B", "").several
                && read("--q Q [Q ...]", "").several
                && !read("--q Q", "").several
        );
    }

    #[test]
    fn a_switch_knows_what_is_on() {
        let shuffle = read("--shuffle / --no-shuffle", "[default: shuffle]");
        assert_eq!((shuffle.kind, shuffle.default), (Some(ValueKind::Flag), Some(Value::Bool(true))));
        assert_eq!(shuffle.off.as_deref(), Some("--no-shuffle"));
        assert_eq!(
            read("--shuffle / --no-shuffle", "[default: no-shuffle]").default,
            Some(Value::Bool(false))
        );
        assert_eq!(read("--x, --no-x", "y (default: True)").default, Some(Value::Bool(true)));
        assert_eq!(read("-v, --verbose", "say more").kind, Some(ValueKind::Flag));
    }
}
