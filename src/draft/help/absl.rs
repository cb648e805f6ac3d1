//! Flags of absl: `--name: text`, and below it what is known of its value.

use super::entry::{HelpEntry, is_flag};

/// The flags of a page.
pub(super) fn entries(lines: &[String]) -> Vec<HelpEntry> {
    let mut found: Vec<HelpEntry> = Vec::new();
    let mut open = false;
    for line in lines {
        let text = line.trim();
        let head = text.split_once(": ").or_else(|| text.strip_suffix(':').map(|head| (head, "")));
        match head {
            Some((head, help)) if line.starts_with("  ") && !line.starts_with("    ") && is_flag(head) => {
                found.push(entry(head, help));
                open = true;
            }
            _ if text.is_empty() || !line.starts_with("    ") => open = false,
            _ => {
                if let (true, Some(entry)) = (open, found.last_mut()) {
                    entry.add(text);
                }
            }
        }
    }
    found
}

fn entry(head: &str, help: &str) -> HelpEntry {
    let mut entry = HelpEntry::default();
    // An on-off flag is `--[no]name`, with a short name before it where it has one.
    for flag in head.split(',') {
        match flag.split_once("[no]") {
            Some((dashes, name)) => {
                entry.flags.extend([format!("{dashes}{name}"), format!("{dashes}no{name}")]);
            }
            None => entry.flags.push(flag.to_owned()),
        }
    }
    let is_switch = head.contains("[no]");
    let (metavar, help) = match help.strip_prefix('<').and_then(|rest| rest.split_once(">:")) {
        Some((choices, rest)) => (format!("<{choices}>"), rest.trim()),
        None => (if is_switch { String::new() } else { "VALUE".to_owned() }, help),
    };
    entry.metavar = metavar;
    entry.add(help);
    entry
}
