//! The usage of a page: what must be given, and whether there are commands below it.

use super::entry::is_flag;

/// What a page's usage says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct HelpUsage {
    /// How many lines of the page belong to it or stand before it.
    pub lines: usize,
    /// Options that must be given.
    pub required: Vec<String>,
    /// Arguments without a name that must be given.
    pub arguments: Vec<String>,
}

/// Lines of usage are continued so much farther in than they begin.
const CONTINUED: usize = 7;

/// Reads the usage of a page; what it has none of is empty.
pub(super) fn usage(lines: &[String]) -> HelpUsage {
    let begins = |line: &str| line.trim_start().to_ascii_lowercase().starts_with("usage:");
    let Some(at) = lines.iter().position(|line| begins(line)) else { return HelpUsage::default() };
    let indent = |line: &str| line.chars().take_while(|c| *c == ' ').count();
    let first = lines.get(at).map_or(0, |line| indent(line));
    let more = lines
        .iter()
        .skip(at + 1)
        .take_while(|line| !line.trim().is_empty() && indent(line) >= first + CONTINUED)
        .count();
    let text: Vec<&str> = lines.iter().skip(at).take(more + 1).map(|line| line.trim()).collect();
    let text = text.join(" ");
    let (_, text) = text.split_once(':').unwrap_or(("", &text));
    let (required, arguments) = outside_brackets(text);
    HelpUsage { lines: at + 1 + more, required, arguments }
}

/// The options, and the other words, that no brackets make optional. The program's own name comes first.
fn outside_brackets(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut required, mut arguments) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    let mut seen_option = !text.contains('[');
    let mut value_follows = false;
    for (at, word) in text.split_whitespace().enumerate() {
        let opens = word.matches(['[', '(']).count();
        let closes = word.matches([']', ')']).count();
        let inside = depth > 0 || opens > 0;
        depth = (depth + opens).saturating_sub(closes);
        if inside {
            seen_option = true;
            value_follows = false;
        } else if is_flag(word) {
            seen_option = true;
            value_follows = !word.contains('=');
            required.push(word.split('=').next().unwrap_or(word).to_owned());
        } else if value_follows {
            value_follows = false;
        } else if seen_option && at > 0 && word != "..." {
            arguments.push(word.trim_matches(['{', '}', '<', '>']).trim_end_matches("...").to_owned());
        }
    }
    arguments.retain(|argument| !argument.is_empty());
    (required, arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> HelpUsage {
        usage(&text.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_stands_outside_of_brackets_must_be_given() {
        let read =
            of("usage: t.py [-h] [--lr LR]\n            --name NAME [--q Q [Q ...]]\n            data\n\nx");
        assert_eq!(
            (read.lines, read.required, read.arguments),
            (3, vec!["--name".to_owned()], vec!["data".to_owned()])
        );
        assert_eq!(of("Usage: python -m train [OPTIONS] DATA").arguments, ["DATA"]);
        assert_eq!(of(" Usage: t.py [OPTIONS] {data}").arguments, ["data"]);
        let plain = of("usage: train.sh [--penalty X]\n  --penalty X   text");
        assert_eq!((plain.lines, plain.arguments.len()), (1, 0));
        assert_eq!(of("nothing"), HelpUsage::default());
    }
}
