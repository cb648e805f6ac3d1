//! Options in two columns: argparse, click, clap, getopt, and usage texts that people wrote.

use super::entry::{HelpEntry, is_flag};

/// What begins so much farther in than the first option is text of the option above.
const DEEP: usize = 8;

/// The options of a page; `skipped` are its lines of usage.
pub(super) fn entries(lines: &[String], skipped: usize) -> Vec<HelpEntry> {
    let mut found: Vec<HelpEntry> = Vec::new();
    let mut first: Option<usize> = None;
    let mut open: Option<usize> = None;
    for line in lines.iter().skip(skipped) {
        let indent = line.chars().take_while(|c| *c == ' ').count();
        let text = line.trim();
        let begins = text.split_whitespace().next().is_some_and(|word| is_flag(word.trim_end_matches(',')));
        if begins && indent <= first.unwrap_or(indent) + DEEP {
            first.get_or_insert(indent);
            open = Some(indent);
            let (head, help) = text.split_once("  ").unwrap_or((text, ""));
            let mut entry = HelpEntry::of_head(head);
            entry.add(help.trim());
            found.push(entry);
        } else if text.is_empty() || open.is_some_and(|of| indent <= of) {
            open = None;
        } else if open.is_some()
            && let Some(entry) = found.last_mut()
        {
            entry.add(text);
        }
    }
    found
}
