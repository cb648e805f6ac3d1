//! Opening a page for the person: the desktop's own way, within a time limit.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A desktop that has not taken the page by then is left to itself.
const PATIENCE: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(20);

/// Opens a page or file in what the person's desktop opens it with.
///
/// # Errors
/// Why it can't be opened, as a clause.
pub fn open_for_person(address: &str) -> Result<(), String> {
    // The address comes from a store: only these schemes are passed to the desktop.
    if !["http://", "https://", "file://"].iter().any(|scheme| address.starts_with(scheme)) {
        return Err("it is not a file or a page".to_owned());
    }
    let mut last = String::new();
    for words in openers(std::env::var("BROWSER").ok().as_deref(), address) {
        match open_with(&words) {
            Ok(()) => return Ok(()),
            Err(why) => last = why,
        }
    }
    Err(last)
}

/// The command lines to try, one after the other: what `BROWSER` names (several with `:` between, `%s` for the address), then the
/// desktop's own.
fn openers(browser: Option<&str>, address: &str) -> Vec<Vec<String>> {
    let named = browser.unwrap_or_default().split(':').map(str::trim).filter(|command| !command.is_empty());
    let own = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    named
        .chain([own])
        .map(|command| {
            let mut words: Vec<String> =
                command.split_whitespace().map(|word| word.replace("%s", address)).collect();
            if !command.contains("%s") {
                words.push(address.to_owned());
            }
            words
        })
        .collect()
}

fn open_with(words: &[String]) -> Result<(), String> {
    let Some((program, args)) = words.split_first() else { return Err("no program is named".to_owned()) };
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("{program}: {error}"))?;
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("{program} ended with {status}")),
            // A browser in the foreground: it is open.
            Ok(None) if begun.elapsed() > PATIENCE => return Ok(()),
            Ok(None) => std::thread::sleep(STEP),
            Err(error) => return Err(format!("{program}: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_browser_of_the_environment_is_tried_first() {
        let tried = |browser| {
            let lines: Vec<String> =
                super::openers(browser, "file:///a%20b").iter().map(|words| words.join(" ")).collect();
            lines
        };
        let own = if cfg!(target_os = "macos") { "open file:///a%20b" } else { "xdg-open file:///a%20b" };
        assert_eq!(tried(None), [own]);
        assert_eq!(tried(Some("")), [own]);
        let both = ["firefox --new-tab file:///a%20b", "lynx -x=file:///a%20b -y", own];
        assert_eq!(tried(Some("firefox --new-tab:lynx -x=%s -y")), both);
    }

    #[test]
    fn only_pages_and_files_are_handed_to_the_desktop() {
        for address in ["-x", "javascript:alert(1)", "s3://bucket/report.html", ""] {
            assert!(super::open_for_person(address).is_err(), "{address}");
        }
    }
}
