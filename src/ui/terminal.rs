//! What can be known of the terminal: how wide it is, which characters and escapes it understands.

use std::io::IsTerminal as _;

/// Columns of a text that is not for a terminal: no line is cut or wrapped.
pub const UNLIMITED: usize = 1 << 24;
/// Columns of a terminal that does not say.
const DEFAULT_WIDTH: usize = 80;
/// Narrower than this nothing can be laid out.
const LEAST_WIDTH: usize = 20;

/// The environment variable, where it says something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The columns of stdout and those of stderr. `COLUMNS` says it for tables in a pipe, too; without it a pipe has no
/// limit.
pub(super) fn widths() -> (usize, usize) {
    let typed =
        variable("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|width| *width >= LEAST_WIDTH);
    let own = || {
        let width = terminal_size::terminal_size().map(|(columns, _)| usize::from(columns.0));
        width.filter(|width| *width >= LEAST_WIDTH).unwrap_or(DEFAULT_WIDTH)
    };
    let width = |is_terminal: bool| if is_terminal { typed.unwrap_or_else(own) } else { UNLIMITED };
    let out = if std::io::stdout().is_terminal() { width(true) } else { typed.unwrap_or(UNLIMITED) };
    (out, width(std::io::stderr().is_terminal()))
}

/// Whether the terminal understands no escapes.
pub(super) fn is_dumb() -> bool {
    variable("TERM").is_some_and(|term| term == "dumb")
}

/// Whether tables are drawn in ASCII: the locale has no UTF-8, or the terminal is dumb.
pub(super) fn wants_ascii() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable);
    is_dumb() || locale.is_some_and(|locale| is_without_utf8(&locale))
}

/// A locale that names no character set may well have UTF-8; `C` and `POSIX` have not.
fn is_without_utf8(locale: &str) -> bool {
    match locale.split_once('.') {
        Some((_, set)) => !set.to_ascii_lowercase().replace('-', "").starts_with("utf8"),
        None => matches!(locale, "C" | "POSIX"),
    }
}

/// Whether the terminal is known to understand links (OSC 8). One that does not would show them as garbage.
pub(super) fn knows_links() -> bool {
    let is_set = |name: &str| variable(name).is_some();
    if is_dumb() || !std::io::stderr().is_terminal() {
        return false;
    }
    let program = variable("TERM_PROGRAM").unwrap_or_default();
    let named = ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio", "tmux"];
    let term = variable("TERM").unwrap_or_default();
    let vte = variable("VTE_VERSION").and_then(|version| version.parse::<u32>().ok());
    is_set("FORCE_HYPERLINK")
        || is_set("WT_SESSION")
        || is_set("KONSOLE_VERSION")
        || vte.is_some_and(|version| version >= 5000)
        || named.contains(&program.as_str())
        || ["kitty", "alacritty", "foot", "ghostty", "contour"].iter().any(|name| term.contains(name))
}

/// The text with ASCII for what tables, bars and sentences of this program are drawn with, a column for a column. Names
/// of others are left as they are.
pub(super) fn ascii(text: &str) -> String {
    let text = text.replace("± ", "+-").replace("η²", "n2");
    let drawn = |c: char| match c {
        '┏' | '┳' | '┓' | '┡' | '╇' | '┩' | '└' | '┴' | '┘' | '┌' | '┬' | '┐' | '├' | '┼' | '┤' => {
            '+'
        }
        '━' | '─' | '╌' | '–' | '—' => '-',
        '┃' | '│' | '·' => '|',
        '…' => '~',
        '→' => '>',
        '±' => '~',
        '²' => '2',
        '×' => 'x',
        '▁' => '_',
        '▂' => '.',
        '▃' => ',',
        '▄' => '-',
        '▅' => '=',
        '▆' => '+',
        '▇' => '*',
        '█' => '#',
        '░' => '.',
        other => other,
    };
    text.chars().map(drawn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::table::display_width;

    #[test]
    fn locales_without_utf8_are_known() {
        for (locale, without) in [
            ("C", true),
            ("POSIX", true),
            ("de_DE.ISO-8859-1", true),
            ("C.UTF-8", false),
            ("en_US.utf8", false),
            ("en_US", false),
        ] {
            assert_eq!(is_without_utf8(locale), without, "{locale}");
        }
    }

    #[test]
    fn ascii_takes_as_many_columns() {
        let table = "┏━━━┳━━━┓\n┃ a ┃ b…┃\n│ 1.64 ± 0.17 │ ▁▂▃▄▅▆▇█ · →";
        let drawn = ascii(table);
        assert!(drawn.is_ascii(), "{drawn}");
        let widths = |text: &str| text.lines().map(display_width).collect::<Vec<_>>();
        assert_eq!(widths(&drawn), widths(table));
    }
}
